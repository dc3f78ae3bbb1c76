//! From names of parts to sites, heads and positions that the network has.

use std::{collections::BTreeMap, ops::Range};

use trace::{Axis, Component, Part, Passes, Place, Site, SitePattern, Span, Target, Trouble};

use crate::load::Model;

/// Sizes of every site's axes in a run of one position, each block once.
pub(super) type Sizes = BTreeMap<Site, Vec<usize>>;

/// One site and its heads.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Spot {
    pub(super) site: Site,
    /// Along the site's head axis; all where `None`.
    pub(super) heads: Option<Vec<Range<usize>>>,
    /// Whether a recurrence goes on with a changed state.
    pub(super) carries: bool,
}

/// The sites that `place` names in a network whose blocks run in this order.
///
/// # Errors
/// [`Trouble`]: a layer, pass, head or site that is not there.
pub(super) fn spots(
    place: &Place,
    model: &Model,
    sizes: &Sizes,
    order: &[usize],
) -> Result<Vec<Spot>, Trouble> {
    let here = Here { model, sizes, order };
    match &place.target {
        Target::Sites(pattern) => here.named(pattern, &place.heads),
        Target::Part { component, layer, pass, head } => {
            let mut spots = Vec::new();
            for pass in here.passes(*layer, *pass)? {
                let own = here.part(*component, *layer, *head)?;
                spots.extend(own.into_iter().map(|(part, heads)| Spot {
                    site: Site::Block { layer: *layer, pass, part },
                    heads: heads.map(|it| vec![it]),
                    carries: *component == Component::Carry,
                }));
            }
            Ok(spots)
        }
    }
}

#[derive(Clone, Copy)]
struct Here<'a> {
    model: &'a Model,
    sizes: &'a Sizes,
    order: &'a [usize],
}

/// A part of a block, and its heads; all where `None`.
type Parts = Vec<(Part, Option<Range<usize>>)>;

impl Here<'_> {
    fn named(self, pattern: &SitePattern, heads: &[usize]) -> Result<Vec<Spot>, Trouble> {
        let all = self.sizes.iter().flat_map(|(&site, sizes)| {
            let sites: Vec<Site> = match site {
                Site::Block { layer, part, .. } => {
                    let count = self.order.iter().filter(|it| **it == layer).count();
                    (0..count).map(|pass| Site::Block { layer, pass, part }).collect()
                }
                other => vec![other],
            };
            sites.into_iter().map(move |it| (it, sizes))
        });
        let found: Vec<_> = all.filter(|it| pattern.matches(it.0)).collect();
        if found.is_empty() {
            return Err(self.missing(pattern));
        }
        let spot = |(site, sizes): (Site, &Vec<usize>)| {
            let heads = heads_at(site, sizes, heads)?;
            Ok(Spot { site, heads, carries: false })
        };
        found.into_iter().map(spot).collect()
    }

    /// Why a pattern fits nothing.
    fn missing(self, pattern: &SitePattern) -> Trouble {
        let unknown = Trouble::NoSite(pattern.as_str().to_owned());
        let Ok(Site::Block { layer, pass, part }) = pattern.as_str().parse() else {
            return unknown;
        };
        match self.passes(layer, Passes::One(pass)) {
            Err(trouble) => trouble,
            Ok(_) => Trouble::NoSite(Site::block(layer, part).to_string()),
        }
    }

    /// The passes through a layer that are meant.
    fn passes(self, layer: usize, passes: Passes) -> Result<Vec<usize>, Trouble> {
        let n_layers = self.model.network.n_layers();
        if n_layers <= layer {
            return Err(Trouble::NoLayer { layer, last: n_layers - 1 });
        }
        let n_passes = self.order.iter().filter(|it| **it == layer).count();
        match passes {
            _ if n_passes == 0 => Err(Trouble::Skipped { layer }),
            Passes::All => Ok((0..n_passes).collect()),
            Passes::One(pass) if pass < n_passes => Ok(vec![pass]),
            Passes::One(pass) => Err(Trouble::NoPass { layer, nth: pass + 1, n_passes }),
        }
    }

    fn part(
        self,
        component: Component,
        layer: usize,
        head: Option<usize>,
    ) -> Result<Parts, Trouble> {
        let mixer = &self.model.shape.mixers[layer];
        let lacks = |what: &str| Trouble::Lacks { layer, what: what.to_owned() };
        let all = |parts: &[Part], what: &str| {
            let has: Parts =
                parts.iter().filter(|it| self.has(layer, **it)).map(|it| (*it, None)).collect();
            if has.is_empty() { Err(lacks(what)) } else { Ok(has) }
        };
        let any = |parts: &[Part], what: &str| -> Result<Parts, Trouble> {
            let heads = self.recurrent(layer, head.unwrap_or_default())?;
            let part = parts.iter().find(|it| self.has(layer, **it)).ok_or_else(|| lacks(what))?;
            Ok(vec![(*part, Some(heads))])
        };
        match component {
            Component::Head => {
                let head = head.unwrap_or_default();
                if head < mixer.n_attention_heads {
                    return Ok(vec![(Part::AttnZ, Some(head..head + 1))]);
                }
                Ok(vec![(Part::SsmZ, Some(self.recurrent(layer, head)?))])
            }
            Component::Heads => all(&[Part::AttnZ, Part::SsmZ], "heads"),
            Component::Mlp => all(&[Part::MlpOut], "MLP"),
            Component::Layer => all(&[Part::AttnOut, Part::SsmOut, Part::MlpOut], "output"),
            Component::Write => any(&[Part::SsmStep, Part::SsmValue], "write that can be changed"),
            Component::State | Component::Carry => any(&[Part::SsmState], "state"),
        }
    }

    /// The mixer's own heads that a recurrent head stands for.
    fn recurrent(self, layer: usize, head: usize) -> Result<Range<usize>, Trouble> {
        let mixer = &self.model.shape.mixers[layer];
        let n_recurrent = mixer.ssm.as_ref().map_or(0, |it| it.n_heads);
        let n_heads = mixer.n_attention_heads + n_recurrent;
        if n_heads <= head {
            return Err(Trouble::NoHead { layer, head, last: n_heads.saturating_sub(1) });
        }
        match (head.checked_sub(mixer.n_attention_heads), &mixer.ssm) {
            (Some(behind), Some(ssm)) => Ok(behind * ssm.together..(behind + 1) * ssm.together),
            _ => {
                let what = format!("recurrence in head {head}, which is attention");
                Err(Trouble::Lacks { layer, what })
            }
        }
    }

    fn has(self, layer: usize, part: Part) -> bool {
        self.sizes.contains_key(&Site::block(layer, part))
    }
}

