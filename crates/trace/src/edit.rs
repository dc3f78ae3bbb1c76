//! What a reader does to a network while it runs.

use serde::{Deserialize, Serialize};

use crate::{NamedArray, Site};

/// A change to the value at a site, made as it passes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Edit {
    pub site: Site,
    /// Which index of the site's head axis is touched; all where `None`.
    pub head: Option<usize>,
    /// Which position (or query position) is touched; all where `None`.
    pub pos: Option<usize>,
    pub kind: EditKind,
}

/// How a value is changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum EditKind {
    /// Multiply; 0 ablates.
    Scale(f32),
    /// Add a vector along the last axis, times a strength (steering).
    Add { vector: NamedArray, strength: f32 },
    /// Take the place of the value (patching): the whole site, whatever `head` and `pos` leave of it.
    Replace(NamedArray),
}
