//! A lesson that is there: its steps, and what the reader did in them.

use std::{collections::BTreeMap, sync::Arc};

use lab::lesson::{Block, Step};
use leptos::{html, prelude::*};
use trace::AskTimeScales;

use super::{
    blocks::BlockView,
    facts::{OF_SCALES, RunFacts},
    foot::Foot,
    rail::Faults,
};
use crate::{
    app::state::{AppState, lessons::Prepared},
    share::{Bookmark, Place},
};

/// The open lesson, and what the reader did in it.
#[derive(Clone, Copy)]
pub(super) struct Reading {
    pub(super) state: AppState,
    pub(super) text: StoredValue<Arc<Prepared>>,
    /// The open step, from 0.
    pub(super) step: Memo<usize>,
    /// What was answered, by step and block.
    pub(super) answers: RwSignal<BTreeMap<(usize, usize), usize>>,
    /// How many hints were opened, by step.
    pub(super) hints: RwSignal<BTreeMap<usize, usize>>,
    /// The stage that was last on show in each step.
    pub(super) seen: RwSignal<BTreeMap<usize, Bookmark>>,
    /// How many blocks of the step are shown: all up to a question that waits for its answer.
    pub(super) n_blocks: Memo<usize>,
    pub(super) facts: RunFacts,
}

impl Reading {
    fn new(state: AppState, text: Arc<Prepared>) -> Self {
        let last = text.lesson.steps.len().saturating_sub(1);
        let text = StoredValue::new(text);
        let step = Memo::new(move |_| state.bookmark.read().lesson_step.min(last));
        let answers = RwSignal::new(BTreeMap::new());
        let n_blocks = Memo::new(move |_| {
            let (at, answers) = (step.get(), answers.read());
            let is_open = |(place, block): (usize, &Block)| {
                matches!(block, Block::Predict(_)) && !answers.contains_key(&(at, place))
            };
            text.with_value(|it| {
                let blocks = it.step(at).map_or(&[][..], |it| &it.blocks);
                let open = blocks.iter().enumerate().position(is_open);
                open.map_or(blocks.len(), |it| it + 1)
            })
        });
        let scales = state.ask(move || {
            let step = step.get();
            let names = text.with_value(|it| it.step(step).is_some_and(|it| it.names(&OF_SCALES)));
            names.then_some(AskTimeScales)
        });
        let facts = RunFacts { state, scales };
        let (hints, seen) = (RwSignal::default(), RwSignal::default());
        Self { state, text, step, answers, hints, seen, n_blocks, facts }
    }

    /// The blocks that are shown of the open step.
    pub(super) fn blocks<T>(self, read: impl FnOnce(&[Block]) -> T) -> T {
        let (step, n_blocks) = (self.step.get(), self.n_blocks.get());
        self.text.with_value(|it| {
            let blocks = it.step(step).map_or(&[][..], |it| &it.blocks);
            read(&blocks[..n_blocks.min(blocks.len())])
        })
    }

    /// Whether the reader is to do something.
    pub(super) fn has_task(self) -> bool {
        let is_task = |it: &Block| matches!(it, Block::Task(_) | Block::Show(_) | Block::Hint(_));
        self.blocks(|all| all.iter().any(is_task))
    }

    /// Whether the step's stage is still to be set: it was not on show yet, or was left.
    pub(super) fn is_offered(self) -> bool {
        !self.seen.read().contains_key(&self.step.get()) || self.is_left()
    }

    /// Whether something else runs than what the step set. Where there is something to do, prompt
    /// and interventions are the reader's.
    pub(super) fn is_left(self) -> bool {
        let seen = self.seen.read();
        let Some(seen) = seen.get(&self.step.get()) else { return false };
        let now = self.state.bookmark.read();
        if self.has_task() { seen.model != now.model } else { !seen.runs_as(&now) }
    }

    /// Sets the stage of a block of the open step.
    pub(super) fn set(self, block: usize) {
        let step = self.step.get_untracked();
        let staged = self.text.with_value(|it| it.staged(step, block).cloned());
        staged.iter().for_each(|it| self.show(it));
    }