/// Heads as runs along a site's head axis; `None` for all.
fn heads_at(
    site: Site,
    sizes: &[usize],
    heads: &[usize],
) -> Result<Option<Vec<Range<usize>>>, Trouble> {
    if heads.is_empty() {
        return Ok(None);
    }
    let is_heads = |it: &Axis| matches!(it, Axis::Head | Axis::KvHead | Axis::Group);
    let slot = site.axes().iter().position(is_heads).ok_or(Trouble::NoHeads(site))?;
    let size = sizes[slot];
    if let Some(&head) = heads.iter().find(|it| size <= **it) {
        return Err(Trouble::NoHeadAt { site, head, last: size - 1 });
    }
    Ok(Some(merged(heads.iter().map(|&it| it..it + 1).collect())))
}

/// Positions as runs; `Err` with the first of them where all are behind the end of the prompt.
pub(super) fn ranges(spans: &[Span], n_pos: usize) -> Result<Vec<Range<usize>>, usize> {
    let whole = |span: &Span| match *span {
        Span::One(pos) => pos..pos + 1,
        Span::Through(from, to) => from..to + 1,
        Span::From(from) => from..n_pos.max(from + 1),
        Span::Last => n_pos - 1..n_pos,
    };
    let all: Vec<Range<usize>> = spans.iter().map(whole).collect();
    let first = all.iter().map(|it| it.start).min().unwrap_or_default();
    let cut = all.into_iter().map(|it| it.start..it.end.min(n_pos));
    let found = merged(cut.filter(|it| it.start < it.end).collect());
    if found.is_empty() { Err(first) } else { Ok(found) }
}

/// Runs in order, those that touch made one, so that nothing is changed twice.
fn merged(mut all: Vec<Range<usize>>) -> Vec<Range<usize>> {
    all.sort_by_key(|it| it.start);
    let mut found: Vec<Range<usize>> = Vec::new();
    for next in all {
        match found.last_mut() {
            Some(last) if next.start <= last.end => last.end = last.end.max(next.end),
            _ => found.push(next),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::single_range_in_vec_init, reason = "one run of positions is a case")]
    fn positions_are_runs_that_are_there() {
        let spans = [Span::One(2), Span::Through(4, 9), Span::Through(1, 2), Span::Last];
        assert_eq!(ranges(&spans, 6), Ok(vec![1..3, 4..6]));
        assert_eq!(ranges(&spans, 20), Ok(vec![1..3, 4..10, 19..20]));
        assert_eq!(ranges(&[Span::From(3)], 6), Ok(vec![3..6]));
        assert_eq!(ranges(&[Span::Last], 1), Ok(vec![0..1]));
        assert_eq!(ranges(&[Span::From(6), Span::One(8)], 6), Err(6));
        assert_eq!(ranges(&[Span::Through(7, 9)], 6), Err(7));
    }
}
