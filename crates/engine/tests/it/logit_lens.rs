//! What each depth says, held to plain maths.

use trace::{AskLens, AskNext, Axis, LensSite, NamedArray, Site};

use crate::{
    close::sums,
    plain::{depths, rows, said_of, site_of},
    tiny::{all_kinds, ask, describe, prompt, values},
};

/// A norm over 12 entries, a product with 12 and a sum over 17 words: to be multiplied by the
/// largest logarithm, which is as far off as the logits.
const ROUNDING: f32 = sums(2 * 12 + 17);

const N_POS: usize = 7;

const ASKED: AskLens = AskLens { a: 3, b: 8 };

#[test]
fn every_depth_is_read_through_the_final_norm_and_the_unembedding() {
    for model in all_kinds() {
        let ids = prompt(N_POS);
        let lens = ask(&model, &ids, &[], ASKED);
        assert_eq!(lens.sites, depths(&model), "{}", describe(&model));
        let values = values(&model, &ids, &[]);
        let streams: Vec<_> =
            lens.sites.iter().flat_map(|&site| rows(&values[&site_of(site)])).collect();
        let said = said_of(&model, &streams);
        let output = &said[said.len() - N_POS..];
        for (place, row) in said.iter().enumerate() {
            let output = &output[place % N_POS];
            let sizes = output.iter().chain(row).map(|it| it.abs());
            let tolerance = f64::from(ROUNDING) * sizes.fold(1.0, f64::max);
            let close = |name: &str, array: &NamedArray, expected: f64| {
                let found = f64::from(array.values()[place]);
                let what = format!("{name} at {place}, {}", describe(&model));
                assert!((found - expected).abs() <= tolerance, "{found}, not {expected}: {what}");
            };
            let top = lens.top[place] as usize;
            let best = row.iter().copied().fold(f64::MIN, f64::max);
            assert!(best - row[top] <= tolerance, "top at {place}, {}", describe(&model));
            let entropy: f64 = row.iter().map(|it| -it.exp() * it).sum();
            let kl: f64 = output.iter().zip(row).map(|(out, it)| out.exp() * (out - it)).sum();
            close("probability", &lens.top_prob, best.exp());
            close("entropy", &lens.entropy, entropy);
            close("divergence", &lens.kl, kl);
            close("a", &lens.logprob_a, row[3]);
            close("b", &lens.logprob_b, row[8]);
        }
    }
}

#[test]
fn the_last_depth_of_the_lens_is_the_output() {
    for model in all_kinds() {
        let ids = prompt(N_POS);
        let lens = ask(&model, &ids, &[], ASKED);
        let logits = &values(&model, &ids, &[])[&Site::Logits];
        let last = lens.sites.len() - 1;
        assert_eq!(lens.sites[last], LensSite::post(1));
        for pos in 0..N_POS {
            let row = logits.at(Axis::Pos, pos).unwrap();
            let row = row.values();
            let largest = row.iter().fold(1.0f32, |most, it| most.max(it.abs()));
            // Words that are no further apart may change places.
            let tolerance = ROUNDING * largest;
            let above = |level: f32| row.iter().filter(|&&it| level < it).count() as f32;
            let what = format!("position {pos}, {}", describe(&model));
            let top = row[lens.top[last * N_POS + pos] as usize];
            assert!(above(top + tolerance) == 0.0, "{what}");
            let said = |array: &NamedArray| array.get(&[last, pos]).unwrap();
            assert!(said(&lens.kl).abs() <= tolerance, "{what}");
            for (rank, token) in [(&lens.rank_a, 3), (&lens.rank_b, 8)] {
                let least = above(row[token] + tolerance);
                let most = above(row[token] - tolerance) - 1.0; // less itself
                assert!((least..=most).contains(&said(rank)), "{what}");
            }
            let difference = said(&lens.logprob_a) - said(&lens.logprob_b);
            assert!((difference - (row[3] - row[8])).abs() <= tolerance, "{what}");
        }
        let next = ask(&model, &ids, &[], AskNext);
        assert_eq!(next, logits.at(Axis::Pos, N_POS - 1).unwrap());
    }
}

#[test]
fn top_and_ranks_agree_at_every_depth() {
    for model in all_kinds() {
        let lens = ask(&model, &prompt(N_POS), &[], ASKED);
        for (place, &top) in lens.top.iter().enumerate() {
            let at = |array: &NamedArray| array.values()[place];
            let what = format!("{} at {place}", describe(&model));
            assert_eq!(at(&lens.rank_a) == 0.0, top == 3, "{what}");
            assert_eq!(at(&lens.rank_b) == 0.0, top == 8, "{what}");
            let is_a_first = at(&lens.logprob_b) < at(&lens.logprob_a);
            assert_eq!(at(&lens.rank_a) < at(&lens.rank_b), is_a_first, "{what}");
        }
    }
}
