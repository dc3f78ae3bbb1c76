//! The path of each token's vector along the depth, in a plane that stays put.

use std::sync::Arc;

use leptos::prelude::*;
use trace::{Basis, Paths};

use super::{
    export::svg_of,
    figure::{Figure, Point},
    film_panel::SecondSegments,
    panel::Panel,
    prompt_bar::refuse,
    questions::without_paths,
    segments::Segments,
    state::AppState,
};
use crate::{
    share::{BasisView, Panel as PanelName},
    view::{PathsView, Pick, Scene, Table, depth_name, nearest_point, number, paths_map, percent},
};

/// The panel.
#[component]
pub(super) fn PathsPanel() -> impl IntoView {
    let state = AppState::here();
    let basis = Memo::new(move |_| state.bookmark.read().basis);
    let size = RwSignal::new([0.0, 0.0]);
    Effect::new(move |_| keep_bounds(state));
    let scene = Memo::new(move |before: Option<&Option<Arc<Scene>>>| {
        let new =
            with_view(state, size.get(), |paths, view| Some(Arc::new(paths_map(paths, view))));
        new.or_else(|| before.cloned().flatten())
    });
    let controls = move || {
        view! {
            {state.has_recurrence().then(|| view! { <SecondSegments /> })}
            <Segments
                name="The plane"
                choices=vec![(BasisView::Sample, "sample"), (BasisView::Frame, "A − B"), (BasisView::Words, "words")]
                chosen=basis
                on_choose=move |it| state.bookmark.update(|all| all.basis = it)
            />
        }
    };
    let at_point = move |at: Point| {
        untrack(|| {
            let (depth, pos) =
                with_view(state, size.get(), |paths, view| nearest_point(paths, view, at))?;
            Some(Pick { pos: Some(pos), ..Pick::depth(depth, &state.ground()) })
        })
    };
    let picture = move |()| {
        let scene = scene.get_untracked().filter(|_| untrack(|| without_paths(state)).is_none());
        scene.map(|it| svg_of(state, &it))
    };
    view! {
        <Panel
            name=PanelName::Paths
            title=Signal::derive(move || title(state).to_owned())
            site=""
            about=Signal::derive(move || about(state))
            controls
            legend=move || legend(state)
            table=Signal::derive(move || table(state))
            svg=picture
        >
            <Figure
                scene
                size
                label=move || without_paths(state).map_or_else(|| about(state), str::to_owned)
                hit=at_point
            />
            {move || without_paths(state).map(|it| view! { <p class="absent why">{it}</p> })}
            <Show when=move || basis.get() == BasisView::Words>
                <Words />
            </Show>
        </Panel>
    }
}

/// The short name where two groups of choices stand beside it.
fn title(state: AppState) -> &'static str {
    if state.has_recurrence() { "Paths" } else { "Residual paths" }
}

/// The last paths that came, where the model has some in the plane that was chosen.
fn shown(state: AppState) -> Option<Arc<Paths>> {
    without_paths(state).is_none().then(|| state.answers.paths.get()).flatten()
}

/// Widens the picture when a path leaves it; else it stays as it is.
fn keep_bounds(state: AppState) {
    let Some(paths) = shown(state) else { return };
    let before = state.bounds.get_untracked();
    let kept = before.filter(|it| it.0 == paths.basis).map(|it| it.1);
    let new = PathsView::bounds(&paths, kept);
    if before != Some((paths.basis, new)) {
        state.bounds.set(Some((paths.basis, new)));
    }
}

fn with_view<T>(
    state: AppState,
    size_px: Point,
    work: impl FnOnce(&Paths, &PathsView<'_>) -> Option<T>,
) -> Option<T> {
    let paths = shown(state)?;
    let (basis, bounds) = state.bounds.get()?;
    let labels = state.labels();
    let n_points = paths.sites.len() * labels.len() * 2;
    if size_px[0] < 1.0 || basis != paths.basis || paths.points.values().len() != n_points {
        return None;
    }
    let (cursor, lock) = (state.cursor(), state.lock());
    let palette = state.palette();
    work(&paths, &PathsView { labels: &labels, cursor, lock, palette, size_px, bounds })
}

fn about(state: AppState) -> String {
    if without_paths(state).is_some() {
        return "Each token’s vector by depth, in a plane.".to_owned();
    }
    match shown(state).map(|it| it.basis) {
        Some(Basis::Frame { a, b }) => format!(
            "Across: from “{}” to “{}”. Up: first axis of a stored sample.",
            state.word(b),
            state.word(a)
        ),
        Some(Basis::Words { x, y }) => {
            format!(
                "Across: toward “{}”. Up: toward “{}”, what is not across.",
                state.word(x),
                state.word(y)
            )
        }
        _ => "Each token’s vector by depth; first two axes of a stored sample.".to_owned(),
    }
}

fn legend(state: AppState) -> AnyView {
    let share = shown(state).map_or_else(String::new, |it| {
        let value = |which: usize| it.variance_share.get(&[which]).unwrap_or(f32::NAN);
        format!("{} + {} of variance", percent(value(0)), percent(value(1)))
    });
    view! {
        <span class="key attn-write">"→ attention wrote"</span>
        <span class="key mlp-write">"→ MLP wrote"</span>
        <span>{share}</span>
    }
    .into_any()
}

fn table(state: AppState) -> Table {
    let mut table = Table::new(["token", "depth", "across", "up"]);
    let Some(paths) = shown(state) else { return table };
    let labels = state.labels();
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
                {name}
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
    view! { <div class="own-words">{field(0, "across ")} {field(1, "up ")}</div> }
}
