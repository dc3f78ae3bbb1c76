//! The foot of a lesson: back, what shows or helps, next.

use lab::lesson::Block;
use leptos::prelude::*;

use super::{blocks::SHOW_IT, reader::Reading};
use crate::text;

/// What the button in the middle does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Middle {
    Nothing,
    /// Opens the next hint.
    Hint,
    /// Sets the stage on which the task is done.
    ShowMe(usize),
    /// Sets the step's stage.
    ShowIt(usize),
}

impl Middle {
    /// Hints come first, one by one; then what does the task; where there is no task, the stage.
    fn of(blocks: &[Block], n_open: usize) -> Self {
        let find = |is_it: fn(&Block) -> bool| blocks.iter().position(is_it);
        let n_hints = blocks.iter().filter(|it| matches!(it, Block::Hint(_))).count();
        let show = find(|it| matches!(it, Block::Show(_)));
        let stage = find(|it| matches!(it, Block::Stage(_)));
        let has_task = 0 < n_hints || find(|it| matches!(it, Block::Task(_))).is_some();
        match (show, stage) {
            _ if n_open < n_hints => Self::Hint,
            (Some(show), _) => Self::ShowMe(show),
            (None, Some(stage)) if !has_task => Self::ShowIt(stage),
            _ => Self::Nothing,
        }
    }
}

#[component]
pub(super) fn Foot(reading: Reading) -> impl IntoView {
    let n_open = Memo::new(move |_| {
        let hints = reading.hints.read();
        hints.get(&reading.step.get()).copied().unwrap_or(0)
    });
    let middle = Memo::new(move |_| reading.blocks(|all| Middle::of(all, n_open.get())));
    let act = move |_| match middle.get_untracked() {
        Middle::Nothing => {}
        Middle::Hint => {
            let step = reading.step.get_untracked();
            reading.hints.update(|it| *it.entry(step).or_insert(0) += 1);
        }
        Middle::ShowMe(block) | Middle::ShowIt(block) => reading.set(block),
    };
    let name = move || match middle.get() {
        Middle::Nothing => "",
        Middle::Hint if n_open.get() == 0 => tr!("Hint"),
        Middle::Hint => tr!("Next hint"),
        Middle::ShowMe(_) => tr!("Show me"),
        Middle::ShowIt(_) => text::of(SHOW_IT),
    };
    let is_primary =
        Memo::new(move |_| matches!(middle.get(), Middle::ShowIt(_)) && reading.is_offered());
    let last = reading.n_steps().saturating_sub(1);
    let is_left = Memo::new(move |_| reading.is_left());
    view! {
        <div class="left" role="status">
            <Show when=move || is_left.get()>
                <span>{tr!("You left the step.")}</span>
                <button class="near" on:click=move |_| reading.back_to_step()>{tr!("Return")}</button>
            </Show>
        </div>
        <footer>
            <button class="button line" disabled=move || reading.step.get() == 0
                on:click=move |_| reading.go(reading.step.get_untracked().saturating_sub(1))>{tr!("Back")}</button>
            <button class="button" class:primary=move || is_primary.get()
                class:line=move || !is_primary.get()
                hidden=move || middle.get() == Middle::Nothing on:click=act>{name}</button>
            <button class="button" class:primary=move || !is_primary.get()
                class:line=move || is_primary.get()
                disabled=move || last <= reading.step.get()
                on:click=move |_| reading.go((reading.step.get_untracked() + 1).min(last))>{tr!("Next")}</button>
        </footer>
    }
}

#[cfg(test)]
mod tests {
    use lab::lesson::{Lesson, Step};

    use super::*;

    fn step(text: &str) -> Step {
        let (mut lesson, troubles) =
            Lesson::read(&format!("---\ntitle: a\nversion: 1\n---\n# a\n{text}"));
        assert_eq!(troubles, []);
        lesson.steps.remove(0)
    }

    #[test]
    fn hints_come_one_by_one_and_then_what_shows_it() {
        let stage = "```stage\nmodel=tales\n```\n";
        let task = "```task\nb\n```\n```hint\nc\n```\n```hint\nd\n```\n";
        let show = "```show\nmodel=tales\n```\n";
        let middle =
            |parts: &[&str], n_open: usize| Middle::of(&step(&parts.concat()).blocks, n_open);
        assert_eq!(middle(&["text\n"], 0), Middle::Nothing);
        assert_eq!(middle(&["text\n\n", stage, stage], 0), Middle::ShowIt(1));
        assert_eq!(middle(&[stage, task, show], 0), Middle::Hint);
        assert_eq!(middle(&[stage, task, show], 1), Middle::Hint);
        assert_eq!(middle(&[stage, task, show], 2), Middle::ShowMe(4));
        assert_eq!(middle(&[stage, task], 2), Middle::Nothing);
    }
}
