//! Undo and redo of interventions. Neither the cursor nor the prompt is part of it.

use leptos::prelude::*;
use trace::Program;

use super::AppState;

/// Programs before and after the one on the page, the nearest last.
#[derive(Clone, Debug, Default, PartialEq)]
struct Steps {
    /// The model that they are of.
    model: String,
    before: Vec<Program>,
    after: Vec<Program>,
}

impl Steps {
    /// Those of this model; none where they are another's.
    fn of(self, model: &str) -> Self {
        if self.model == model { self } else { Self { model: model.to_owned(), ..Self::default() } }
    }

    /// Remembers a program that gives way to a new one.
    fn remember(&mut self, program: Program) {
        self.before.push(program);
        self.after.clear();
    }

    /// The program before `now`, where there is one.
    fn undo(&mut self, now: Program) -> Option<Program> {
        let program = self.before.pop()?;
        self.after.push(now);
        Some(program)
    }

    /// The program after `now`, where one was undone.
    fn redo(&mut self, now: Program) -> Option<Program> {
        let program = self.after.pop()?;
        self.before.push(now);
        Some(program)
    }
}

/// What can be undone and redone.
#[derive(Clone, Copy)]
pub(crate) struct History {
    steps: RwSignal<Steps>,
    /// Whether a slider is being dragged, all of which is one step.
    is_dragging: StoredValue<bool>,
}

impl History {
    pub(in crate::app) fn new() -> Self {
        Self { steps: RwSignal::default(), is_dragging: StoredValue::new(false) }
    }
}

impl AppState {
    /// Changes the program as one step.
    pub(crate) fn change_program(self, work: impl FnOnce(&mut Program)) {
        let (model, before) =
            self.bookmark.with_untracked(|it| (it.model.clone(), it.program.clone()));
        let mut after = before.clone();
        work(&mut after);
        if after == before {
            return;
        }
        self.history.steps.update(|it| {
            *it = std::mem::take(it).of(&model);
            it.remember(before);
        });
        self.bookmark.update(|it| it.program = after);
    }

    /// Changes the program as part of a drag, which becomes one step.
    pub(crate) fn drag_program(self, work: impl FnOnce(&mut Program)) {
        if self.history.is_dragging.get_value() {
            self.bookmark.update(|it| work(&mut it.program));
        } else {
            self.history.is_dragging.set_value(true);
            self.change_program(work);
        }
    }

    /// The next change is a new step.
    pub(crate) fn end_drag(self) {
        self.history.is_dragging.set_value(false);
    }

    /// Takes the last change of the program back; says whether there was one.
    pub(crate) fn undo(self) -> bool {
        self.go(Steps::undo)
    }

    /// Makes the change again that was undone last; says whether there was one.
    pub(crate) fn redo(self) -> bool {
        self.go(Steps::redo)
    }

    /// Whether there is something to undo, and something to redo.
    pub(crate) fn has_history(self) -> [bool; 2] {
        let steps = self.history.steps.read();
        let is_own = steps.model == self.bookmark.read().model;
        [&steps.before, &steps.after].map(|it| is_own && !it.is_empty())
    }

    fn go(self, to: fn(&mut Steps, Program) -> Option<Program>) -> bool {
        self.end_drag();
        let (model, now) =
            self.bookmark.with_untracked(|it| (it.model.clone(), it.program.clone()));
        let mut steps = self.history.steps.get_untracked().of(&model);
        let Some(program) = to(&mut steps, now) else { return false };
        self.history.steps.set(steps);
        self.bookmark.update(|it| it.program = program);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(layer: usize) -> Program {
        Program { interventions: Vec::new(), blocks: Some(vec![layer]) }
    }

    #[test]
    fn what_was_undone_can_be_redone_until_something_new_is_done() {
        let mut steps = Steps::default().of("tales");
        steps.remember(program(0));
        steps.remember(program(1));
        assert_eq!(steps.undo(program(2)), Some(program(1)));
        assert_eq!(steps.undo(program(1)), Some(program(0)));
        assert_eq!(steps.undo(program(0)), None);
        assert_eq!(steps.redo(program(0)), Some(program(1)));
        assert_eq!(steps.redo(program(1)), Some(program(2)));
        assert_eq!(steps.redo(program(2)), None);
        steps.undo(program(2));
        steps.remember(program(1));
        assert_eq!(steps.redo(program(5)), None);
    }

    #[test]
    fn steps_of_another_model_are_gone() {
        let mut steps = Steps::default().of("tales");
        steps.remember(program(0));
        assert_eq!(steps.clone().of("tales"), steps);
        assert_eq!(steps.of("other").undo(program(1)), None);
    }
}