    /// Sets the stage that was last on show in this step.
    pub(super) fn back_to_step(self) {
        let seen = self.seen.read_untracked().get(&self.step.get_untracked()).cloned();
        seen.iter().for_each(|it| self.show(it));
    }

    fn show(self, staged: &Bookmark) {
        let state = self.state;
        self.seen.update(|it| drop(it.insert(self.step.get_untracked(), staged.clone())));
        state.bookmark.update(|it| *it = staged.staged_over(it));
        // A small screen shows what the step speaks of.
        let spot = state.lessons.spotlight.get_untracked();
        let is_spot = |place: &Place| {
            let panel = untrack(|| state.panel_at(*place).id);
            spot.as_deref().is_some_and(|it| it == place.name() || it == panel)
        };
        if let Some(place) = Place::ALL.iter().map(|it| it.0).find(is_spot) {
            state.tab.set(place);
        }
    }

    /// Goes to a step.
    pub(super) fn go(self, step: usize) {
        self.state.bookmark.update(|it| it.lesson_step = step);
    }

    pub(super) fn n_steps(self) -> usize {
        self.text.with_value(|it| it.lesson.steps.len())
    }

    /// Follows what is on show: which stage of the step that is, and where its spotlight stands.
    fn follow(self) {
        let (state, text) = (self.state, self.text);
        Effect::new(move |_| {
            let (step, n_blocks) = (self.step.get(), self.n_blocks.get());
            let found = text.with_value(|it| {
                let now = state.bookmark.read();
                let is_on = |it: &&Bookmark| {
                    it.runs_as(&now) && it.pick == now.pick && it.panels == now.panels
                };
                it.all_staged(step, n_blocks).find(is_on).cloned()
            });
            let is_new = |it: &Bookmark| self.seen.read_untracked().get(&step) != Some(it);
            if let Some(found) = found.filter(is_new) {
                self.seen.update(|it| drop(it.insert(step, found)));
            }
        });
        let spotlight = state.lessons.spotlight;
        Effect::new(move |_| {
            let name = self.blocks(|all| {
                all.iter().find_map(|it| match it {
                    Block::Spotlight { name, .. } => Some(name.clone()),
                    _ => None,
                })
            });
            spotlight.set(name);
        });
        on_cleanup(move || {
            // The page may go as a whole, its signals before this.
            spotlight.try_set(None);
        });
    }
}

/// A lesson, or the steps of a lab with what else stands in its rail.
#[component]
pub(in crate::app) fn Reader(
    text: Arc<Prepared>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let reading = Reading::new(AppState::here(), text);
    reading.follow();
    let body = NodeRef::<html::Div>::new();
    Effect::new(move |_| {
        reading.step.track();
        if let Some(body) = body.get_untracked() {
            body.set_scroll_top(0);
        }
    });
    view! {
        <Bar reading />
        <div class="body" node_ref=body>
            <Faults text=reading.text />
            {move || view! { <StepView reading at=reading.step.get() /> }}
            {children.map(|it| it())}
        </div>
        <Foot reading />
    }
}

/// Where the reader is: a mark for each step.
#[component]
fn Bar(reading: Reading) -> impl IntoView {
    let mark = move |(at, step): (usize, &Step)| {
        let label = tr!("Step {at}: {title}", at = at + 1, title = step.title);
        let current = move || (reading.step.get() == at).then_some("step");
        view! {
            <li>
                <button aria-label=label.clone() title=label aria-current=current
                    class:done=move || at < reading.step.get()
                    on:click=move |_| reading.go(at)><i></i></button>
            </li>
        }
    };
    let marks =
        reading.text.with_value(|it| it.lesson.steps.iter().enumerate().map(mark).collect_view());
    view! { <ol class="marks" aria-label=tr!("Steps")>{marks}</ol> }
}

/// A step, as far as its questions are answered.
#[component]
fn StepView(reading: Reading, at: usize) -> impl IntoView {
    let title = reading.text.with_value(|it| it.step(at).map(|it| it.title.clone()));
    view! {
        <h3>{title}</h3>
        <For each=move || 0..reading.n_blocks.get() key=|block| *block let:block>
            <BlockView reading at block />
        </For>
    }
}
