//! All that a link restores.

use trace::Program;

use super::{
    LessonPlace,
    place::{Panels, Place},
};
use crate::view::{ChartKind, LensMode, Pick, Sampling};

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

named! {
    /// What draws the figures.
    Painting {
        /// The graphics card where there is a real one.
        #[default] Auto = "auto",
        Canvas = "canvas",
        Gpu = "gpu",
    }
}

/// Most models beside the page's own.
pub const MOST_BESIDE: usize = 2;
