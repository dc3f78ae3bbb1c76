//! Rows through a network, and the values of its sites at every position that counts.

use std::ops::Range;

use burn::{prelude::*, tensor::Transaction};
use lab::task::Row;
use trace::{Axis, JobTrouble, Site, SitePattern};

use crate::{
    model::{Keep, Network, Probe, Trace},
    session::token_tensor,
};

/// What a network has at the positions that count of some rows.
#[derive(Debug)]
pub(crate) struct Cases {
    /// The sites in the order of the forward pass, and their columns in `inputs`.
    pub(crate) sites: Vec<(Site, Range<usize>)>,
    /// Columns of all sites.
    pub(crate) width: usize,
    /// All sites side by side, `[cases, width]`.
    pub(crate) inputs: Vec<f32>,
    /// Row and position of each case.
    pub(crate) at: Vec<[usize; 2]>,
}

impl Cases {
    /// Reads rows of one length in one pass.
    ///
    /// # Errors
    /// [`JobTrouble`]: a site has no vector at each position, or the device stops.
    ///
    /// # Panics
    /// Never: every site holds numbers.
    pub(crate) async fn of(
        network: &Network,
        rows: &[Row],
        sites: &[SitePattern],
        device: &Device,
    ) -> Result<Self, JobTrouble> {
        let n_pos = rows.first().map_or(0, Row::n_positions);
        let ids: Vec<i32> =
            rows.iter().flat_map(|row| row.inputs.words()).map(|it| it.cast_signed()).collect();
        let tokens = Tensor::from_data(TensorData::new(ids, [rows.len(), n_pos]), device);
        let mut probe = Probe::new(Keep::Matching(sites.to_vec()), Vec::new()).of_all_rows();
        network.forward(tokens, &mut probe);
        let trace = probe.into_trace().map_err(|error| JobTrouble::Device(error.to_string()))?;
        let sites = columns(&trace)?;
        let width = sites.last().map_or(0, |it| it.1.end);
        let counts = |&[row, position]: &[usize; 2]| 0.0 < rows[row].weights[position];
        let all = (0..rows.len()).flat_map(|row| (0..n_pos).map(move |it| [row, it]));
        let at: Vec<[usize; 2]> = all.filter(counts).collect();
        let mut inputs = vec![0.0; at.len() * width];
        for ((_, columns), values) in sites.iter().zip(read(&trace).await?) {
            // What is the same for every row stands there once.
            let n_known = values.len() / columns.len().max(1);
            for (case, [row, position]) in at.iter().enumerate() {
                let from = (row * n_pos + position) % n_known.max(1);
                inputs[case * width + columns.start..case * width + columns.end]
                    .copy_from_slice(&values[from * columns.len()..(from + 1) * columns.len()]);
            }
        }
        Ok(Self { sites, width, inputs, at })
    }

    /// The inputs of a case.
    pub(crate) fn input(&self, case: usize) -> &[f32] {
        &self.inputs[case * self.width..(case + 1) * self.width]
    }
}

/// The sites that fit one of the patterns, each with its columns.
///
/// # Errors
/// [`JobTrouble`]: there is none, or one has no vector at each position.
pub(crate) fn sites_of(
    network: &Network,
    patterns: &[SitePattern],
    device: &Device,
) -> Result<Vec<(Site, Range<usize>)>, JobTrouble> {
    let mut probe = Probe::new(Keep::Matching(patterns.to_vec()), Vec::new());
    network.forward(token_tensor(&[0], device), &mut probe);
    let trace = probe.into_trace().map_err(|error| JobTrouble::Device(error.to_string()))?;
    let lacks = |pattern: &&SitePattern| !trace.sites().any(|site| pattern.matches(site));
    match patterns.iter().find(lacks) {
        Some(pattern) => Err(JobTrouble::NoSite(pattern.as_str().to_owned())),
        None if patterns.is_empty() => Err(JobTrouble::NoSite(String::new())),
        None => columns(&trace),
    }
}

/// The sites of a trace side by side.
fn columns(trace: &Trace) -> Result<Vec<(Site, Range<usize>)>, JobTrouble> {
    let mut end = 0;
    let mut found = Vec::new();
    for site in trace.sites() {
        let sizes = trace.held(site).map_or(&[][..], |it| it.sizes());
        if site.axes().first() != Some(&Axis::Pos) {
            return Err(JobTrouble::NotByPosition(site));
        }
        let width: usize = sizes[1..].iter().product();
        found.push((site, end..end + width));
        end += width;
    }
    Ok(found)
}

/// The values of all sites in their order, in one transfer.
async fn read(trace: &Trace) -> Result<Vec<Vec<f32>>, JobTrouble> {
    let flats = trace.sites().filter_map(|site| Some(trace.flat(site)?.0));
    let transfer = flats.fold(Transaction::default(), |all, flat| all.register(flat));
    let data =
        transfer.execute_async().await.map_err(|error| JobTrouble::Device(error.to_string()))?;
    let floats = |it: TensorData| it.convert::<f32>().try_to_vec().expect("sites hold numbers");
    Ok(data.into_iter().map(floats).collect())
}
