//! Changes of values as they pass.

use burn::prelude::*;
use engine::{
    load::Model,
    model::{Change, Held, InterventionError, Mask, NetworkConfig, Placement, Resolved},
};
use trace::{Axis, NamedArray, Part, Site};

use crate::close::{Spread, sums};
use crate::tiny::{
    Values, all_kinds, assert_close, describe, distance, model, plain, prompt, recurrent_kinds,
    some_kinds, try_values, values,
};

/// Four heads of four numbers and a bias: summed head by head where one is edited, else at once.
const ROUNDING: f32 = sums(21);

const N_POS: usize = 6;

#[test]
fn a_site_replaced_by_its_own_value_changes_nothing() {
    for model in some_kinds().chain(recurrent_kinds()) {
        let ids = prompt(N_POS);
        let (plain, spread) = (values(&model, &ids, &[]), Spread::of(&model, &ids));
        for (&site, own) in &plain {
            let edited = values(&model, &ids, &[Resolved::new(site, by(own))]);
            assert_same(&format!("{site} of {}", describe(&model)), &edited, &plain, &spread);
        }
    }
}

#[test]
fn a_scale_of_one_and_an_addition_of_nothing_change_nothing() {
    for model in some_kinds().chain(recurrent_kinds()) {
        let ids = prompt(N_POS);
        let (plain, spread) = (values(&model, &ids, &[]), Spread::of(&model, &ids));
        for (&site, own) in &plain {
            let &(axis, width) = own.dims().last().unwrap();
            let vector = array(vec![1.0; width], &[(axis, width)]);
            for kind in [Change::Scale(1.0), add(site, &vector, 0.0)] {
                let edited = values(&model, &ids, &[Resolved::new(site, kind)]);
                assert_same(&format!("{site} of {}", describe(&model)), &edited, &plain, &spread);
            }
        }
    }
}

#[test]
fn a_head_scaled_to_nothing_is_missing_from_what_attention_writes() {
    for model in all_kinds() {
        let ids = prompt(N_POS);
        let before = values(&model, &ids, &[]);
        let result = block(1, Part::AttnResult);
        let edit = Resolved::new(result, Change::Scale(0.0)).head(2);
        let after = values(&model, &ids, &[edit]);
        let out = block(1, Part::AttnOut);
        let removed = before[&result].at(Axis::Head, 2).unwrap();
        let expected: Vec<f32> =
            before[&out].values().iter().zip(removed.values()).map(|(all, it)| all - it).collect();
        // What is left of a difference is as exact as what it was taken from.
        let size = distance(&vec![0.0; expected.len()], removed.values());
        assert!(size == 1.0, "the head wrote something");
        let largest = |of: &[f32]| of.iter().fold(0.0f32, |most, it| most.max(it.abs()));
        let left = largest(before[&out].values()) / largest(&expected);
        let tolerance = ROUNDING * left.max(1.0);
        assert_close(&describe(&model), after[&out].values(), &expected, tolerance);
        // The same by another way: without its values mixed, a head writes nothing.
        let mixed = Resolved::new(block(1, Part::AttnZ), Change::Scale(0.0)).head(2);
        let other = values(&model, &ids, &[mixed]);
        assert_close(&describe(&model), other[&out].values(), after[&out].values(), tolerance);
    }
}

/// Whether attention at `earlier` reads the recurrence of its layer, which comes before it there.
fn reads(model: &Model, earlier: Site, site: Site) -> bool {
    let (Site::Block { layer, part: of, .. }, Site::Block { layer: own, part, .. }) =
        (earlier, site)
    else {
        return false;
    };
    let is_of = |part: Part, name: &str| format!("{}", block(0, part)).contains(name);
    let is_read = is_of(of, ".attn.") && is_of(part, ".ssm.");
    layer == own && is_read && model.file.config.block_state(layer).is_some()
}

