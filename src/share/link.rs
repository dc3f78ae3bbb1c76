//! The link: everything that brings a colleague to the same sight, in the address's fragment.
//!
//! `#v=1&model=tales&prompt=Anna+put+the+lantern&layer=2&head=1&…`: a name for each part, readable
//! and writable by hand. What is as it is by default is left out.

use std::collections::BTreeMap;

use trace::{Intervention, Program, read_blocks, read_cuts, read_program};

use super::{LessonPlace, are_fellows, family_of};
use crate::view::{ChartKind, LensMode, Pick, Sampling};

/// The version that this page writes, and the newest that it reads.
pub const LINK_VERSION: u32 = 1;

/// All that a link restores.
#[derive(Clone, Debug, PartialEq)]
pub struct Bookmark {
    pub model: String,
    /// The first letters of the weights' SHA-256, so that a reader learns of other weights.
    pub digest: String,
    /// The step of the model's training; none for the finished weights.
    pub checkpoint: Option<usize>,
    /// Models whose columns stand beside this one's.
    pub beside: Vec<String>,
    /// The lab that is open.
    pub lab: Option<LabPlace>,
    pub prompt: String,
    pub pick: Pick,
    /// The words of the A-versus-B question; the two most probable ones where not said.
    pub a: Option<String>,
    pub b: Option<String>,
    pub attention: AttentionView,
    pub skips_first: bool,
    /// Layer and head that the difference takes away; the first attention head where not said.
    pub minus: Option<[usize; 2]>,
    /// Heads that the overlay shows; all where empty.
    pub overlay: Vec<usize>,
    pub lens: LensMode,
    pub chart: ChartKind,
    /// Which panels stand where, as far as the reader chose.
    pub panels: Panels,
    pub basis: BasisView,
    /// The reader's own two directions.
    pub words: [String; 2],
    pub sampling: Sampling,
    /// What makes the run differ from the run as trained.
    pub program: Program,
    /// The place that fills the stage.
    pub maximised: Option<Place>,
    pub painting: Painting,
    /// Whether the engine runs on the graphics card.
    pub uses_gpu: bool,
    /// The lesson in the rail, and its step, from 0; the link counts from 1.
    pub lesson: Option<LessonPlace>,
    pub lesson_step: usize,
}

impl Default for Bookmark {
    fn default() -> Self {
        Self {
            model: "tales".to_owned(),
            digest: String::new(),
            checkpoint: None,
            beside: Vec::new(),
            lab: None,
            prompt: "Anna put the lantern in the barn. Tom looked for the lantern in the"
                .to_owned(),
            pick: Pick::default(),
            a: None,
            b: None,
            attention: AttentionView::default(),
            skips_first: false,
            minus: None,
            overlay: Vec::new(),
            lens: LensMode::default(),
            chart: ChartKind::default(),
            panels: Panels::new(),
            basis: BasisView::default(),
            words: ["barn".to_owned(), "garden".to_owned()],
            sampling: Sampling::default(),
            program: Program::default(),
            maximised: None,
            painting: Painting::default(),
            uses_gpu: false,
            lesson: None,
            lesson_step: 0,
        }
    }
}

/// A choice with a name for links.
macro_rules! named {
    ($(#[$about:meta])* $kind:ident { $($(#[$what:meta])* $name:ident = $text:literal),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub enum $kind { $($(#[$what])* $name),+ }

        impl $kind {
            /// Every choice with its name.
            pub const ALL: &'static [($kind, &'static str)] = &[$(($kind::$name, $text)),+];
        }
    };
}

named! {
    /// How attention is drawn.
    AttentionView {
        /// One head, query by key.
        #[default] Map = "map",
        /// All heads of all layers.
        Heads = "heads",
        /// Several heads of a layer in one map.
        Overlay = "overlay",
        /// Lines from token to token.
        Lines = "lines",
        /// Scores, mask, weights and writes as numbers.
        Steps = "steps",
        /// One head less another.
        Difference = "difference",
    }
}

