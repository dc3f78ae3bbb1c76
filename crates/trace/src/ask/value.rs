//! The whole value at a site.

use serde::{Deserialize, Serialize};

use super::Names;
use crate::{NamedArray, Site};

/// The whole value at a site, which the run keeps where it was asked together with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskValue {
    pub site: Site,
}

impl Names for AskValue {}

/// A site's value, with the axes of [`Site::axes`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Value {
    pub site: Site,
    pub value: NamedArray,
}