#[test]
fn an_edit_touches_its_head_and_position_and_nothing_before_it() {
    for model in some_kinds().chain(recurrent_kinds()) {
        let ids = prompt(N_POS);
        let plain = values(&model, &ids, &[]);
        for (&site, own) in &plain {
            let (head, pos) = (own_heads(own).map(|size| size - 1), Some(3));
            let edit = Resolved::new(site, Change::Scale(-2.0)).carried();
            let edit = Resolved { heads: head.map(|it| it..it + 1), ..edit.at(3) };
            let edited = values(&model, &ids, &[edit]);
            let sizes: Vec<usize> = own.dims().iter().map(|it| it.1).collect();
            for (flat, (&new, &old)) in edited[&site].values().iter().zip(own.values()).enumerate()
            {
                let place = places(&sizes, flat);
                // What was changed in a state goes on in the states after it.
                if site == block(own_layer(site), Part::SsmState) && 3 < place[0] {
                    continue;
                }
                let is_touched = own.dims().iter().zip(place).all(|(it, at)| match it.0 {
                    Axis::Head | Axis::KvHead => Some(at) == head,
                    Axis::Pos | Axis::Query => Some(at) == pos,
                    _ => true,
                });
                let expected = if is_touched { -2.0 * old } else { old };
                assert!(new == expected, "{} {site} at {flat}", describe(&model));
            }
            let before = plain.range(..site).filter(|it| !reads(&model, *it.0, site));
            for (earlier, value) in before {
                assert_eq!(
                    &edited[earlier],
                    value,
                    "{site} changed {earlier}: {}",
                    describe(&model)
                );
            }
        }
    }
}

#[test]
fn an_edit_of_a_position_leaves_the_positions_before_it() {
    let all = some_kinds().chain(recurrent_kinds());
    for model in all.filter(|it| it.file.config.mask == Mask::Causal) {
        let ids = prompt(N_POS);
        let before = &values(&model, &ids, &[])[&Site::Logits];
        let tolerance = Spread::of(&model, &ids).at(Site::Logits);
        for &site in values(&model, &ids, &[]).keys() {
            let edit = Resolved::new(site, Change::Scale(-2.0)).carried().at(3);
            let after = &values(&model, &ids, &[edit])[&Site::Logits];
            for pos in 0..3 {
                let [after, before] = [after, before].map(|it| it.at(Axis::Pos, pos).unwrap());
                assert_close(&format!("{site}"), after.values(), before.values(), tolerance);
            }
        }
    }
}

#[test]
fn a_vector_is_added_as_often_as_its_strength_says() {
    let model = model(plain(), 1);
    let ids = prompt(N_POS);
    let site = block(0, Part::ResidPost);
    let vector: Vec<f32> = (0..12).map(|it| it as f32).collect();
    let change = add(site, &array(vector.clone(), &[(Axis::Model, 12)]), -0.5);
    let edited = values(&model, &ids, &[Resolved::new(site, change).at(1)]);
    let before = &values(&model, &ids, &[])[&site];
    let at = |values: &NamedArray| values.at(Axis::Pos, 1).unwrap().values().to_vec();
    let expected: Vec<f32> =
        at(before).iter().zip(&vector).map(|(it, add)| it - 0.5 * add).collect();
    assert_eq!(at(&edited[&site]), expected);
    assert_eq!(edited[&block(1, Part::ResidPre)], edited[&site]);
}

#[test]
fn the_stream_of_another_prompt_gives_its_answer() {
    for model in some_kinds().chain(recurrent_kinds()) {
        let (ids, other) = (prompt(N_POS), vec![5, 4, 3, 2, 9, 6]);
        let theirs = values(&model, &other, &[]);
        let site = block(1, Part::ResidPost);
        let edit = Resolved::new(site, by(&theirs[&site]));
        let edited = values(&model, &ids, std::slice::from_ref(&edit));
        assert_eq!(edited[&Site::Logits], theirs[&Site::Logits], "{}", describe(&model));
        // Of one position, that position's alone.
        let patched = values(&model, &ids, &[edit.at(2)]);
        let own = values(&model, &ids, &[]);
        for pos in 0..N_POS {
            let [patched, theirs, own] =
                [&patched, &theirs, &own].map(|it| it[&Site::Logits].at(Axis::Pos, pos).unwrap());
            let expected = if pos == 2 { theirs } else { own };
            assert_close(&describe(&model), patched.values(), expected.values(), ROUNDING);
        }
    }
}

#[test]
fn changes_of_one_site_are_made_in_turn() {
    let model = model(plain(), 2);
    let ids = prompt(N_POS);
    let site = block(0, Part::MlpOut);
    let width = (Axis::Model, 12);
    let add = add(site, &array(vec![1.0; 12], &[width]), 1.0);
    let edits = [Resolved::new(site, Change::Scale(0.0)), Resolved::new(site, add)];
    let edited = values(&model, &ids, &edits);
    assert!(edited[&site].values().iter().all(|&it| it == 1.0));
}

