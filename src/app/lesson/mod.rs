//! Lessons: text files whose steps stand in the rail, with the live instruments beside them.
//!
//! A step says one thing, offers to set the stage so that it can be seen there, and repeats what the
//! run gave. No number of a run is written in a text.

mod rail; // start here

mod blocks;
mod facts;
mod fetch;
mod foot;
mod prepared;
mod prose;
mod reader;

use std::sync::Arc;

use leptos::prelude::*;

pub(super) use self::{
    fetch::take_dropped_files, prepared::prepare_steps, rail::LessonRail, reader::Reader,
};
use crate::{
    app::state::{
        AppState,
        lessons::{Prepared, Text},
    },
    share::{LessonPlace, Place},
};

/// A lesson that comes with the page, as its own head says.
pub(super) struct OwnLesson {
    /// The name of its file in `assets/lessons`, and in links.
    id: &'static str,
    title: &'static str,
    minutes: u32,
}

/// Lessons that come with the page: the one list that the menu goes by. The first is what the button
/// in the top bar opens.
const OWN: &[OwnLesson] = &[OwnLesson { id: "states", title: "States", minutes: 10 }];

impl AppState {
    /// Opens a lesson at its first step, or at the step where it stands open.
    pub(super) fn open_lesson(self, place: LessonPlace) {
        self.bookmark.update(|it| {
            // Columns leave no room for it.
            it.beside.clear();
            it.lab = None;
            if it.lesson.as_ref() != Some(&place) {
                (it.lesson, it.lesson_step) = (Some(place), 0);
            }
        });
        // On a small screen the rail is behind its tab.
        self.tab.set(Place::Rail);
    }

    /// Opens the first lesson of the page.
    pub(super) fn open_first_lesson(self) {
        self.open_lesson(LessonPlace::Ours(OWN[0].id.to_owned()));
    }

    pub(super) fn close_lesson(self) {
        self.bookmark.update(|it| (it.lesson, it.lesson_step) = (None, 0));
    }

    /// Goes to the next step of the open lesson; `false` where there is none.
    pub(super) fn next_lesson_step(self) -> bool {
        let n_steps = self.open_text().map_or(0, |it| it.lesson.steps.len());
        let step = self.bookmark.with_untracked(|it| it.lesson_step);
        let has_next = step + 1 < n_steps;
        if has_next {
            self.bookmark.update(|it| it.lesson_step = step + 1);
        }
        has_next
    }

    /// The open lesson as far as it is there.
    fn open_text(self) -> Option<Arc<Prepared>> {
        let place = self.bookmark.read_untracked().open_text()?;
        match self.lessons.texts.read_untracked().get(&place) {
            Some(Text::Here(text)) => Some(text.clone()),
            _ => None,
        }
    }
}
