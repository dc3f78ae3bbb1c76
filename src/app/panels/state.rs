//! The state of a recurrent head, position by position.

use std::sync::Arc;

use leptos::prelude::*;
use trace::{AskFilm, AskStateLens, Film};

use super::panel::{Panel, Ramp};
use crate::{
    app::{
        parts::{
            export::svg_of,
            figure::{Figure, Point},
            head_answer::{HeadAnswer, OfHead},
        },
        state::{
            AppState,
            answers::{Asked, Told},
        },
    },
    share::Place,
    text,
    view::{
        FilmView, Pick, Scene, Table, effective_rank, film_bars_end, film_map, film_scale,
        film_table, number, shown_text, signed, singular_values,
    },
};

const ABOUT: &str = text!("The memory after each token. Row: value. Column: key.");
/// Tokens and singular values that are listed beside the figure.
const N_TOKENS: usize = 5;
const N_SINGULAR: usize = 6;

impl OfHead for AskFilm {
    fn of([layer, head]: [usize; 2]) -> Self {
        Self { layer, head }
    }

    fn place(film: &Film) -> [usize; 2] {
        [film.layer, film.head]
    }
}

/// The panel.
#[component]
pub(in crate::app) fn FilmPanel(place: Place) -> impl IntoView {
    let state = AppState::here();
    let film = HeadAnswer::<AskFilm>::new(state);
    let state_lens = state.ask(move || {
        let ([layer, head], pos) = (state.asked_head(), state.asked_pos());
        Some(AskStateLens { layer, head, pos, source: state.cursor().source })
    });
    let size = RwSignal::new([0.0, 0.0]);
    let scene = Memo::new(move |before: Option<&Option<Arc<Scene>>>| {
        let new = with_view(state, film, size.get(), |film, view| Arc::new(film_map(film, view)));
        new.or_else(|| before.cloned().flatten())
    });
    let at_point = move |at: Point| {
        untrack(|| {
            let pos = with_view(state, film, size.get(), |_, view| view.hit(at))??;
            Some(Pick { pos: Some(pos), ..Pick::default() })
        })
    };
    let picture = move |()| {
        let scene = scene.get_untracked().filter(|_| untrack(|| film.absence()).is_none());
        scene.map(|it| svg_of(state, &it))
    };
    view! {
        <Panel
            place
            title=tr!("State film")
            site=Signal::derive(move || film.site(state))
            about=text::of(ABOUT)
            controls=|| ()
            legend=move || legend(state, film, size.get())
            table=Signal::derive(move || {
                film.get().map_or_else(Table::default, |it| film_table(&it, &it.run.labels))
            })
            svg=picture
            axes=tr!("Below: one frame per token.")
        >
            <div class="film-body">
                <Figure
                    scene
                    size
                    label=move || label(state, film)
                    hit=at_point
                />
                <Aside film state_lens />
                {move || film.absence().map(|it| view! { <p class="absent why">{it}</p> })}
            </div>
        </Panel>
    }
}

