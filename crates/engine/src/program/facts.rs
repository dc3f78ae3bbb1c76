//! What a probe reads, set to something else.

use burn::prelude::*;
use trace::{Site, Trouble};

use super::Resolver;
use crate::model::{Change, Reader};

impl Resolver<'_> {
    /// The least change of a site that makes the fitted map read `value` of a fact there: for a map
    /// `xᵀ W + c`, the stream `x` becomes `x + B (value − (xᵀ W + c))` with the map's way back, `B`.
    ///
    /// Least is measured by how the stream varies over rows
    /// ([`back`](crate::geometry::NormalEquations::back)). The shortest change reads as well but does
    /// not make the network predict so: at the last stream of Mess3's first network it leaves up to
    /// 0.34 of total variation to the prediction of Bayes, and this one 0.03.
    ///
    /// Shares stay in their plane: the map's outputs sum to 1 whatever the input, so that `W` has a
    /// rank of one less than there are shares, and its way back leaves the rest out.
    ///
    /// # Source
    /// Shai et al. 2024 (arXiv 2405.15943) for the map; that it is turned around to write a belief is
    /// an addition.
    pub(super) fn reread(
        &self,
        fact: &str,
        value: &[f32],
        site: Site,
        strength: f32,
    ) -> Result<Change, Trouble> {
        let name = || fact.to_owned();
        let probe = self.probes.get(fact);
        let no_map = || Trouble::NoMap { fact: name(), site };
        let (probe, fitted) =
            probe.and_then(|it| Some((it, it.maps.get(&site)?))).ok_or_else(no_map)?;
        let back = fitted.back.clone().ok_or_else(no_map)?;
        let [d_in, d_out] = fitted.map.sizes();
        if value.len() != d_out {
            return Err(Trouble::FactSize { fact: name(), wanted: d_out, got: value.len() });
        }
        let wide: Vec<f64> = value.iter().map(|&it| f64::from(it)).collect();
        if !probe.fact.has(&wide) {
            return Err(Trouble::NotShares(name()));
        }
        let device = self.references.device();
        let tensor = |values: Vec<f32>, rows: usize, columns: usize| -> Tensor<2> {
            Tensor::from_data(TensorData::new(values, [rows, columns]), device)
        };
        let vector = |values: Vec<f32>| -> Tensor<1> {
            let size = values.len();
            Tensor::from_data(TensorData::new(values, [size]), device)
        };
        let [weights, bias] = fitted.map.parts();
        let reader = Reader {
            weights: tensor(weights, d_in, d_out),
            bias: vector(bias),
            back: tensor(back, d_out, d_in),
            wanted: vector(value.to_vec()),
        };
        Ok(Change::Reread { reader: Box::new(reader), strength })
    }
}
