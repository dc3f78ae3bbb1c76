//! `labs/index.bin`: all labs in one file for the page, so that a new lab does not rebuild it.

use serde::{Deserialize, Serialize};
use trace::Frame;

use crate::{
    claim::{Finding, Outcome},
    format::{Lab, Measured},
};

/// The version of the file; the page refuses any other.
pub const VERSION: u32 = 3;

/// All labs that are published.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Index {
    pub labs: Vec<Entry>,
}

/// A lab with what was measured and what its claims come to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub lab: Lab,
    pub measured: Measured,
    /// One for each claim of the lab, in its order.
    pub findings: Vec<Finding>,
    /// The claims with their findings, as they are shown.
    pub claims: Frame,
    /// One for each view of the lab, in its order; none where the view draws a run.
    pub tiles: Vec<Option<Frame>>,
    /// Its `lesson.md`; empty where it has no steps.
    pub lesson: String,
}

/// Why an index cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    #[error("the index of labs is of version {0} and this page reads {VERSION}; reload the page")]
    Version(u32),
    #[error("the index of labs is damaged; reload the page: {0}")]
    Damaged(#[from] postcard::Error),
}

/// Why a claim has no finding.
#[cfg(feature = "measure")]
#[derive(Debug, thiserror::Error)]
pub enum FindingError {
    #[error(transparent)]
    Parse(#[from] crate::claim::ClaimError),
    #[error(transparent)]
    Evaluate(#[from] crate::claim::EvaluateError),
}

/// Why a lab has no entry.
#[cfg(feature = "measure")]
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    #[error("claims[{0}]: {1}")]
    Claim(usize, FindingError),
    #[error("claims: {0}")]
    Claims(trace::FrameError),
    #[error("views[{0}]: {1}")]
    View(usize, trace::FrameError),
}

impl Entry {
    /// A lab with its findings and frames, and without steps.
    ///
    /// # Errors
    /// [`EntryError`], with the number of the claim or view.
    #[cfg(feature = "measure")]
    pub fn new(lab: Lab, measured: Measured) -> Result<Self, EntryError> {
        use crate::{claim::Test, frames};

        let finding = |text: &str| -> Result<Finding, FindingError> {
            Ok(Test::parse(text)?.evaluate(&measured)?)
        };
        let findings = lab.claims.iter().enumerate();
        let findings: Vec<Finding> = findings
            .map(|(at, claim)| finding(&claim.test).map_err(|it| EntryError::Claim(at, it)))
            .collect::<Result<_, _>>()?;
        let claims = frames::claims(&lab, &findings).map_err(EntryError::Claims)?;
        let tile = |(at, view)| {
            let frame = frames::tile(&lab, &measured, view).transpose();
            frame.map_err(|error| EntryError::View(at, error))
        };
        let tiles = lab.views.iter().enumerate().map(tile).collect::<Result<_, _>>()?;
        Ok(Self { lab, measured, findings, claims, tiles, lesson: String::new() })
    }

    /// Claims of which the outcome is not what the lab expects, with what came out.
    pub fn surprises(&self) -> impl Iterator<Item = (usize, Outcome)> {
        let pairs = self.lab.claims.iter().zip(&self.findings).enumerate();
        pairs.filter_map(|(place, (claim, finding))| {
            (!finding.outcome.is(claim.expect)).then_some((place, finding.outcome))
        })
    }
}

impl Index {
    /// The bytes of the file.
    ///
    /// # Errors
    /// [`IndexError::Damaged`] where postcard cannot write it.
    pub fn to_bytes(&self) -> Result<Vec<u8>, IndexError> {
        Ok(postcard::to_stdvec(&(VERSION, self))?)
    }

    /// Reads the file.
    ///
    /// # Errors
    /// [`IndexError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, IndexError> {
        let (version, rest) = postcard::take_from_bytes::<u32>(bytes)?;
        if version != VERSION {
            return Err(IndexError::Version(version));
        }
        Ok(postcard::from_bytes(rest)?)
    }

    /// The entry of a lab.
    pub fn lab(&self, id: &str) -> Option<&Entry> {
        self.labs.iter().find(|it| it.lab.id == id)
    }
}
