//! Every part that a link has: the one table that reading and writing go by.

use trace::{Intervention, read_blocks, read_cuts, read_program};

use super::{
    AttentionView, BasisView, Bookmark, LabPlace, LessonPlace, MOST_BESIDE, Painting, Place,
};
use crate::view::{ChartKind, LensMode, Sampling};

const LENSES: &[(LensMode, &str)] = &[
    (LensMode::Prob, "prob"),
    (LensMode::Rank, "rank"),
    (LensMode::Entropy, "entropy"),
    (LensMode::Kl, "kl"),
    (LensMode::Ab, "ab"),
];
const CHARTS: &[(ChartKind, &str)] = &[(ChartKind::Logprob, "logprob"), (ChartKind::Rank, "rank")];
const SWITCHES: &[(bool, &str)] = &[(false, "off"), (true, "on")];
const DEVICES: &[(bool, &str)] = &[(false, "cpu"), (true, "gpu")];

/// What links of version 1 called places, after what usually stood there.
pub(super) const OLD_PLACES: &[(Place, &str)] = &[
    (Place::Main, "attention"),
    (Place::Second, "paths"),
    (Place::Lower, "lens"),
    (Place::Middle, "chart"),
    (Place::Rail, "next"),
];

/// What links of version 1 called panels, and what they are called now.
const OLD_PANELS: &[(&str, &str)] = &[
    ("faces", "forms"),
    ("modes", "eigenvalues"),
    ("writers", "attribution"),
    ("memory", "half-life"),
];

/// Whether a text names a model: a folder of `models/`, or `LAB/NETWORK-SEED`.
fn is_model(name: &str) -> bool {
    match name.split_once('/') {
        Some((lab, network)) => is_name(lab) && is_name(network),
        None => is_name(name),
    }
}

fn is_name(text: &str) -> bool {
    let is_letter = |it: char| it.is_ascii_alphanumeric() || it == '-' || it == '_';
    !text.is_empty() && text.chars().all(is_letter)
}

/// One name in the link.
pub(super) struct Part {
    pub(super) name: &'static str,
    /// `None` where it is as it is by default.
    pub(super) write: fn(&Bookmark) -> Option<String>,
    /// `None` where the text says nothing that is known.
    pub(super) read: fn(&mut Bookmark, &str) -> Option<()>,
}

/// In place of a tile's number where the workspace stands in place of the tiles.
const WORKSPACE: &str = "workspace";

/// What links of version 1 called parts, and what they are called now.
pub(super) const OLD_PARTS: &[(&str, &str)] = &[("third", "lower")];

/// The part that says which panel the reader chose for a place, under the name of the place.
macro_rules! panel_in {
    ($place:expr, $name:literal) => {
        Part {
            name: $name,
            write: |it| it.panels.get(&$place).cloned(),
            read: |it, text| stands(it, $place, text),
        }
    };
}

