//! Lessons that were read, kept by the page.

use std::{collections::BTreeMap, sync::Arc};

use lab::lesson::{Lesson, Step, Trouble};
use leptos::prelude::*;

use crate::share::{Bookmark, LessonPlace, Place};

/// A lesson that was read. Nothing in it depends on a run.
pub(in crate::app) struct Prepared {
    pub(in crate::app) lesson: Lesson,
    /// What is wrong with it, by line.
    pub(in crate::app) troubles: Vec<Trouble>,
    /// What each stage sets, by step and block.
    pub(in crate::app) staged: BTreeMap<(usize, usize), Bookmark>,
}

impl Prepared {
    pub(in crate::app) fn step(&self, at: usize) -> Option<&Step> {
        self.lesson.steps.get(at)
    }

    /// What a stage sets.
    pub(in crate::app) fn staged(&self, step: usize, block: usize) -> Option<&Bookmark> {
        self.staged.get(&(step, block))
    }

    /// Everything that the first `n_blocks` blocks of a step can set.
    pub(in crate::app) fn all_staged(
        &self,
        step: usize,
        n_blocks: usize,
    ) -> impl Iterator<Item = &Bookmark> {
        self.staged.range((step, 0)..(step, n_blocks)).map(|it| it.1)
    }
}

/// What became of a lesson's text.
#[derive(Clone)]
pub(in crate::app) enum Text {
    /// It is on its way.
    Coming,
    Here(Arc<Prepared>),
    /// Why it is not there, and what to do.
    Failed(String),
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Coming, Self::Coming) => true,
            (Self::Here(one), Self::Here(other)) => Arc::ptr_eq(one, other),
            (Self::Failed(one), Self::Failed(other)) => one == other,
            _ => false,
        }
    }
}

/// Lessons that were fetched or dropped, kept by the page, so that one that is opened again is there.
#[derive(Clone, Copy)]
pub(crate) struct Lessons {
    pub(in crate::app) texts: RwSignal<BTreeMap<LessonPlace, Text>>,
    /// What the open step points at: a place of the stage, or a panel.
    pub(in crate::app) spotlight: RwSignal<Option<String>>,
}

impl Lessons {
    pub(in crate::app) fn new() -> Self {
        Self { texts: RwSignal::default(), spotlight: RwSignal::default() }
    }

    /// Whether the open step points at a place or at the panel that stands there.
    pub(in crate::app) fn points_at(self, place: Place, panel: &str) -> bool {
        self.spotlight.read().as_deref().is_some_and(|it| it == place.name() || it == panel)
    }
}
