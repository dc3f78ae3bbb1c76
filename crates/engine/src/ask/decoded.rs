//! A fact as a fitted probe reads it, beside the truth.

use lab::task::Row;
use trace::{Absence, Answer, AskDecoded, Axis, Decoded, NamedArray};

use super::{Seen, array, pending::Pending};
use crate::study::{FittedProbe, fact_at};

/// The fact at every position: the truth, as the task reads the prompt, and what the map at the
/// site reads; and what the exact predictor says of either.
///
/// # Source
/// Shai et al. 2024 (arXiv 2405.15943), section 3.
pub(super) fn decoded(seen: Seen<'_>, asked: &AskDecoded) -> Result<Pending, Absence> {
    let AskDecoded { site, fact } = asked.clone();
    let no_probe = || Absence::NoProbe { fact: fact.clone(), site };
    let probe = seen.probes.get(&fact).ok_or_else(no_probe)?;
    let map = probe.maps.get(&site).ok_or_else(no_probe)?.map.clone();
    let (flat, dims) = seen.trace.flat(site).ok_or(Absence::NotKept(site))?;
    let row = seen.row_of(probe)?;
    let n_pos = dims.first().map_or(0, |it| it.1);
    if row.n_positions() != n_pos {
        return Err(Absence::Cut);
    }
    let exact: Vec<f64> = (0..n_pos).flat_map(|position| fact_at(&row, &fact, position)).collect();
    let names: Vec<String> = seen.ids.iter().map(|&it| seen.word(it)).collect();
    let (space, task) = (probe.fact.clone(), probe.task());
    Ok(Pending::new(vec![flat], move |read| {
        let [d_in, d_out] = map.sizes();
        let inputs = read.first().map_or(&[][..], Vec::as_slice);
        let decoded: Vec<f64> = inputs.chunks_exact(d_in).flat_map(|it| map.map(it)).collect();
        let next = |points: &[f64]| -> Option<NamedArray> {
            let task = task.as_ref()?;
            let each = points.chunks_exact(d_out).map(|it| task.next_of(&fact, it));
            let all = each.collect::<Option<Vec<_>>>()?;
            let dims = [(Axis::Pos, all.len()), (Axis::Vocab, all.first()?.len())];
            Some(array(all.iter().flatten().map(|&it| it as f32).collect(), &dims))
        };
        let next = next(&exact).zip(next(&decoded)).map(|(exact, decoded)| [exact, decoded]);
        Answer::Decoded(Decoded {
            exact: Box::new(space.frame(&names, &exact, &exact)),
            decoded: Box::new(space.frame(&names, &decoded, &exact)),
            values: [&exact, &decoded].map(|it| space.array(it)),
            site,
            fact,
            next,
        })
    }))
}

impl Seen<'_> {
    /// The prompt as a row of the task that a probe was fitted on.
    fn row_of(self, probe: &FittedProbe) -> Result<Row, Absence> {
        let words: Vec<String> = self.ids.iter().skip(1).map(|&it| self.word(it)).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let task = probe.task().ok_or(Absence::NoTask)?;
        task.read(&words).map_err(|why| Absence::NoRow(why.to_string()))
    }

    fn word(self, id: u32) -> String {
        self.model.words.text(id).unwrap_or_default().to_owned()
    }
}
