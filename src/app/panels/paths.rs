//! The path of each token's vector along the depth, in a plane that stays put.

use std::sync::Arc;

use leptos::prelude::*;
use trace::{AskPaths, Basis, GUESS, Paths};

use super::panel::Panel;
use crate::{
    app::{
        parts::{
            export::svg_of,
            field::refuse,
            figure::{Figure, Point},
            segments::Choice,
        },
        state::{AppState, answers::Asked},
    },
    share::{BasisView, Place},
    view::{
        PathsView, Pick, Scene, Table, depth_name, nearest_point, number, paths_map, paths_matrix,
        percent,
    },
};

/// The panel.
#[component]
pub(in crate::app) fn PathsPanel(place: Place) -> impl IntoView {
    let state = AppState::here();
    let basis = Memo::new(move |_| state.bookmark.read().basis);
    let size = RwSignal::new([0.0, 0.0]);
    let asked = state.ask(move || Some(AskPaths { basis: chosen_basis(state) }));
    Effect::new(move |_| keep_bounds(state, asked));
    let scene = Memo::new(move |before: Option<&Option<Arc<Scene>>>| {
        let new = with_view(state, asked, size.get(), |paths, view| {
            Some(Arc::new(paths_map(paths, view)))
        });
        new.or_else(|| before.cloned().flatten())
    });
    let controls = move || {
        view! {
            <Choice
                name=tr!("The plane")
                choices=vec![(BasisView::Sample, text!("PCA")), (BasisView::Pair, text!("A − B")), (BasisView::Words, text!("two words"))]
                chosen=basis
                on_choose=move |it| state.bookmark.update(|all| all.basis = it)
            />
        }
    };
    let at_point = move |at: Point| {
        untrack(|| {
            let (depth, pos) =
                with_view(state, asked, size.get(), |paths, view| nearest_point(paths, view, at))?;
            Some(Pick { pos: Some(pos), ..Pick::depth(depth, &state.ground()) })
        })
    };
    let picture = move |()| {
        let scene = scene.get_untracked().filter(|_| untrack(|| asked.absence()).is_none());
        scene.map(|it| svg_of(state, &it))
    };
    view! {
        <Panel
            place
            title=tr!("Residual paths")
            site=""
            about=Signal::derive(move || about(state, asked))
            controls
            legend=move || legend(state, asked)
            table=Signal::derive(move || table(state, asked))
            svg=picture
            axes=tr!("A line: one token’s vector from the embedding to the last layer.")
            data=Callback::new(move |()| {
                untrack(|| asked.get()).map(|it| paths_matrix(&it, &it.run.labels))
            })
        >
            <Figure
                scene
                size
                label=move || asked.absence().unwrap_or_else(|| about(state, asked))
                hit=at_point
            />
            {move || asked.absence().map(|it| view! { <p class="absent why">{it}</p> })}
            <Show when=move || basis.get() == BasisView::Words>
                <Words />
            </Show>
        </Panel>
    }
}

/// The plane that the reader chose; the stored one where that is none.
fn chosen_basis(state: AppState) -> Basis {
    let [a, b] = state.asked_pair();
    let bookmark = state.bookmark.read();
    let word = |which: usize| state.id(&bookmark.words[which]);
    match bookmark.basis {
        BasisView::Sample => Basis::Stored,
        BasisView::Pair if a == b && a != GUESS => Basis::Stored,
        BasisView::Pair => Basis::Pair { a, b },
        BasisView::Words => match (word(0), word(1)) {
            (Some(x), Some(y)) if x != y => Basis::Words { x, y },
            _ => Basis::Stored,
        },
    }
}

/// Widens the picture when a path leaves it; else it stays as it is.
fn keep_bounds(state: AppState, asked: Asked<AskPaths>) {
    let Some(paths) = asked.get() else { return };
    let before = state.bounds.get_untracked();
    let kept = before.filter(|it| it.0 == paths.basis).map(|it| it.1);
    let new = PathsView::bounds(&paths, kept);
    if before != Some((paths.basis, new)) {
        state.bounds.set(Some((paths.basis, new)));
    }
}

fn with_view<T>(
    state: AppState,
    asked: Asked<AskPaths>,
    size_px: Point,
    work: impl FnOnce(&Paths, &PathsView<'_>) -> Option<T>,
) -> Option<T> {
    let paths = asked.get()?;
    let (basis, bounds) = state.bounds.get()?;
    if size_px[0] < 1.0 || basis != paths.basis {
        return None;
    }
    let (cursor, lock) = (state.cursor(), state.lock());
    let palette = state.palette();
    work(&paths, &PathsView { labels: &paths.run.labels, cursor, lock, palette, size_px, bounds })
}

fn about(state: AppState, asked: Asked<AskPaths>) -> String {
    if asked.absence().is_some() {
        return tr!("Each token’s vector by depth, in a plane.").to_owned();
    }
    match asked.get().map(|it| it.basis) {
        Some(Basis::Pair { a, b }) => tr!(
            "Across: from “{b}” to “{a}”. Up: first axis of a stored sample.",
            b = state.word(b),
            a = state.word(a)
        ),
        Some(Basis::Words { x, y }) => {
            tr!(
                "Across: toward “{x}”. Up: toward “{y}”, what is not across.",
                x = state.word(x),
                y = state.word(y)
            )
        }
        _ => tr!("Each token’s vector by depth: PCA of a stored sample.").to_owned(),
    }
}

fn legend(state: AppState, asked: Asked<AskPaths>) -> AnyView {
    let share = asked.get().map_or_else(String::new, |it| {
        let value = |which: usize| it.variance_share.get(&[which]).unwrap_or(f32::NAN);
        tr!("{first} + {second} of variance", first = percent(value(0)), second = percent(value(1)))
    });
    let model = state.model.read();
    let has_attention = model.as_ref().is_none_or(|it| it.shape.has_attention());
    let mixer =
        if has_attention { tr!("→ attention wrote") } else { tr!("→ recurrence wrote") };
    view! {
        <span class="key attn-write">{mixer}</span>
        <span class="key mlp-write">{tr!("→ MLP wrote")}</span>
        <span>{share}</span>
    }
    .into_any()
}

fn table(state: AppState, asked: Asked<AskPaths>) -> Table {
    let mut table = Table::new([tr!("token"), tr!("depth"), tr!("across"), tr!("up")]);
    let Some(paths) = asked.get() else { return table };
    let labels = &paths.run.labels;
    let pos = state.cursor().pos;
    for (depth, site) in paths.sites.iter().enumerate().rev() {
        let value =
            |which: usize| number(paths.points.get(&[depth, pos, which]).unwrap_or(f32::NAN));
        let label = labels.get(pos).cloned().unwrap_or_default();
        table.rows.push(vec![label, depth_name(*site), value(0), value(1)]);
    }
    table
}

/// The reader's own two words.
#[component]
fn Words() -> impl IntoView {
    let state = AppState::here();
    let field = move |which: usize, name: &'static str| {
        view! {
            <label>
                {name}" "
                <input
                    list="vocabulary"
                    prop:value=move || state.bookmark.read().words[which].clone()
                    on:change=move |event| {
                        let word = event_target_value(&event).trim().to_owned();
                        if state.id(&word).is_some() {
                            state.bookmark.update(|it| it.words[which] = word);
                        } else {
                            let in_force = state.bookmark.read_untracked().words[which].clone();
                            refuse(state, &event, &word, &in_force);
                        }
                    }
                />
            </label>
        }
    };
    view! { <div class="own-words">{field(0, tr!("across"))} {field(1, tr!("up"))}</div> }
}
