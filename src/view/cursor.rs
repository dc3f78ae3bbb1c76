//! The one cursor that all panels share.

use serde::{Deserialize, Serialize};
use trace::{LensSite, ModelShape};

/// Where the reader looks, as far as it was said. What is not said follows the run: the last
/// token, the strongest writer, the source that is read most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pick {
    pub layer: Option<usize>,
    pub head: Option<usize>,
    /// The position that reads.
    pub pos: Option<usize>,
    /// The position that is read.
    pub source: Option<usize>,
    /// The depth of the stream, counted along [`Ground::sites`].
    pub depth: Option<usize>,
}

/// Where the reader looks, in full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    pub layer: usize,
    pub head: usize,
    pub pos: usize,
    pub source: usize,
    pub depth: usize,
}

/// What a cursor stands on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ground {
    pub n_layers: usize,
    pub n_heads: usize,
    pub n_pos: usize,
    /// The depths of the stream.
    pub sites: Vec<LensSite>,
    /// Layer and head that wrote most toward A rather than B, once known.
    pub strongest: Option<[usize; 2]>,
}

impl Ground {
    /// The ground of a model and a prompt, its blocks in this order, or as trained.
    pub fn new(
        shape: &ModelShape,
        order: Option<&[usize]>,
        n_pos: usize,
        strongest: Option<[usize; 2]>,
    ) -> Self {
        let between = shape.has_mlp && !shape.is_parallel;
        let trained: Vec<usize> = (0..shape.n_layers).collect();
        let order = order.unwrap_or(&trained);
        let blocks = order.iter().enumerate().flat_map(|(at, &layer)| {
            let pass = order[..at].iter().filter(|it| **it == layer).count();
            let mid = between.then_some(LensSite::Mid { layer, pass });
            mid.into_iter().chain([LensSite::Post { layer, pass }])
        });
        let sites = [LensSite::Embed].into_iter().chain(blocks).collect();
        Self { n_layers: shape.n_layers, n_heads: shape.n_heads, n_pos, sites, strongest }
    }

    /// The depth after the last sub-block of `layer`.
    pub fn depth_after(&self, layer: usize) -> usize {
        let place = self.sites.iter().position(|it| *it == LensSite::post(layer));
        place.unwrap_or(self.sites.len().saturating_sub(1))
    }

    /// The layer that a depth belongs to; the embedding belongs to the first.
    pub fn layer_of(&self, depth: usize) -> usize {
        match self.sites.get(depth) {
            Some(LensSite::Mid { layer, .. } | LensSite::Post { layer, .. }) => *layer,
            Some(LensSite::Embed) | None => 0,
        }
    }
}

impl Pick {
    /// What `self` says, and `below` where it says nothing.
    pub fn over(self, below: Pick) -> Pick {
        Pick {
            layer: self.layer.or(below.layer),
            head: self.head.or(below.head),
            pos: self.pos.or(below.pos),
            source: self.source.or(below.source),
            depth: self.depth.or(below.depth),
        }
    }

    /// A layer, with the stream as it leaves it.
    pub fn layer(layer: usize, ground: &Ground) -> Pick {
        Pick { layer: Some(layer), depth: Some(ground.depth_after(layer)), ..Pick::default() }
    }

    /// A head.
    pub fn head(layer: usize, head: usize, ground: &Ground) -> Pick {
        Pick { head: Some(head), ..Pick::layer(layer, ground) }
    }

    /// A depth of the stream, with its layer.
    pub fn depth(depth: usize, ground: &Ground) -> Pick {
        Pick { depth: Some(depth), layer: Some(ground.layer_of(depth)), ..Pick::default() }
    }

