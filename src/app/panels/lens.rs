//! The logit lens: what each depth would say at each position.

use std::sync::Arc;

use leptos::prelude::*;
use trace::AskLens;

use super::panel::{Panel, Ramp};
use crate::{
    app::{
        parts::{
            export::svg_of,
            figure::{Figure, Point},
            segments::Choice,
        },
        state::{
            AppState,
            answers::{Asked, Unchanged},
        },
    },
    share::Place,
    view::{
        LensMap, LensMode, Pick, Scene, Table, depth_name, lens_map, lens_matrix, lens_table,
        n_changed, number, top_of, unreliable_before,
    },
};

/// The panel.
#[component]
pub(in crate::app) fn LensPanel(place: Place) -> impl IntoView {
    let state = AppState::here();
    let lenses = Lenses::ask(state);
    let asked = lenses.now;
    let mode = Memo::new(move |_| state.bookmark.read().lens);
    let size = RwSignal::new([0.0, 0.0]);
    let scene = Memo::new(move |before: Option<&Option<Arc<Scene>>>| {
        let new = scene_of(state, lenses, size.get()).map(Arc::new);
        new.or_else(|| before.cloned().flatten())
    });
    let controls = move || {
        let choices = LensMode::ALL.iter().map(|it| (it.0, it.2)).collect();
        view! {
            <Choice
                name=tr!("What the colour says")
                choices
                chosen=mode
                on_choose=move |it| state.bookmark.update(|all| all.lens = it)
            />
        }
    };
    let at_point = move |at: Point| hit(state, size.get_untracked(), at);
    let label = move || {
        tr!(
            "Logit lens: depth upward, positions to the right. {reading}",
            reading = reading(state, lenses)
        )
    };
    view! {
        <Panel
            place
            title=tr!("Logit lens")
            site=Signal::derive(move || site(state))
            about=Signal::derive(move || about(state, lenses))
            controls
            legend=move || legend(state, lenses)
            table=Signal::derive(move || table(state, lenses))
            svg=move |()| scene.get_untracked().map(|it| svg_of(state, &it))
            axes=tr!("Up: depth, from the embedding to the output. Across: tokens. In a cell: the most probable next token.")
            data=Callback::new(move |()| untrack(|| matrix(state, asked)))
        >
            <Figure
                scene
                size
                label
                hit=at_point
            />
        </Panel>
    }
}

/// Asks the lens about A and B, as long as the component lives that this is called in.
pub(in crate::app) fn ask_lens(state: AppState) -> Asked<AskLens> {
    state.ask(move || {
        let [a, b] = state.asked_pair();
        Some(AskLens { a, b })
    })
}

/// The lens of the run, and of the run as trained while a program makes another of it.
#[derive(Clone, Copy)]
pub(in crate::app) struct Lenses {
    pub(in crate::app) now: Asked<AskLens>,
    pub(in crate::app) unchanged: Unchanged<AskLens>,
}

impl Lenses {
    /// Asks for both, as long as the component lives that this is called in.
    pub(in crate::app) fn ask(state: AppState) -> Self {
        let unchanged = state.ask_unchanged(move || {
            let [a, b] = state.asked_pair();
            Some(AskLens { a, b })
        });
        Self { now: ask_lens(state), unchanged }
    }
}

fn scene_of(state: AppState, lenses: Lenses, size_px: Point) -> Option<Scene> {
    let lens = lenses.now.get()?;
    if size_px[0] < 1.0 {
        return None;
    }
    let unchanged = lenses.unchanged.get();
    with_map(state, &lens.run.labels, size_px, |map| {
        Some(lens_map(&lens, &LensMap { unchanged: unchanged.as_ref(), ..*map }))
    })
}

