//! Places of the stage.

use std::collections::BTreeMap;

use super::parts::{name_of, named};

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
