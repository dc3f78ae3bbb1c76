//! The forms in which a recurrent head can be computed.

use trace::{
    Absence, Answer, AskForms,
    Axis::{Pos, Value},
    Forms, Lack,
};

use super::{Seen, array, pending::Pending};
use crate::geometry::largest;

/// What a recurrent head reads, by its recurrence, all positions together, and by its matrix.
pub(super) fn forms(
    seen: Seen<'_>,
    &AskForms { layer, head }: &AskForms,
) -> Result<Pending, Absence> {
    let [_, count] = seen.recurrent_head(layer, head)?;
    if seen.has_other_states(layer) {
        return Err(Absence::NoMatrix { layer, head });
    }
    let of = seen.recurrence_with_step([layer, head], Lack::OtherForms)?;
    let is_scan = of.erase.is_none() && of.value.dims()[3] == 1;
    let parallel = if is_scan { of.read_all(of.scan()) } else { of.chunks() };
    let all = [of.steps(|_, state| state), parallel, of.mixed()];
    let [_, n_pos, _, d_value] = all[0].dims();
    let n_rows = count * d_value;
    let flats = all.map(|it| it.reshape([n_pos * n_rows])).to_vec();
    Ok(Pending::new(flats, move |read| {
        let most = read[0].iter().fold(f32::MIN_POSITIVE, |most, it| most.max(it.abs()));
        let apart = [1, 2].map(|which: usize| {
            largest(read[which].iter().zip(&read[0]).map(|(a, b)| (a - b).abs() / most))
        });
        let mut arrays = read.into_iter().map(|it| array(it, &[(Pos, n_pos), (Value, n_rows)]));
        let mut next = || arrays.next().expect("three were asked for");
        let (recurrence, parallel, matrix) = (next(), next(), next());
        Answer::Forms(Forms { layer, head, recurrence, parallel, is_scan, matrix, apart })
    }))
}
