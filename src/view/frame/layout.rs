//! Where the nodes of a diagram stand.

use trace::{FactValues, Frame};

use super::axis::ends_of;

/// The facts with a meaning of their own, which are no brightness.
const LAYOUT: [&str; 3] = [trace::Fact::LAYER, trace::Fact::X, trace::Fact::Y];

/// A fact of the nodes that is numbers.
pub(super) fn numbers<'a>(frame: &'a Frame, name: &str) -> Option<&'a [f32]> {
    match frame.rows().fact(name)? {
        FactValues::Numbers(of) => Some(of),
        _ => None,
    }
}

/// The first fact of numbers that is no layout, from its least to its largest value.
pub(super) fn brightness(frame: &Frame) -> Option<Vec<f32>> {
    let facts = frame.rows().facts.iter().filter(|fact| !LAYOUT.contains(&fact.name.as_str()));
    let of = facts.into_iter().find_map(|fact| match &fact.values {
        FactValues::Numbers(of) => Some(of),
        _ => None,
    })?;
    let ends = ends_of(of.iter().copied(), false);
    let low = ends[0].min(0.0);
    let extent = ends[1] / 2.0 - low / 2.0;
    let part = |it: &f32| if 0.0 < extent { (it / 2.0 - low / 2.0) / extent } else { it * 0.0 };
    Some(of.iter().map(part).collect())
}

/// The layer of each node: its fact, or how many edges it takes to come to it from a node that no
/// edge enters (from the first node, where there is no such).
pub(super) fn layers_of(frame: &Frame) -> Vec<usize> {
    let n_nodes = frame.size()[0];
    if let Some(of) = numbers(frame, trace::Fact::LAYER) {
        return of.iter().map(|it| it.clamp(0.0, n_nodes as f32) as usize).collect();
    }
    let is_edge = |from: usize, to: usize| from != to && frame.value(from, to).is_finite();
    let enters = |node: usize| (0..n_nodes).any(|from| is_edge(from, node));
    let mut layers: Vec<Option<usize>> = vec![None; n_nodes];
    let mut open: Vec<usize> = (0..n_nodes).filter(|node| !enters(*node)).collect();
    let mut layer = 0;
    loop {
        if open.is_empty() {
            // What no root reaches: a cycle of its own begins at its first node.
            match layers.iter().position(Option::is_none) {
                Some(node) => (open, layer) = (vec![node], 0),
                None => break,
            }
        }
        for node in &open {
            layers[*node] = Some(layer);
        }
        let reached = |to: &usize| open.iter().any(|from| is_edge(*from, *to));
        let unseen = (0..n_nodes).filter(|node| layers[*node].is_none());
        open = unseen.filter(reached).collect();
        layer += 1;
    }
    layers.into_iter().map(Option::unwrap_or_default).collect()
}

/// Places in layers to the right, each layer in the order of its nodes' neighbours before it; and
/// the largest number of nodes that stand in a line.
pub(super) fn layered(frame: &Frame, layers: &[usize]) -> (Vec<[f32; 2]>, f32) {
    let n_layers = layers.iter().max().map_or(1, |it| it + 1);
    let mut places = vec![[0.5, 0.5]; layers.len()];
    let mut longest = n_layers;
    for layer in 0..n_layers {
        let mut nodes: Vec<usize> = (0..layers.len()).filter(|it| layers[*it] == layer).collect();
        let height = |node: usize| {
            let before = (0..layers.len())
                .filter(|from| layers[*from] < layer && frame.value(*from, node).is_finite());
            let heights: Vec<f32> = before.map(|from| places[from][1]).collect();
            heights.iter().sum::<f32>() / heights.len().max(1) as f32
        };
        let heights: Vec<f32> = (0..layers.len()).map(height).collect();
        nodes.sort_by(|a, b| heights[*a].total_cmp(&heights[*b]));
        longest = longest.max(nodes.len());
        let count = nodes.len() as f32;
        for (place, node) in nodes.into_iter().enumerate() {
            let x = match n_layers {
                1 => 0.5,
                _ => layer as f32 / (n_layers - 1) as f32,
            };
            places[node] = [x, (place as f32 + 0.5) / count];
        }
    }
    (places, longest as f32)
}

/// Places as they were measured, from 0 to 1, with equal units.
pub(super) fn placed(x: &[f32], y: &[f32]) -> Vec<[f32; 2]> {
    let ends = [x, y].map(|it| ends_of(it.iter().copied(), false));
    let extent = (ends[0][1] - ends[0][0]).max(ends[1][1] - ends[1][0]);
    let part = |value: f32, [low, high]: [f32; 2]| {
        let part = 0.5 + (value - (low + high) / 2.0) / extent;
        if part.is_finite() { part } else { 0.5 }
    };
    x.iter().zip(y).map(|(x, y)| [part(*x, ends[0]), part(*y, ends[1])]).collect()
}

#[cfg(test)]
mod tests {
    use super::{super::testing::named, *};

    #[test]
    fn measured_places_keep_their_shape() {
        let places = placed(&[0.0, 4.0, 0.0], &[0.0, 0.0, 2.0]);
        assert!((places[1][0] - places[0][0] - 2.0 * (places[2][1] - places[0][1])).abs() < 1e-6);
    }

    #[test]
    fn cycles_that_no_root_reaches_have_layers() {
        const NONE: f32 = f32::NAN;
        // A root alone, and a cycle of two.
        let edges = [[NONE, NONE, NONE], [NONE, NONE, 1.0], [NONE, 1.0, NONE]];
        let frame = named(&["a", "b", "c"], &["a", "b", "c"], edges.as_flattened());
        assert_eq!(layers_of(&frame), [0, 0, 1]);
    }
}