named! {
    /// The plane of the paths.
    BasisView {
        /// Principal axes of a sample stored with the model.
        #[default] Sample = "sample",
        /// A − B across, the sample's first axis upward.
        Pair = "frame",
        /// Two words of the reader's.
        Words = "words",
    }
}

/// A lab on the stage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabPlace {
    pub id: String,
    /// Whether the workspace stands in place of the lab's tiles.
    pub in_workspace: bool,
}

/// A place of the stage where a panel stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    #[default]
    Main,
    /// Beside the main one.
    Second,
    /// Below the main one.
    Lower,
    /// Beside that.
    Middle,
    /// And beside that.
    Side,
    /// The column at the right: what comes out, the lesson or the lab's text.
    Rail,
    /// Places of a lab, which stand instead of those of the workspace.
    Tile1,
    Tile2,
    Tile3,
    Tile4,
}

impl Place {
    /// Every place with its name in links.
    pub const ALL: &'static [(Place, &'static str)] = &[
        (Place::Main, "main"),
        (Place::Second, "second"),
        (Place::Lower, "lower"),
        (Place::Middle, "middle"),
        (Place::Side, "side"),
        (Place::Rail, "rail"),
        (Place::Tile1, "tile1"),
        (Place::Tile2, "tile2"),
        (Place::Tile3, "tile3"),
        (Place::Tile4, "tile4"),
    ];

    /// The places of a lab's tiles.
    pub const TILES: [Place; 4] = [Place::Tile1, Place::Tile2, Place::Tile3, Place::Tile4];

    /// Its name in links, classes and file names.
    pub fn name(self) -> &'static str {
        name_of(self, Self::ALL)
    }

    /// Which tile of a lab this is, from 0.
    pub fn tile(self) -> Option<usize> {
        Self::TILES.iter().position(|it| *it == self)
    }

    /// The place of this name.
    pub fn named(text: &str) -> Option<Place> {
        named(text, Self::ALL)
    }
}

/// Which panel the reader chose for a place; the usual one where there is none.
pub type Panels = BTreeMap<Place, String>;

/// What links of version 1 called panels, and what they are called now.
const OLD_PANELS: &[(&str, &str)] = &[
    ("faces", "forms"),
    ("modes", "eigenvalues"),
    ("writers", "attribution"),
    ("memory", "half-life"),
];

/// What links of version 1 called places, after what usually stood there.
const OLD_PLACES: &[(Place, &str)] = &[
    (Place::Main, "attention"),
    (Place::Second, "paths"),
    (Place::Lower, "lens"),
    (Place::Middle, "chart"),
    (Place::Rail, "next"),
];

named! {
    /// What draws the figures.
    Painting {
        /// The graphics card where there is a real one.
        #[default] Auto = "auto",
        Canvas = "canvas",
        Gpu = "gpu",
    }
}

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

/// The fragment of a bookmark, without `#`.
pub fn write_link(bookmark: &Bookmark) -> String {
    let mut link = form_urlencoded::Serializer::new(String::new());
    link.append_pair("v", &LINK_VERSION.to_string());
    for part in PARTS {
        if let Some(text) = (part.write)(bookmark) {
            link.append_pair(part.name, &text);
        }
    }
    // A percent sign of the text itself is %25, so that nothing but escapes begins with one.
    PLAIN.iter().fold(link.finish(), |link, (escaped, plain)| link.replace(escaped, plain))
}