/// Does `work` with the film as it is drawn in `size_px`, where there is one.
fn with_view<T>(
    state: AppState,
    film: HeadAnswer<AskFilm>,
    size_px: Point,
    work: impl FnOnce(&Film, &FilmView<'_>) -> T,
) -> Option<T> {
    let told = film.drawn(size_px)?;
    let (cursor, lock, palette) = (state.cursor(), state.lock(), state.palette());
    let labels = &told.run.labels;
    Some(work(&told, &FilmView { labels, cursor, lock, palette, size_px }))
}

fn legend(state: AppState, film: HeadAnswer<AskFilm>, size_px: Point) -> AnyView {
    let Some(shown) = film.get() else { return view! { <span></span> }.into_any() };
    let end = number(film_scale(&shown));
    let (from, to) = (format!("−{end}"), format!("+{end}"));
    let notes = with_view(state, film, size_px, |film, view| {
        let bars = view.has_bars().then(|| tr!("bars to {end}", end = number(film_bars_end(film))));
        let [map, strip] = view.blocks(film);
        let [map_text, strip_text] =
            [map, strip].map(|[rows, columns]| format!("{rows} × {columns}"));
        let blocks = ([map, strip] != [[1, 1]; 2]).then(|| {
            tr!("a cell: farthest from 0 of {map_text}, below {strip_text}", map_text, strip_text)
        });
        bars.into_iter().chain(blocks).collect::<Vec<String>>().join(" · ")
    });
    view! {
        <Ramp kind="div" from to unit=tr!("state") />
        <span class="notes">{notes}</span>
    }
    .into_any()
}

/// Lengths of what was written and taken at a position.
fn lengths(film: &Film, pos: usize) -> String {
    let [written, taken] =
        [&film.written, &film.erased].map(|it| number(it.get(&[pos]).unwrap_or(f32::NAN)));
    tr!("written {written}, taken {taken}", written, taken)
}

/// How the state at a position is spread.
fn spread(film: &Film, pos: usize) -> String {
    let singular = singular_values(film, pos);
    let rank = number(effective_rank(&singular).unwrap_or(f32::NAN));
    tr!("effective rank {rank} of {most}", rank, most = singular.len())
}

/// The numbers at the cursor in a sentence.
fn label(state: AppState, film: HeadAnswer<AskFilm>) -> String {
    if let Some(absence) = film.absence() {
        return absence;
    }
    let Some(film) = film.get() else { return tr!("State film").to_owned() };
    let labels = &film.run.labels;
    let pos = state.cursor().pos;
    let word = labels.get(pos).cloned().unwrap_or_default();
    let largest = singular_values(&film, pos).first().copied().unwrap_or(f32::NAN);
    tr_n!(
        labels.len(),
        "State of head {layer}.{head} after “{word}” ({pos}): {lengths}; largest singular value {largest}, {spread}. \
         Below, one frame for each of {n} position.",
        "State of head {layer}.{head} after “{word}” ({pos}): {lengths}; largest singular value {largest}, {spread}. \
         Below, one frame for each of {n} positions.",
        layer = film.layer,
        head = film.head,
        word,
        pos,
        lengths = lengths(&film, pos),
        largest = number(largest),
        spread = spread(&film, pos),
    )
}

/// What the state at the cursor gives back, and how it is spread.
#[component]
fn Aside(film: HeadAnswer<AskFilm>, state_lens: Asked<AskStateLens>) -> impl IntoView {
    let state = AppState::here();
    let given_back = move || state_lens.get().map(|it| view! { <GivenBack lens=it /> });
    let singular = move || {
        let Some(shown) = film.get() else { return Vec::new() };
        let all = singular_values(&shown, state.cursor().pos);
        let end = all.first().copied().unwrap_or(0.0);
        let listed = (1..).zip(all).take(N_SINGULAR);
        listed
            .map(|(rank, value)| row(rank.to_string(), value / end, "film-length", number(value)))
            .collect()
    };
    let at_cursor =
        move |text: fn(&Film, usize) -> String| film.get().map(|it| text(&it, state.cursor().pos));
    view! {
        <div class="film-aside" role="group" tabindex="0" aria-label=tr!("Numbers of this state")>
            {given_back}
            <h3>{tr!("singular values of the state")}</h3>
            {singular}
            <p>{move || at_cursor(spread)}</p>
            <p>{move || at_cursor(lengths)}</p>
        </div>
    }
}

/// The tokens that what the state gives back for a key adds most to.
#[component]
fn GivenBack(lens: Told<AskStateLens>) -> impl IntoView {
    let state = AppState::here();
    let mut all: Vec<(u32, f32)> = (0..).zip(lens.logits.values().iter().copied()).collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1));
    all.truncate(N_TOKENS);
    let end = all.iter().fold(0.0f32, |best, it| best.max(it.1.abs()));
    let source = lens.source;
    let heading = move || {
        let word = state.labels().get(source).cloned().unwrap_or_default();
        tr!("what the state gives back for the key of “{word}” {source}, in logits", word, source)
    };
    let rows = move || {
        let (a, b) = state.pair();
        let token = |&(id, value): &(u32, f32)| {
            let kind = if value < 0.0 { "film-minus" } else { "film-plus" };
            let word = shown_text(&state.word(id));
            let row = row(word, value.abs() / end, kind, signed(value));
            view! { <div class:a=id == a class:b=id == b>{row}</div> }
        };
        all.iter().map(token).collect_view()
    };
    view! {
        <h3>{heading}</h3>
        {rows}
    }
}

/// A name, a bar of a share of the room, and a number.
fn row(name: String, share: f32, kind: &'static str, value: String) -> AnyView {
    let width = format!("{:.1}%", 100.0 * share.clamp(0.0, 1.0));
    view! {
        <div class="film-row">
            <span>{name}</span>
            <i><b class=kind style:width=width></b></i>
            <span>{value}</span>
        </div>
    }
    .into_any()
}
