//! Patterns that a reader puts in place of a network's own.

use std::ops::Range;

use burn::prelude::*;
use trace::{Row, Site, Trouble};

use super::Resolver;
use crate::model::{Held, Mask};

impl Resolver<'_> {
    /// The pattern of a site in which every query reads as `row` says, `[1, query, key]`.
    pub(super) fn row(&self, row: Row, site: Site) -> Result<Held, Trouble> {
        let n_pos = self.ids.len();
        let Site::Block { layer, .. } = site else { return Err(Trouble::NotPattern(site)) };
        if self.model.file.config.block_state(layer).is_some() {
            let what = "patterns of one kind: half of its heads read states".to_owned();
            return Err(Trouble::Lacks { layer, what });
        }
        if let Row::Key(key) = row
            && n_pos <= key
        {
            return Err(Trouble::NoKey(key));
        }
        let weights: Vec<f32> =
            (0..n_pos).flat_map(|query| self.weights(row, layer, query)).collect();
        let data = TensorData::new(weights, [n_pos * n_pos]);
        let flat = Tensor::from_data(data, self.references.device());
        Ok(Held::spread(flat, vec![1, n_pos, n_pos]))
    }

    /// Those of the positions whose query may read what `row` says: a causal mask hides later keys. A
    /// window does not bind a row that names its key.
    pub(super) fn readers(
        &self,
        row: Row,
        positions: Option<Vec<Range<usize>>>,
    ) -> Result<Vec<Range<usize>>, Trouble> {
        let n_pos = self.ids.len();
        let all = positions.unwrap_or_else(|| vec![Range { start: 0, end: n_pos }]);
        let can = |query: &usize| key_of(row, *query).is_none_or(|key| self.may_read(*query, key));
        let found: Vec<usize> = all.into_iter().flatten().filter(can).collect();
        let Some(&first) = found.first() else {
            return Err(Trouble::NoKey(key_of(row, 0).unwrap_or_default()));
        };
        let mut runs = vec![Range { start: first, end: first + 1 }];
        for query in found.into_iter().skip(1) {
            match runs.last_mut() {
                Some(last) if last.end == query => last.end = query + 1,
                _ => runs.push(query..query + 1),
            }
        }
        Ok(runs)
    }

    fn weights(&self, row: Row, layer: usize, query: usize) -> Vec<f32> {
        let n_pos = self.ids.len();
        if let Some(own) = key_of(row, query) {
            return (0..n_pos).map(|key| f32::from(u8::from(key == own))).collect();
        }
        let window = self.model.shape.mixers[layer].window.unwrap_or(n_pos);
        let can: Vec<bool> =
            (0..n_pos).map(|key| self.may_read(query, key) && query < key + window).collect();
        let count = can.iter().filter(|it| **it).count().max(1) as f32;
        can.into_iter().map(|it| if it { 1.0 / count } else { 0.0 }).collect()
    }

    /// Whether the mask lets a query read a key.
    fn may_read(&self, query: usize, key: usize) -> bool {
        let is_causal = self.model.file.config.mask == Mask::Causal;
        !is_causal || key <= query
    }
}

/// The one key that a query reads, where it is one.
fn key_of(row: Row, query: usize) -> Option<usize> {
    match row {
        Row::Uniform => None,
        Row::First => Some(0),
        Row::Own => Some(query),
        Row::Previous => Some(query.saturating_sub(1)),
        Row::Key(key) => Some(key),
    }
}