/// The bookmark in a fragment, and a sentence for each part that could not be kept.
pub fn read_link(fragment: &str) -> (Bookmark, Vec<String>) {
    let fragment = fragment.strip_prefix('#').unwrap_or(fragment);
    let mut bookmark = Bookmark::default();
    let mut troubles = Vec::new();
    if fragment.is_empty() {
        return (bookmark, troubles);
    }
    let pairs: BTreeMap<String, String> =
        form_urlencoded::parse(fragment.as_bytes()).into_owned().collect();
    match pairs.get("v").map(|it| it.parse::<u32>()) {
        Some(Ok(version)) if version <= LINK_VERSION => {}
        Some(Ok(version)) => troubles.push(format!(
            "this link is of version {version} and this page reads up to {LINK_VERSION}; what both know was kept"
        )),
        Some(Err(_)) | None => {
            troubles.push("this link does not say its version (v=1); what is known was kept".into());
        }
    }
    for (name, text) in &pairs {
        let now = OLD_PARTS.iter().find(|it| it.0 == name).map_or(name.as_str(), |it| it.1);
        let Some(part) = PARTS.iter().find(|it| it.name == now) else {
            if name == RESULT && result_of(fragment).is_none() {
                troubles.push(format!("“{}” is no result; it was left out", clipped(text)));
            } else if name != "v" && name != RESULT {
                troubles.push(format!("this page does not know “{}” in the link", clipped(name)));
            }
            continue;
        };
        if (part.read)(&mut bookmark, text).is_none() {
            let (name, text) = (part.name, clipped(text));
            troubles.push(format!("“{text}” is no {name}; the link's {name} was left out"));
        }
    }
    troubles.extend(program_troubles(&pairs));
    let model = bookmark.model.clone();
    bookmark.beside.retain(|it| *it != model);
    let (fellows, others): (Vec<_>, Vec<_>) =
        bookmark.beside.drain(..).partition(|it| are_fellows(it, &model));
    bookmark.beside = fellows;
    troubles.extend(others.iter().map(|it| {
        format!("“{it}” does not read what {model} reads, so it does not stand beside it")
    }));
    if bookmark.lab.is_some() && !pairs.contains_key("model") {
        // The lab says which network comes first, when it is there.
        bookmark.model.clear();
    }
    if !pairs.contains_key("prompt") && (bookmark.lab.is_some() || model.contains('/')) {
        // The lab's own, or the network's.
        bookmark.prompt.clear();
        return (bookmark, troubles);
    }
    // A link that names a model alone opens what that model is about.
    if let Some(family) = family_of(&model).filter(|_| !pairs.contains_key("prompt")) {
        let named = (bookmark.a.take(), bookmark.b.take());
        family.ask(&mut bookmark);
        if named != (None, None) {
            (bookmark.a, bookmark.b) = named;
        }
    }
    (bookmark, troubles)
}

/// What of a program could not be read, and why.
fn program_troubles(pairs: &BTreeMap<String, String>) -> Vec<String> {
    let text = |name: &str| pairs.get(name).map(String::as_str);
    let mut errors = text("do").map_or_else(Vec::new, |it| read_program(it).1);
    errors.extend(text("blocks").and_then(|it| read_blocks(it).err()));
    errors.extend(text("cut").and_then(|it| read_cuts(it).err()));
    errors.iter().map(|it| format!("an intervention of the link was left out: {it}")).collect()
}

/// Characters that a fragment may hold as they are, with what the serializer makes of them, so that
/// a program in a link can be read.
const PLAIN: [(&str, &str); 9] = [
    ("%21", "!"),
    ("%2F", "/"),
    ("%3B", ";"),
    ("%2C", ","),
    ("%7E", "~"),
    ("%40", "@"),
    ("%3A", ":"),
    ("%28", "("),
    ("%29", ")"),
];

/// What the writer of a link saw: A − B in logits at the lock. It is no part of a bookmark, for it
/// is not restored but computed anew.
const RESULT: &str = "result";

/// A link that says what its writer saw.
pub fn with_result(link: &str, result: f32) -> String {
    format!("{link}&{RESULT}={result}")
}

/// What the writer of the link saw, where it says so.
pub fn result_of(fragment: &str) -> Option<f32> {
    let fragment = fragment.strip_prefix('#').unwrap_or(fragment);
    let mut pairs = form_urlencoded::parse(fragment.as_bytes());
    let text = pairs.find(|(name, _)| name == RESULT)?.1;
    text.parse().ok().filter(|it: &f32| it.is_finite())
}

/// As much of a text as fits a sentence.
fn clipped(text: &str) -> String {
    if text.chars().count() <= 24 {
        text.to_owned()
    } else {
        text.chars().take(23).chain(['…']).collect()
    }
}

/// Most models beside the page's own.
pub const MOST_BESIDE: usize = 2;

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
struct Part {
    name: &'static str,
    /// `None` where it is as it is by default.
    write: fn(&Bookmark) -> Option<String>,
    /// `None` where the text says nothing that is known.
    read: fn(&mut Bookmark, &str) -> Option<()>,
}