    /// The cursor on this ground. What lies outside is brought in; the source is what `row`, the
    /// weights of the chosen query, reads most where it is not said.
    pub fn on(self, ground: &Ground, row: Option<&[f32]>) -> Cursor {
        let [strong_layer, strong_head] =
            ground.strongest.unwrap_or([ground.n_layers.saturating_sub(1), 0]);
        let within = |it: usize, count: usize| it.min(count.saturating_sub(1));
        let layer = within(self.layer.unwrap_or(strong_layer), ground.n_layers);
        let head = match (self.head, self.layer) {
            (Some(head), _) => head,
            (None, None) => strong_head,
            (None, Some(_)) => 0,
        };
        let pos = within(self.pos.unwrap_or(usize::MAX), ground.n_pos);
        let most = |row: &[f32]| {
            let size = |it: &(usize, &f32)| it.1.abs();
            let best =
                row.iter().take(pos + 1).enumerate().max_by(|a, b| size(a).total_cmp(&size(b)));
            best.map(|it| it.0)
        };
        let source = self.source.or_else(|| row.and_then(most)).unwrap_or(0);
        Cursor {
            layer,
            head: within(head, ground.n_heads),
            pos,
            source: within(source, ground.n_pos),
            depth: within(
                self.depth.unwrap_or_else(|| ground.depth_after(layer)),
                ground.sites.len(),
            ),
        }
    }
}

/// A short name of a depth: `emb`, `L2 mid`, `L2`; `L2′` at the second pass through a block.
pub fn depth_name(site: LensSite) -> String {
    match site {
        LensSite::Embed => tr!("emb").to_owned(),
        LensSite::Mid { layer, pass } => tr!("{block} mid", block = short_block(layer, pass)),
        LensSite::Post { layer, pass } => short_block(layer, pass),
    }
}

/// As short as a row's label: `L2`, `L2′` at the second pass, `L2″` at the third.
fn short_block(layer: usize, pass: usize) -> String {
    match pass {
        0 => format!("L{layer}"),
        1 => format!("L{layer}′"),
        2 => format!("L{layer}″"),
        _ => block_name(layer, pass),
    }
}

/// `L2`, and `L2#2` for the second pass through a block.
pub fn block_name(layer: usize, pass: usize) -> String {
    if pass == 0 { format!("L{layer}") } else { format!("L{layer}#{}", pass + 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ground() -> Ground {
        let sites = vec![
            LensSite::Embed,
            LensSite::mid(0),
            LensSite::post(0),
            LensSite::mid(1),
            LensSite::post(1),
        ];
        Ground { n_layers: 2, n_heads: 4, n_pos: 5, sites, strongest: Some([1, 3]) }
    }

    #[test]
    fn nothing_said_follows_the_run() {
        let cursor = Pick::default().on(&ground(), Some(&[0.1, 0.6, 0.1, 0.1, 0.1]));
        assert_eq!(cursor, Cursor { layer: 1, head: 3, pos: 4, source: 1, depth: 4 });
    }

    #[test]
    fn what_is_outside_is_brought_in() {
        let far =
            Pick { layer: Some(9), head: Some(9), pos: Some(9), source: Some(9), depth: Some(9) };
        let cursor = far.on(&ground(), None);
        assert_eq!(cursor, Cursor { layer: 1, head: 3, pos: 4, source: 4, depth: 4 });
        assert_eq!(Pick::default().on(&Ground::default(), None), Cursor::default());
    }

    #[test]
    fn a_block_that_runs_twice_is_two_depths() {
        let shape = ModelShape { n_layers: 3, n_heads: 2, has_mlp: true, ..ModelShape::default() };
        let ground = Ground::new(&shape, Some(&[0, 2, 2]), 4, None);
        let names: Vec<String> = ground.sites.iter().map(|it| depth_name(*it)).collect();
        assert_eq!(names, ["emb", "L0 mid", "L0", "L2 mid", "L2", "L2′ mid", "L2′"]);
        assert_eq!((ground.depth_after(2), ground.layer_of(6)), (4, 2));
        let trained = Ground::new(&shape, None, 4, None);
        assert_eq!(trained, Ground::new(&shape, Some(&[0, 1, 2]), 4, None));
    }

    #[test]
    fn a_hover_changes_only_what_it_names() {
        let lock = Pick::head(0, 2, &ground());
        let hover = Pick { pos: Some(1), ..Pick::default() };
        let cursor = hover.over(lock).on(&ground(), None);
        assert_eq!((cursor.layer, cursor.head, cursor.pos, cursor.depth), (0, 2, 1, 2));
    }
}