/// Every name: the one table that reading and writing go by.
pub(super) const PARTS: &[Part] = &[
    Part {
        name: "model",
        write: |it| (!it.model.is_empty()).then(|| it.model.clone()),
        read: |it, text| is_model(text).then(|| it.model = text.to_owned()),
    },
    // A step, not the place of one in a list, so that a model with more steps is at the same one.
    Part {
        name: "ckpt",
        write: |it| number(it.checkpoint),
        read: |it, text| keep(&mut it.checkpoint, Some(parse(text)?)),
    },
    Part {
        name: "lab",
        write: |it| it.lab.as_ref().map(|it| it.id.clone()),
        read: |it, text| {
            let lab = LabPlace { id: text.to_owned(), in_workspace: false };
            is_name(text).then(|| it.lab = Some(lab))
        },
    },
    Part {
        name: "tile",
        write: |it| {
            let lab = it.lab.as_ref()?;
            let tile = || Some(format!("{}!", it.maximised?.tile()? + 1));
            if lab.in_workspace { Some(WORKSPACE.to_owned()) } else { tile() }
        },
        read: |it, text| {
            let lab = it.lab.as_mut()?;
            if text == WORKSPACE {
                return keep(&mut lab.in_workspace, true);
            }
            let tile = parse(text.trim_end_matches('!'))?.checked_sub(1)?;
            let place = Place::TILES.get(tile).copied()?;
            if text.ends_with('!') { keep(&mut it.maximised, Some(place)) } else { Some(()) }
        },
    },
    Part {
        name: "minus",
        write: |it| it.minus.map(|[layer, head]| format!("{layer}.{head}")),
        read: |it, text| {
            let (layer, head) = text.split_once('.')?;
            keep(&mut it.minus, Some([parse(layer)?, parse(head)?]))
        },
    },
    Part {
        name: "beside",
        write: |it| (!it.beside.is_empty()).then(|| it.beside.join(",")),
        read: |it, text| {
            let mut names: Vec<String> = Vec::new();
            for name in text.split(',') {
                if !is_model(name) {
                    return None;
                }
                if !names.iter().any(|it| it == name) {
                    names.push(name.to_owned());
                }
            }
            (names.len() <= MOST_BESIDE).then(|| it.beside = names)
        },
    },
    Part {
        name: "digest",
        write: |it| (!it.digest.is_empty()).then(|| it.digest.clone()),
        read: |it, text| {
            let is_hex = text.chars().all(|it| it.is_ascii_hexdigit()) && text.len() <= 64;
            is_hex.then(|| it.digest = text.to_owned())
        },
    },
    Part {
        name: "prompt",
        write: |it| Some(it.prompt.clone()),
        read: |it, text| keep(&mut it.prompt, text.to_owned()),
    },
    Part {
        name: "layer",
        write: |it| number(it.pick.layer),
        read: |it, text| keep(&mut it.pick.layer, Some(parse(text)?)),
    },
    Part {
        name: "head",
        write: |it| number(it.pick.head),
        read: |it, text| keep(&mut it.pick.head, Some(parse(text)?)),
    },
    Part {
        name: "pos",
        write: |it| number(it.pick.pos),
        read: |it, text| keep(&mut it.pick.pos, Some(parse(text)?)),
    },
    Part {
        name: "source",
        write: |it| number(it.pick.source),
        read: |it, text| keep(&mut it.pick.source, Some(parse(text)?)),
    },
    Part {
        name: "depth",
        write: |it| number(it.pick.depth),
        read: |it, text| keep(&mut it.pick.depth, Some(parse(text)?)),
    },
    Part {
        name: "a",
        write: |it| it.a.clone(),
        read: |it, text| keep(&mut it.a, Some(text.to_owned())),
    },
    Part {
        name: "b",
        write: |it| it.b.clone(),
        read: |it, text| keep(&mut it.b, Some(text.to_owned())),
    },
    Part {
        name: "attention",
        write: |it| chosen(it.attention, AttentionView::ALL),
        read: |it, text| keep(&mut it.attention, named(text, AttentionView::ALL)?),
    },
    Part {
        name: "skipfirst",
        write: |it| chosen(it.skips_first, SWITCHES),
        read: |it, text| keep(&mut it.skips_first, named(text, SWITCHES)?),
    },
    Part {
        name: "overlay",
        write: |it| {
            let heads: Vec<String> = it.overlay.iter().map(usize::to_string).collect();
            (!heads.is_empty()).then(|| heads.join("."))
        },
        read: |it, text| {
            let heads = text.split('.').map(parse).collect::<Option<Vec<usize>>>()?;
            keep(&mut it.overlay, heads)
        },
    },
    Part {
        name: "do",
        write: |it| {
            let all: Vec<String> =
                it.program.interventions.iter().map(Intervention::to_string).collect();
            (!all.is_empty()).then(|| all.join(";"))
        },
        // What cannot be read is told by `program_troubles`.
        read: |it, text| {
            it.program.interventions.extend(read_program(text).0);
            Some(())
        },
    },
    Part {
        name: "blocks",
        write: |it| {
            let order = it.program.blocks.as_ref()?;
            Some(order.iter().map(usize::to_string).collect::<Vec<_>>().join(","))
        },
        read: |it, text| {
            it.program.blocks = read_blocks(text).ok();
            Some(())
        },
    },
    // Links from before there were programs.
    Part {
        name: "cut",
        write: |_| None,
        read: |it, text| {
            it.program.interventions.extend(read_cuts(text).unwrap_or_default());
            Some(())
        },
    },
    Part {
        name: "lens",
        write: |it| chosen(it.lens, LENSES),
        read: |it, text| keep(&mut it.lens, named(text, LENSES)?),
    },
    Part {
        name: "chart",
        write: |it| chosen(it.chart, CHARTS),
        read: |it, text| keep(&mut it.chart, named(text, CHARTS)?),
    },
    panel_in!(Place::Main, "main"),
    panel_in!(Place::Second, "second"),
    panel_in!(Place::Lower, "lower"),
    panel_in!(Place::Middle, "middle"),
    panel_in!(Place::Side, "side"),
    panel_in!(Place::Tile1, "tile1"),
    panel_in!(Place::Tile2, "tile2"),
    panel_in!(Place::Tile3, "tile3"),
    panel_in!(Place::Tile4, "tile4"),
    Part {
        name: "basis",
        write: |it| chosen(it.basis, BasisView::ALL),
        read: |it, text| keep(&mut it.basis, named(text, BasisView::ALL)?),
    },
    Part {
        name: "words",
        write: |it| {
            let is_own = it.words != Bookmark::default().words;
            is_own.then(|| it.words.join(" "))
        },
        read: |it, text| {
            let (x, y) = text.split_once(' ')?;
            keep(&mut it.words, [x.to_owned(), y.to_owned()])
        },
    },
    Part {
        name: "temperature",
        write: |it| differing(it.sampling.temperature, Sampling::default().temperature),
        read: |it, text| keep(&mut it.sampling.temperature, within(text, 0.0, 5.0)?),
    },
    Part {
        name: "topk",
        write: |it| differing(it.sampling.top_k, Sampling::default().top_k),
        read: |it, text| keep(&mut it.sampling.top_k, parse(text)?),
    },
    Part {
        name: "topp",
        write: |it| differing(it.sampling.top_p, Sampling::default().top_p),
        read: |it, text| keep(&mut it.sampling.top_p, within(text, 0.0, 1.0)?),
    },
    Part {
        name: "seed",
        write: |it| differing(it.sampling.seed, Sampling::default().seed),
        read: |it, text| keep(&mut it.sampling.seed, text.parse().ok()?),
    },
    Part {
        name: "maximised",
        // A lab's own is in `tile`.
        write: |it| {
            let place = it.maximised.filter(|it| it.tile().is_none())?;
            Some(place.name().to_owned())
        },
        read: |it, text| {
            let place = Place::named(text).or_else(|| named(text, OLD_PLACES))?;
            keep(&mut it.maximised, Some(place))
        },
    },
    Part {
        name: "paint",
        write: |it| chosen(it.painting, Painting::ALL),
        read: |it, text| keep(&mut it.painting, named(text, Painting::ALL)?),
    },
    Part {
        name: "device",
        write: |it| chosen(it.uses_gpu, DEVICES),
        read: |it, text| keep(&mut it.uses_gpu, named(text, DEVICES)?),
    },
    Part {
        name: "lesson",
        write: |it| it.lesson.as_ref().map(LessonPlace::to_string),
        read: |it, text| keep(&mut it.lesson, Some(LessonPlace::read(text)?)),
    },
    // Of a lab. A lesson has its own name for it, since it may lie beside no lab.
    Part {
        name: "step",
        write: |it| {
            let is_further = it.lab.is_some() && it.lesson.is_none() && 0 < it.lesson_step;
            is_further.then(|| (it.lesson_step + 1).to_string())
        },
        read: |it, text| keep(&mut it.lesson_step, parse(text)?.checked_sub(1)?),
    },
    Part {
        name: "lesson.step",
        write: |it| {
            let is_further = it.lesson.is_some() && 0 < it.lesson_step;
            is_further.then(|| (it.lesson_step + 1).to_string())
        },
        read: |it, text| keep(&mut it.lesson_step, parse(text)?.checked_sub(1)?),
    },
];