#[test]
fn an_edit_that_does_not_fit_is_an_error() {
    let model = model(NetworkConfig { n_kv_heads: Some(2), ..plain() }, 3);
    let replace = |site: Site, sizes: &[(Axis, usize)]| {
        let count = sizes.iter().map(|it| it.1).product();
        Resolved::new(site, by(&array(vec![0.0; count], sizes)))
    };
    let scale = |site: Site| Resolved::new(site, Change::Scale(0.0));
    let (stream, key) = (block(0, Part::ResidPre), block(0, Part::AttnK));
    let short = array(vec![0.0; 11], &[(Axis::Model, 11)]);
    let cases = [
        (replace(stream, &[(Axis::Pos, 5), (Axis::Model, 12)]), "[6, 12]"),
        (replace(stream, &[(Axis::Model, 12)]), "[6, 12]"),
        (replace(key, &[(Axis::Pos, 6), (Axis::Head, 4), (Axis::HeadDim, 3)]), "[6, 2, 3]"),
        (Resolved::new(stream, add(stream, &short, 1.0)), "[1, 11], and the site has [6, 12]"),
        (scale(stream).at(6), "6 positions, and the intervention names number 6"),
        (scale(stream).head(0), "no heads"),
        (scale(key).head(2), "2 heads, and the intervention names number 2"),
        (scale(block(0, Part::AttnPattern)).head(4), "4 heads"),
        (scale(block(0, Part::AttnPattern)).at(6), "6 positions"),
        (scale(block(2, Part::ResidPre)), "no site blocks.2.resid_pre"),
        (scale(block(0, Part::MlpLinear)), "no site blocks.0.mlp.linear"),
    ];
    for (edit, expected) in cases {
        let said = try_values(&model, &prompt(N_POS), std::slice::from_ref(&edit)).unwrap_err();
        assert!(said.to_string().contains(expected), "{edit:?}: {said}");
    }
    // The first of several is told.
    let edits = [scale(stream).at(9), scale(block(7, Part::AttnQ))];
    let said = try_values(&model, &prompt(N_POS), &edits).unwrap_err();
    assert!(matches!(said, InterventionError::Outside { index: 9, .. }), "{said}");
}

#[test]
fn what_a_network_lacks_cannot_be_edited() {
    for model in some_kinds().chain(recurrent_kinds()) {
        let ids = prompt(N_POS);
        let has = values(&model, &ids, &[]);
        for site in Site::all(2).into_iter().filter(|it| !has.contains_key(it)) {
            let said = try_values(&model, &ids, &[Resolved::new(site, Change::Scale(0.0))]);
            assert_eq!(said, Err(InterventionError::NoSite(site)), "{}", describe(&model));
        }
        let is_post = model.file.config.placement == Placement::Post;
        assert!(is_post || has.contains_key(&Site::FinalNorm));
    }
}

fn block(layer: usize, part: Part) -> Site {
    Site::block(layer, part)
}

/// An array, as the page would send it.
fn array(values: Vec<f32>, dims: &[(Axis, usize)]) -> NamedArray {
    NamedArray::new(values, dims).unwrap()
}

/// Another value in the place of a site's own.
fn by(value: &NamedArray) -> Change {
    Change::Blend { value: Held::from_array(value, &Device::flex()), strength: 1.0 }
}

/// A vector along the last axis.
fn add(site: Site, vector: &NamedArray, strength: f32) -> Change {
    let value = Held::from_array(vector, &Device::flex());
    Change::Add { value: Held::along_last(site, value.flat()), strength }
}

fn own_layer(site: Site) -> usize {
    if let Site::Block { layer, .. } = site { layer } else { usize::MAX }
}

/// How many heads a site has, if any.
fn own_heads(array: &NamedArray) -> Option<usize> {
    array.size(Axis::Head).or(array.size(Axis::KvHead))
}

/// The index along each axis of a flat place.
fn places(sizes: &[usize], flat: usize) -> Vec<usize> {
    let mut rest = flat;
    let mut found: Vec<usize> = sizes
        .iter()
        .rev()
        .map(|size| {
            let at = rest % size;
            rest /= size;
            at
        })
        .collect();
    found.reverse();
    found
}

#[track_caller]
fn assert_same(edited: &str, found: &Values, expected: &Values, spread: &Spread) {
    assert_eq!(found.len(), expected.len());
    for (&site, value) in expected {
        let what = format!("{site} after {edited}");
        assert_close(&what, found[&site].values(), value.values(), spread.at(site));
    }
}