/// In place of a tile's number where the workspace stands in place of the tiles.
const WORKSPACE: &str = "workspace";

/// What links of version 1 called parts, and what they are called now.
const OLD_PARTS: &[(&str, &str)] = &[("third", "lower")];

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
const PARTS: &[Part] = &[
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

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> Bookmark {
        Bookmark {
            model: "tales".into(),
            digest: "abc123".into(),
            checkpoint: Some(0),
            beside: vec!["tales-hybrid".into()],
            lab: Some(LabPlace { id: "mess3".into(), in_workspace: true }),
            minus: Some([1, 2]),
            prompt: "Tom & Anna: \"100 %\" #=+\n家".into(),
            pick: Pick {
                layer: Some(2),
                head: Some(1),
                pos: Some(7),
                source: Some(3),
                depth: Some(5),
            },
            a: Some("barn".into()),
            b: Some("=".into()),
            attention: AttentionView::Steps,
            skips_first: true,
            overlay: vec![0, 3],
            lens: LensMode::Kl,
            chart: ChartKind::Rank,
            panels: [(Place::Second, "state"), (Place::Lower, "steps"), (Place::Side, "norms")]
                .map(|(place, panel)| (place, panel.to_owned()))
                .into(),
            basis: BasisView::Words,
            words: ["she".into(), "he".into()],
            sampling: Sampling { temperature: 0.7, top_k: 5, top_p: 0.9, seed: 42 },
            program: program("head.2.1 scale 0;~embed set run(\"a;b%3B~\")", Some(vec![0, 2, 2])),
            maximised: Some(Place::Lower),
            painting: Painting::Canvas,
            uses_gpu: true,
            lesson: Some(LessonPlace::Ours("states".into())),
            lesson_step: 2,
        }
    }

    fn program(text: &str, blocks: Option<Vec<usize>>) -> Program {
        let (interventions, errors) = read_program(text);
        assert_eq!(errors, []);
        Program { interventions, blocks }
    }

    #[test]
    fn labs_their_tiles_and_networks_go_through_a_link() {
        let (read, troubles) = read_link("#v=1&model=mess3/gru-2&lab=mess3&prompt=A+B&tile=2!");
        assert_eq!(troubles, Vec::<String>::new());
        assert_eq!((read.model.as_str(), read.maximised), ("mess3/gru-2", Some(Place::Tile2)));
        assert_eq!(read_link(&write_link(&read)).0, read);
        assert!(write_link(&read).contains("model=mess3/gru-2&lab=mess3&tile=2!"));
        let (aside, _) = read_link("#v=1&model=mess3/gru-2&lab=mess3&prompt=A&tile=workspace");
        assert!(aside.lab.as_ref().unwrap().in_workspace);
        assert_eq!(read_link(&write_link(&aside)).0, aside);
        let (alone, _) = read_link("#v=1&lab=mess3");
        assert!(alone.model.is_empty() && alone.prompt.is_empty(), "the lab says what comes first");
        for broken in ["lab=a/b", "lab=", "lab=x&tile=9", "lab=x&tile=0", "tile=2", "model=a/b/c"] {
            let (_, troubles) = read_link(&format!("#v=1&model=tales&prompt=x&{broken}"));
            assert_eq!(troubles.len(), 1, "{broken}");
        }
    }

    #[test]
    fn a_column_of_another_family_is_left_out_in_words() {
        let (read, troubles) =
            read_link("#v=1&model=tales&prompt=x&beside=tales-hybrid,parity-gru");
        assert_eq!(read.beside, ["tales-hybrid"]);
        assert!(troubles[0].starts_with("“parity-gru” does not read"), "{troubles:?}");
    }

    #[test]
    fn a_program_stands_in_the_link_as_it_is_written_by_hand() {
        let text = "head.2.1 scale 0;~blocks.1.resid_post@3-5 add 4 token(barn)-token(garden)";
        let program = program(text, Some(vec![0, 1, 2, 2, 3]));
        let link = write_link(&Bookmark { program: program.clone(), ..Bookmark::default() });
        let written = "do=head.2.1+scale+0;~blocks.1.resid_post@3-5+add+4+\
            token(barn)-token(garden)&blocks=0,1,2,2,3";
        assert!(link.contains(written), "{link}");
        assert_eq!(read_link(&link).0.program, program);
    }

    #[test]
    fn old_links_with_cuts_are_programs() {
        for (old, new) in [
            ("head.2.1", "head.2.1 scale 0"),
            ("head.2.1.4", "head.2.1@4 scale 0"),
            ("step.0.3.7", "write.0.3@7 scale 0"),
            ("state.1.0.0", "carry.1.0@0 scale 0"),
            ("head.2.1-step.0.3.7", "head.2.1 scale 0;write.0.3@7 scale 0"),
        ] {
            let (bookmark, troubles) = read_link(&format!("v=1&cut={old}"));
            assert_eq!((bookmark.program, troubles), (program(new, None), Vec::new()), "{old}");
        }
        assert_eq!(read_link("v=1&cut=knee.1.2").1.len(), 1);
    }

    #[test]
    fn what_of_a_program_cannot_be_read_is_named_and_the_rest_kept() {
        let (bookmark, troubles) =
            read_link("v=1&do=mlp.0+scale+0;mlp.0+break;mlp.1+set+mean&blocks=0,x");
        assert_eq!(bookmark.program, program("mlp.0 scale 0;mlp.1 set mean", None));
        assert_eq!(troubles.len(), 2);
        assert!(troubles[0].contains("“break” is no op") && troubles[1].contains("“x” is no"));
    }

    #[test]
    fn what_is_written_is_read() {
        for bookmark in [full(), Bookmark::default()] {
            assert_eq!(read_link(&write_link(&bookmark)), (bookmark, Vec::new()));
        }
    }

    #[test]
    fn a_link_names_a_step_of_training_and_the_finished_weights_by_nothing() {
        let link = write_link(&Bookmark { checkpoint: Some(1500), ..Bookmark::default() });
        assert!(link.contains("&ckpt=1500"), "{link}");
        assert!(!write_link(&Bookmark::default()).contains("ckpt"));
        assert_eq!(read_link("v=1&model=tales&ckpt=0").0.checkpoint, Some(0));
    }

    /// The oldest version's link, as it was when it was first given out.
    #[test]
    fn a_link_of_version_1_opens() {
        let link =
            "#v=1&model=tales&prompt=Anna+put+the+lantern+in+the&layer=3&head=2&a=barn&lens=ab";
        let (bookmark, troubles) = read_link(link);
        assert!(troubles.is_empty(), "{troubles:?}");
        assert_eq!(bookmark.prompt, "Anna put the lantern in the");
        assert_eq!((bookmark.pick.layer, bookmark.pick.head), (Some(3), Some(2)));
        assert_eq!((bookmark.a.as_deref(), bookmark.lens), (Some("barn"), LensMode::Ab));
    }

    #[test]
    fn a_model_alone_opens_its_own_prompt_and_question() {
        let asked = |link: &str| {
            let (it, troubles) = read_link(link);
            assert!(troubles.is_empty(), "{troubles:?}");
            (it.prompt, it.a.unwrap_or_default(), it.b.unwrap_or_default())
        };
        let own = |prompt: &str, a: &str, b: &str| (prompt.into(), a.into(), b.into());
        let parity = own("1 0 1 1 0 1 0 0 1", "odd", "even");
        assert_eq!(asked("v=1&model=parity-gru"), parity);
        assert_eq!(asked("v=1&model=parity-mamba&layer=1&lens=kl"), parity);
        assert_eq!(read_link("v=1&model=parity-gru&layer=1").0.pick.layer, Some(1));
        let story = Bookmark::default().prompt;
        assert_eq!(asked("v=1&model=tales-hybrid"), own(&story, "", ""));
        // What a link says is so, and a folder that is not ours has no prompt of its own.
        assert_eq!(asked("v=1&model=parity-gru&prompt=1"), own("1", "", ""));
        assert_eq!(asked("v=1&model=parity-gru&prompt="), own("", "", ""));
        assert_eq!(asked("v=1&model=parity-gru&a=1"), own(&parity.0, "1", ""));
        assert_eq!(asked("v=1&model=elsewhere"), own(&story, "", ""));
    }

    #[test]
    fn old_names_of_places_and_panels_are_read() {
        let panel = |link: &str, place: Place| {
            let (it, troubles) = read_link(&format!("v=1&{link}"));
            assert!(troubles.is_empty(), "{link}: {troubles:?}");
            it.panels.get(&place).cloned()
        };
        let cases = [
            ("second=faces", Place::Second, "forms"),
            ("second=modes", Place::Second, "eigenvalues"),
            ("second=paths", Place::Second, "paths"),
            ("third=steps", Place::Lower, "steps"),
            ("lower=lens", Place::Lower, "lens"),
            ("side=writers", Place::Side, "attribution"),
            ("side=memory", Place::Side, "half-life"),
        ];
        for (link, place, expected) in cases {
            assert_eq!(panel(link, place).as_deref(), Some(expected), "{link}");
        }
        assert_eq!(panel("second=auto", Place::Second), None);
        for (text, place) in OLD_PLACES.iter().map(|it| (it.1, it.0)).chain([("side", Place::Side)])
        {
            let maximised = |text: &str| read_link(&format!("v=1&maximised={text}")).0.maximised;
            assert_eq!(maximised(text), Some(place), "{text}");
            assert_eq!(maximised(place.name()), Some(place));
        }
        assert_eq!(read_link("v=1&second=%3Cb%3E").1.len(), 1);
    }

    #[test]
    fn a_newer_link_keeps_what_it_can_and_names_the_rest() {
        let (bookmark, troubles) = read_link("v=2&prompt=Tom&hologram=on&layer=many&lens=prob");
        assert_eq!(bookmark.prompt, "Tom");
        assert_eq!(bookmark.pick.layer, None);
        let all = troubles.join("\n");
        for named in ["version 2", "hologram", "“many” is no layer"] {
            assert!(all.contains(named), "{all}");
        }
        assert_eq!(troubles.len(), 3);
    }

    #[test]
    fn a_result_travels_with_the_link_and_is_no_part_of_the_sight() {
        for result in [5.661_234_4, -0.0003, 0.0] {
            let link = with_result(&write_link(&full()), result);
            assert_eq!(result_of(&format!("#{link}")), Some(result));
            assert_eq!(read_link(&link), (full(), Vec::new()));
        }
        assert_eq!(result_of("#v=1"), None);
        let (_, troubles) = read_link("v=1&result=much");
        assert_eq!(troubles, ["“much” is no result; it was left out"]);
    }

    #[test]
    fn random_bytes_are_no_panic() {
        let mut state = 1u64;
        for _ in 0..2_000 {
            let text: String = (0..60)
                .map(|_| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    char::from_u32((state >> 33) as u32 % 0x300).unwrap_or('%')
                })
                .collect();
            let (_, troubles) = read_link(&text);
            assert!(!troubles.is_empty());
        }
    }

    #[test]
    fn columns_are_other_models_each_once_and_at_most_two() {
        let beside = |text: &str| read_link(&format!("v=1&model=one&beside={text}"));
        assert_eq!(beside("one-b,one-b,one-c").0.beside, ["one-b", "one-c"]);
        assert_eq!(
            read_link("v=1&model=tales-hybrid&beside=tales,tales-hybrid").0.beside,
            ["tales"]
        );
        for refused in ["a,b,c", "..%2Fetc", ""] {
            let (bookmark, troubles) = beside(refused);
            assert_eq!((bookmark.beside.len(), troubles.len()), (0, 1), "{refused}");
        }
    }

    #[test]
    fn numbers_outside_their_range_are_named() {
        for part in [
            "temperature=-1",
            "ckpt=-1",
            "ckpt=last",
            "topp=2",
            "pos=99999999999",
            "digest=xyz",
            "model=../etc",
            "lesson.step=0",
        ] {
            assert_eq!(read_link(&format!("v=1&{part}")).1.len(), 1, "{part}");
        }
    }
}
