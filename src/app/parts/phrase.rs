//! Sentences with elements in them.

use std::collections::BTreeMap;

use leptos::prelude::*;

use crate::text::{self, Piece};

/// The text for `key`, a `text!` with names, with elements in place of its placeholders.
pub(in crate::app) fn phrase<const N: usize>(
    key: &'static str,
    elements: [(&'static str, AnyView); N],
) -> AnyView {
    let mut elements = BTreeMap::from(elements);
    let pieces = text::pieces(text::of(key)).into_iter();
    let shown = pieces.filter_map(|it| match it {
        Piece::Words(words) => Some(words.to_owned().into_any()),
        Piece::Placeholder(name) => elements.remove(name),
    });
    shown.collect_view().into_any()
}