fn with_map<T>(
    state: AppState,
    labels: &[String],
    size_px: Point,
    work: impl FnOnce(&LensMap<'_>) -> Option<T>,
) -> Option<T> {
    let model = state.model.get()?;
    let (cursor, lock) = (state.cursor(), state.lock());
    let mode = state.bookmark.read().lens;
    let palette = state.palette();
    let unchanged = None;
    work(&LensMap { mode, unchanged, vocab: &model.vocab, labels, cursor, lock, palette, size_px })
}

fn hit(state: AppState, size_px: Point, at: Point) -> Option<Pick> {
    untrack(|| {
        let ground = state.ground();
        let n_depths = ground.sites.len();
        let labels = state.labels();
        let (grid, first) = with_map(state, &labels, size_px, |map| Some(map.grid(n_depths)))?;
        let (row, column) = grid.hit(at)?;
        let depth = Pick::depth(n_depths - 1 - row, &ground);
        Some(Pick { pos: Some(first + column), ..depth })
    })
}

fn site(state: AppState) -> String {
    let cursor = state.cursor();
    state
        .ground()
        .sites
        .get(cursor.depth)
        .map_or_else(String::new, |it| tr!("after {site}", site = depth_name(*it)))
}

/// What this shows, and from which depth on it may be believed at the cursor's position.
fn about(state: AppState, lenses: Lenses) -> String {
    let what = tr!("What each depth would say if the model stopped.");
    let Some(lens) = lenses.now.get() else { return what.to_owned() };
    if let Some(unchanged) = lenses.unchanged.get() {
        let [changed, all] = n_changed(&unchanged, &lens);
        return tr!(
            "{what} {changed} of {all} cells have another top token than unchanged.",
            what,
            changed,
            all
        );
    }
    match unreliable_before(&lens, state.cursor().pos).and_then(|it| lens.sites.get(it)) {
        Some(site) => tr!("{what} Unreliable below {site}.", what, site = depth_name(*site)),
        None => tr!("{what} Reliable throughout.", what),
    }
}

/// The reading of the cursor's cell in words.
fn reading(state: AppState, lenses: Lenses) -> String {
    let Some((word, prob)) = said(state, lenses.now) else { return String::new() };
    let (site, number_now) = (site(state), number(prob));
    match before(state, lenses) {
        Some((other, prob)) => tr!(
            "{site}: “{word}” at {number}; unchanged “{other}” at {before}.",
            site,
            word,
            number = number_now,
            other,
            before = number(prob)
        ),
        None => tr!("{site}: “{word}” at {number}.", site, word, number = number_now),
    }
}

/// The top token of the cursor's cell in the run as trained, and its probability.
fn before(state: AppState, lenses: Lenses) -> Option<(String, f32)> {
    let (lens, unchanged) = (lenses.now.get()?, lenses.unchanged.get()?);
    let cursor = state.cursor();
    let (top, prob) = top_of(Some(&unchanged), &lens, cursor.depth, cursor.pos)?;
    Some((state.word(top), prob))
}

/// The top token of the cursor's cell and its probability.
pub(in crate::app) fn said(state: AppState, asked: Asked<AskLens>) -> Option<(String, f32)> {
    let lens = asked.get()?;
    let cursor = state.cursor();
    let n_pos = lens.top_prob.dims().last()?.1;
    let top = lens.top.get(cursor.depth * n_pos + cursor.pos)?;
    Some((state.word(*top), lens.top_prob.get(&[cursor.depth, cursor.pos])?))
}

fn legend(state: AppState, lenses: Lenses) -> AnyView {
    let mode = state.bookmark.read().lens;
    let Some(lens) = lenses.now.get() else { return view! { <span></span> }.into_any() };
    let d_vocab = state.model.read().as_ref().map_or(1, |it| it.vocab.len());
    let end = mode.end(&mode.values(&lens), d_vocab);
    let (kind, from, to) = match mode {
        LensMode::Ab => ("div", format!("−{}", number(end)), format!("+{}", number(end))),
        LensMode::Rank => ("seq", format!("{end:.0}"), "0".to_owned()),
        _ => ("seq", "0".to_owned(), number(end)),
    };
    let corner = lenses.unchanged.get().map(|_| {
        view! { <span class="key">{tr!("◥ another top token than unchanged")}</span> }
    });
    view! { <Ramp kind from to unit=mode.unit() /> {corner} }.into_any()
}

/// What stands in every cell.
fn matrix(state: AppState, asked: Asked<AskLens>) -> Option<Table> {
    let (lens, model) = (asked.get()?, state.model.get()?);
    Some(lens_matrix(&lens, &model.vocab, &lens.run.labels))
}

fn table(state: AppState, lenses: Lenses) -> Table {
    let (Some(lens), Some(model)) = (lenses.now.get(), state.model.get()) else {
        return Table::default();
    };
    let unchanged = lenses.unchanged.get();
    lens_table(&lens, unchanged.as_ref(), &model.vocab, state.cursor().pos)
}