fn number(value: Option<usize>) -> Option<String> {
    value.map(|it| it.to_string())
}

/// Puts a value in its place.
fn keep<T>(place: &mut T, value: T) -> Option<()> {
    *place = value;
    Some(())
}

/// No part counts farther than this; a larger number is a broken link.
const MOST: usize = 1_000_000;

fn parse(text: &str) -> Option<usize> {
    text.parse().ok().filter(|it| *it <= MOST)
}

fn within(text: &str, least: f32, most: f32) -> Option<f32> {
    text.parse().ok().filter(|it: &f32| (least..=most).contains(it))
}

fn differing<T: Copy + ToString + PartialEq>(value: T, usual: T) -> Option<String> {
    (value != usual).then(|| value.to_string())
}

fn chosen<T: Copy + PartialEq + Default>(value: T, table: &[(T, &'static str)]) -> Option<String> {
    (value != T::default()).then(|| name_of(value, table).to_owned())
}

/// Puts a panel in a place; `auto` leaves the choice to the page. Whether there is such a panel, and
/// whether it fits there, the page knows.
fn stands(bookmark: &mut Bookmark, place: Place, text: &str) -> Option<()> {
    let is_letter = |it: char| it.is_ascii_lowercase() || it == '-';
    if text.is_empty() || 24 < text.len() || !text.chars().all(is_letter) {
        return None;
    }
    let now = OLD_PANELS.iter().find(|it| it.0 == text).map_or(text, |it| it.1);
    if now != "auto" {
        bookmark.panels.insert(place, now.to_owned());
    }
    Some(())
}

/// The name of a value in links.
pub(super) fn name_of<T: Copy + PartialEq>(value: T, table: &[(T, &'static str)]) -> &'static str {
    table.iter().find(|row| row.0 == value).map_or("", |row| row.1)
}

/// The value that has this name in links.
pub(super) fn named<T: Copy>(text: &str, table: &[(T, &str)]) -> Option<T> {
    table.iter().find(|row| row.1 == text).map(|row| row.0)
}
