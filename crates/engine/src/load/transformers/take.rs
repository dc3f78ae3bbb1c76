//! How the numbers of one of our weights are taken from one of their tensors.

/// What is done to a tensor of theirs to have ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::load) enum Take {
    /// Nothing.
    AsIs,
    /// `[d_out, d_in]`, as `torch.nn.Linear` keeps it, to our `[d_in, d_out]`.
    Transpose,
    /// Columns `from..to` of `[d_in, d_out]`, or those entries of a bias `[d_out]`: GPT-2 keeps
    /// query, key and value side by side.
    Columns { from: usize, to: usize },
    /// Rows `from..to` of `[d_out, d_in]`, as `[d_in, to − from]`, or those entries of a bias: Mamba
    /// keeps all that it reads in one matrix.
    Rows { from: usize, to: usize },
    /// `[channel, 1, tap]`, as `torch.nn.Conv1d` keeps it, to `[channel, tap]`.
    Taps,
    /// Query (`part` 0), key (1) or value (2) of `[head · part · d_head, d_in]`, as
    /// `[d_in, head · d_head]`, or of a bias: GPT-NeoX keeps the three of a head together.
    NeoxPart { part: usize, n_heads: usize, d_head: usize },
}

/// The numbers of our weight and its sizes, row-major, from theirs; nothing where `values` and
/// `dims` do not fit each other or `how`.
pub(in crate::load) fn take(
    values: &[f32],
    dims: &[usize],
    how: &Take,
) -> Option<(Vec<f32>, Vec<usize>)> {
    let n_values = dims.iter().try_fold(1usize, |product, &dim| product.checked_mul(dim))?;
    if n_values != values.len() {
        return None;
    }
    match (how, dims) {
        (Take::AsIs, _) => Some((values.to_vec(), dims.to_vec())),
        (Take::Transpose, &[d_out, d_in]) => {
            let rows: Vec<usize> = (0..d_out).collect();
            Some((transposed(values, d_in, &rows), vec![d_in, d_out]))
        }
        (&Take::Columns { from, to }, &[d_out]) => {
            let kept = is_range(from, to, d_out).then(|| values[from..to].to_vec())?;
            Some((kept, vec![to - from]))
        }
        (&Take::Columns { from, to }, &[d_in, d_out]) => {
            let row = |row: usize| &values[row * d_out + from..row * d_out + to];
            let kept = is_range(from, to, d_out).then(|| (0..d_in).flat_map(row).copied());
            Some((kept?.collect(), vec![d_in, to - from]))
        }
        (&Take::Rows { from, to }, &[d_out]) => {
            let kept = is_range(from, to, d_out).then(|| values[from..to].to_vec())?;
            Some((kept, vec![to - from]))
        }
        (&Take::Rows { from, to }, &[d_out, d_in]) => {
            let rows: Vec<usize> = is_range(from, to, d_out).then(|| (from..to).collect())?;
            Some((transposed(values, d_in, &rows), vec![d_in, rows.len()]))
        }
        (Take::Taps, &[n_channels, 1, n_taps]) => Some((values.to_vec(), vec![n_channels, n_taps])),
        (&Take::NeoxPart { part, n_heads, d_head }, &[d_out]) => {
            let rows = neox_rows(part, n_heads, d_head, d_out)?;
            Some((transposed(values, 1, &rows), vec![rows.len()]))
        }
        (&Take::NeoxPart { part, n_heads, d_head }, &[d_out, d_in]) => {
            let rows = neox_rows(part, n_heads, d_head, d_out)?;
            Some((transposed(values, d_in, &rows), vec![d_in, rows.len()]))
        }
        _ => None,
    }
}

fn is_range(from: usize, to: usize, count: usize) -> bool {
    from < to && to <= count
}

/// The chosen rows of a matrix as the columns of another, in that order.
fn transposed(values: &[f32], d_in: usize, rows: &[usize]) -> Vec<f32> {
    let column = |column: usize| rows.iter().map(move |row| values[row * d_in + column]);
    (0..d_in).flat_map(column).collect()
}

/// The rows of a fused matrix that hold one part of every head, head by head.
fn neox_rows(part: usize, n_heads: usize, d_head: usize, d_out: usize) -> Option<Vec<usize>> {
    let fits = part < 3 && n_heads.checked_mul(d_head)?.checked_mul(3)? == d_out;
    let head_rows = |head: usize| (0..d_head).map(move |at| (head * 3 + part) * d_head + at);
    fits.then(|| (0..n_heads).flat_map(head_rows).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tensor whose entries are their own places: 0, 1, 2, …
    fn check(dims: &[usize], how: Take, expected: Option<(&[usize], &[usize])>) {
        let values: Vec<f32> = (0..dims.iter().product()).map(|it: usize| it as f32).collect();
        let places = |it: (Vec<f32>, Vec<usize>)| {
            (it.0.iter().map(|&it| it as usize).collect::<Vec<_>>(), it.1)
        };
        let expected = expected.map(|it| (it.0.to_vec(), it.1.to_vec()));
        assert_eq!(take(&values, dims, &how).map(places), expected, "{how:?} of {dims:?}");
    }

    #[test]
    fn each_way_takes_the_right_entries() {
        check(&[2, 2], Take::AsIs, Some((&[0, 1, 2, 3], &[2, 2])));
        check(&[2, 3], Take::Transpose, Some((&[0, 3, 1, 4, 2, 5], &[3, 2])));
        check(&[2, 6], Take::Columns { from: 2, to: 4 }, Some((&[2, 3, 8, 9], &[2, 2])));
        check(&[6], Take::Columns { from: 4, to: 6 }, Some((&[4, 5], &[2])));
        check(&[4, 2], Take::Rows { from: 1, to: 3 }, Some((&[2, 4, 3, 5], &[2, 2])));
        check(&[4], Take::Rows { from: 1, to: 3 }, Some((&[1, 2], &[2])));
        check(&[2, 1, 3], Take::Taps, Some((&[0, 1, 2, 3, 4, 5], &[2, 3])));
        // Two heads of width 2: rows q0 q0 k0 k0 v0 v0 q1 q1 k1 k1 v1 v1, of width 1 and 2.
        let key = Take::NeoxPart { part: 1, n_heads: 2, d_head: 2 };
        check(&[12], key, Some((&[2, 3, 8, 9], &[4])));
        check(&[12, 2], key, Some((&[4, 6, 16, 18, 5, 7, 17, 19], &[2, 4])));
        let value = Take::NeoxPart { part: 2, n_heads: 2, d_head: 2 };
        check(&[12], value, Some((&[4, 5, 10, 11], &[4])));
    }

    #[test]
    fn sizes_that_do_not_fit_give_nothing() {
        check(&[4], Take::Transpose, None);
        check(&[2, 2, 2], Take::Transpose, None);
        check(&[6], Take::Columns { from: 4, to: 7 }, None);
        check(&[2, 6], Take::Columns { from: 4, to: 4 }, None);
        check(&[2, 2, 2], Take::Columns { from: 0, to: 1 }, None);
        check(&[4, 2], Take::Rows { from: 3, to: 5 }, None);
        check(&[4], Take::Rows { from: 2, to: 2 }, None);
        check(&[2, 2, 3], Take::Taps, None);
        check(&[13], Take::NeoxPart { part: 0, n_heads: 2, d_head: 2 }, None);
        check(&[12], Take::NeoxPart { part: 3, n_heads: 2, d_head: 2 }, None);
        assert_eq!(take(&[1.0], &[2], &Take::AsIs), None);
        assert_eq!(take(&[1.0], &[usize::MAX, 2], &Take::AsIs), None);
    }
}
