//! Attention: one head as a map, all heads, several at once, lines, or step by step.

use std::sync::Arc;

use leptos::prelude::*;
use trace::{AskPatternDifference, AskPatterns, AskThumbnails, Axis, NamedArray};

use super::{
    attention_around::{Aside, OverlayHeads, Views, legend},
    panel::Panel,
};
use crate::{
    app::{
        parts::{
            export::{Picture, svg_of},
            figure::{Figure, Point},
            steps_table::{StepsTable, steps_rows},
        },
        state::{AppState, answers::Asked},
    },
    share::{AttentionView, Place},
    view::{
        AttentionMap, Cursor, Ground, Pick, Scene, Table, attention_lines, attention_map,
        attention_matrix, crossed_out, heads_grid, heads_grid_layout, overlay_map, percent, signed,
    },
};

/// Small maps have at most so many cells a side.
const THUMBNAIL_SIDE: usize = 32;

/// What the views are drawn from, each asked while a view on show needs it.
#[derive(Clone, Copy)]
pub(in crate::app) struct Maps {
    patterns: Asked<AskPatterns>,
    thumbnails: Asked<AskThumbnails>,
    difference: Asked<AskPatternDifference>,
}

impl Maps {
    fn ask(state: AppState, view: Memo<AttentionView>) -> Self {
        let needs_patterns = move || match view.get() {
            AttentionView::Map | AttentionView::Overlay | AttentionView::Lines => true,
            AttentionView::Heads | AttentionView::Steps | AttentionView::Difference => false,
        };
        let is_grid = move || view.get() == AttentionView::Heads;
        Self {
            patterns: state.ask(move || needs_patterns().then(|| state.asked_patterns())),
            thumbnails: state
                .ask(move || is_grid().then_some(AskThumbnails { side: THUMBNAIL_SIDE })),
            difference: state.ask(move || {
                let minus = state.minus().filter(|_| view.get() == AttentionView::Difference)?;
                let [layer, head] = state.asked_head();
                Some(AskPatternDifference { layer, head, minus })
            }),
        }
    }
}

/// The panel.
#[component]
pub(in crate::app) fn AttentionPanel(place: Place) -> impl IntoView {
    let state = AppState::here();
    let view = Memo::new(move |_| state.bookmark.read().attention);
    let maps = Maps::ask(state, view);
    let size = RwSignal::new([0.0, 0.0]);
    let scene = Memo::new(move |before: Option<&Option<Arc<Scene>>>| {
        let new = scene_of(state, maps, view.get(), size.get()).map(Arc::new);
        // Until the answer for a new place is here, the last good picture stands.
        new.or_else(|| before.cloned().flatten())
    });
    let at_point =
        move |at: Point| hit(state, maps, view.get_untracked(), [size.get_untracked(), at]);
    let label = move || {
        let (site, row) = (site(state), row_text(state));
        tr!("{title}, {site}: rows read, columns are read. {row}", title = title(state), site, row)
    };
    let has_aside = move || view.get() == AttentionView::Map && without_matrix(state).is_none();
    let plot = move || {
        if view.get() == AttentionView::Steps {
            return view! { <StepsTable /> }.into_any();
        }
        view! {
            <div class="attention" class:with-aside=has_aside>
                <Figure
                    scene
                    size
                    label
                    hit=at_point
                />
                <Show when=has_aside>
                    <Aside />
                </Show>
                <Show when=move || view.get() == AttentionView::Overlay>
                    <OverlayHeads />
                </Show>
                {move || {
                    let is_grid = view.get() == AttentionView::Heads;
                    let absence = without_matrix(state).filter(|_| !is_grid);
                    absence.map(|it| view! { <p class="absent why">{it}</p> })
                }}
            </div>
        }
        .into_any()
    };
    view! {
        <Panel
            place
            title=Signal::derive(move || title(state))
            site=Signal::derive(move || site(state))
            about=Signal::derive(move || about(state, view.get()).to_owned())
            controls=move || view! { <Views view /> }
            legend=move || legend(state, maps, view.get())
            table=Signal::derive(move || table(state))
            svg=move |()| picture(state, scene.get_untracked())
            axes=Signal::derive(move || axes(view.get()).to_owned())
            data=Callback::new(move |()| untrack(|| matrix(state, maps, view.get())))
        >
            {plot}
        </Panel>
    }
}

/// The difference of the cursor's head and the one that is taken away, where it is here.
pub(in crate::app) fn difference(maps: Maps) -> Option<NamedArray> {
    maps.difference.now().map(|it| it.weights.clone())
}

/// Which head is drawn.
fn site(state: AppState) -> String {
    let Cursor { layer, head, .. } = state.cursor();
    tr!("L{layer} · head {head}", layer, head)
}

fn title(state: AppState) -> String {
    if is_recurrent(state) { tr!("Hidden attention") } else { tr!("Attention") }.to_owned()
}

/// What runs along the sides.
fn axes(view: AttentionView) -> &'static str {
    match view {
        AttentionView::Map | AttentionView::Overlay | AttentionView::Difference => {
            tr!("Rows: the token that reads. Columns: the token that is read.")
        }
        AttentionView::Heads => tr!("Rows: layers, the last on top. Columns: heads."),
        AttentionView::Lines => tr!("Right: the token that reads. Left: the token that is read."),
        AttentionView::Steps => "",
    }
}

/// All weights that the figure is made of; the calculation is a table already, and small maps are
/// no weights.
fn matrix(state: AppState, maps: Maps, view: AttentionView) -> Option<Table> {
    let labels = state.labels();
    let Cursor { layer, head, .. } = state.cursor();
    match view {
        AttentionView::Map | AttentionView::Lines => {
            Some(attention_matrix(&pattern(state, maps)?, [layer, head], &labels))
        }
        AttentionView::Difference => {
            Some(attention_matrix(&difference(maps)?, [layer, head], &labels))
        }
        AttentionView::Overlay => {
            let patterns = maps.patterns.get()?;
            let mut all = Table::default();
            for (index, head) in patterns.heads.iter().enumerate() {
                let weights = patterns.weights.at(Axis::Head, index).ok()?;
                let table = attention_matrix(&weights, [patterns.layer, *head], &labels);
                all.headings = table.headings;
                all.rows.extend(table.rows);
            }
            Some(all)
        }
        AttentionView::Heads | AttentionView::Steps => None,
    }
}

/// The figure to take away; the calculation is a table and has none.
fn picture(state: AppState, scene: Option<Arc<Scene>>) -> Option<Picture> {
    let is_figure = state.bookmark.read_untracked().attention != AttentionView::Steps;
    scene.filter(|_| is_figure).map(|it| svg_of(state, &it))
}

/// Whether the cursor's head is recurrent, so that its map is what it amounts to.
pub(in crate::app) fn is_recurrent(state: AppState) -> bool {
    let Cursor { layer, head, .. } = state.cursor();
    let model = state.model.read();
    model.as_ref().and_then(|it| it.shape.is_recurrent(layer, head)).unwrap_or(false)
}

/// What to say where the cursor's row has no weights.
pub(in crate::app) fn without_matrix(state: AppState) -> Option<&'static str> {
    let row = state.row()?;
    let is_known = row.weight.values().iter().any(|it| !it.is_nan());
    let model = state.model.read();
    let mixer = model.as_ref().and_then(|it| it.shape.mixers.get(row.layer));
    let ssm = mixer.and_then(|it| it.ssm.as_ref());
    let is_linear = ssm.is_none_or(|it| it.has_matrix);
    (!is_known).then_some(if is_linear {
        tr!(
            "A state was changed here: no matrix gives the same output. Undo the change to see one."
        )
    } else {
        tr!("A GRU is nonlinear: it has no token-to-token matrix. See the lens.")
    })
}

fn about(state: AppState, view: AttentionView) -> &'static str {
    if let Some(absence) = without_matrix(state) {
        return absence;
    }
    let is_recurrent = is_recurrent(state);
    match view {
        AttentionView::Difference if state.minus().is_none() => {
            tr!("This model has no attention to take away.")
        }
        AttentionView::Difference => {
            tr!("Each row as shares of its sum: this head less an attention head.")
        }
        AttentionView::Map if is_recurrent => {
            tr!("The scan as a token-to-token matrix: signed, without softmax.")
        }
        AttentionView::Steps if is_recurrent => {
            tr!("What is read times what was written, and what is left of it at the chosen token.")
        }
        AttentionView::Map => tr!("Where each token reads from. Reading is not using."),
        AttentionView::Heads => tr!("Every head of every layer, last layer on top. Click one."),
        AttentionView::Overlay => {
            tr!("Heads of this layer in one map, a colour each; the strongest shows.")
        }
        AttentionView::Lines => {
            tr!("Right token reads left token; the chosen one's lines are strong.")
        }
        AttentionView::Steps => {
            tr!("How the chosen query comes to its weights, and what each key then writes.")
        }
    }
}

/// The pattern of one head of the layer that is loaded.
pub(in crate::app) fn pattern(state: AppState, maps: Maps) -> Option<NamedArray> {
    let patterns = maps.patterns.get()?;
    let cursor = state.cursor();
    if patterns.layer != cursor.layer {
        return None;
    }
    let index = patterns.heads.iter().position(|it| *it == cursor.head)?;
    patterns.weights.at(Axis::Head, index).ok()
}

/// Does `work` with the map as it is drawn in `size_px`, without the weights.
pub(in crate::app) fn with_map<T>(
    state: AppState,
    size_px: Point,
    work: impl FnOnce(&AttentionMap<'_>) -> T,
) -> T {
    let (labels, palette) = (state.labels(), state.palette());
    let (cursor, lock) = (state.cursor(), state.lock());
    let skips_first = state.bookmark.read().skips_first;
    let is_difference = state.bookmark.read().attention == AttentionView::Difference;
    let (labels, is_signed) = (&labels, is_difference || is_recurrent(state));
    work(&AttentionMap { labels, cursor, lock, skips_first, is_signed, palette, size_px })
}

fn scene_of(state: AppState, maps: Maps, view: AttentionView, size_px: Point) -> Option<Scene> {
    if size_px[0] < 1.0 {
        return None;
    }
    with_map(state, size_px, |map| drawn(state, maps, view, map))
}

fn drawn(
    state: AppState,
    maps: Maps,
    view: AttentionView,
    map: &AttentionMap<'_>,
) -> Option<Scene> {
    match view {
        AttentionView::Map => Some(attention_map(&pattern(state, maps)?, map)),
        AttentionView::Difference => Some(attention_map(&difference(maps)?, map)),
        AttentionView::Heads => {
            let all = maps.thumbnails.get()?;
            let model = state.model.read();
            let shape = model.as_ref().map(|it| &it.shape);
            let is_recurrent = |layer: usize, head: usize| {
                shape.and_then(|it| it.is_recurrent(layer, head)).unwrap_or(false)
            };
            let cursors = [map.cursor, map.lock];
            let mut scene = heads_grid(&all, is_recurrent, cursors, map.palette, map.size_px);
            let sizes = [Axis::Layer, Axis::Head].map(|it| all.size(it).unwrap_or(0));
            let out = state.left_out();
            scene.marks.extend(crossed_out(&out.read(), sizes, map.palette, map.size_px));
            Some(scene)
        }
        AttentionView::Lines => Some(attention_lines(&pattern(state, maps)?, map).0),
        AttentionView::Overlay => {
            let patterns = maps.patterns.get()?;
            let chosen = state.bookmark.read().overlay.clone();
            let heads: Vec<usize> = patterns
                .heads
                .iter()
                .copied()
                .filter(|it| chosen.is_empty() || chosen.contains(it))
                .collect();
            let of_chosen = cut(&patterns.weights, &patterns.heads, &heads)?;
            Some(overlay_map(&of_chosen, &heads, map))
        }
        AttentionView::Steps => None,
    }
}

/// The heads' patterns, in the order of `heads`, without the others.
fn cut(weights: &NamedArray, all: &[usize], heads: &[usize]) -> Option<NamedArray> {
    if heads.len() == all.len() {
        return Some(weights.clone());
    }
    let places: Vec<usize> =
        heads.iter().filter_map(|head| all.iter().position(|it| it == head)).collect();
    weights.select(Axis::Head, &places).ok()
}

/// What a point of the figure names.
fn hit(
    state: AppState,
    maps: Maps,
    view: AttentionView,
    [size_px, at]: [Point; 2],
) -> Option<Pick> {
    untrack(|| {
        let pattern = (view == AttentionView::Lines).then(|| pattern(state, maps)).flatten();
        with_map(state, size_px, |map| named(&state.ground(), pattern.as_ref(), (view, map), at))
    })
}

fn named(
    ground: &Ground,
    pattern: Option<&NamedArray>,
    (view, map): (AttentionView, &AttentionMap<'_>),
    at: Point,
) -> Option<Pick> {
    match view {
        AttentionView::Heads => {
            let grid = heads_grid_layout(ground.n_layers, ground.n_heads, map.size_px);
            let (row, head) = grid.hit(at)?;
            Some(Pick::head(ground.n_layers - 1 - row, head, ground))
        }
        AttentionView::Lines => {
            let locked = AttentionMap { cursor: map.lock, ..*map };
            let (_, grid) = attention_lines(pattern?, &locked);
            let (row, column) = grid.hit(at)?;
            let most = grid.n_rows;
            let (first, _) = crate::view::window(map.labels.len(), most, map.lock.pos);
            let place = Some(first + row);
            Some(if column == 0 {
                Pick { source: place, ..Pick::default() }
            } else {
                Pick { pos: place, ..Pick::default() }
            })
        }
        _ => {
            let (row, column) = map.grid().hit(at)?;
            Some(Pick { pos: Some(row), source: Some(column.min(row)), ..Pick::default() })
        }
    }
}

/// The cursor's row in words.
fn row_text(state: AppState) -> String {
    let cursor = state.cursor();
    let labels = state.labels();
    let row = state.row().filter(|it| it.query == cursor.pos);
    let Some(row) = row else { return String::new() };
    let weight = row.weight.get(&[cursor.source]).unwrap_or(f32::NAN);
    let weight = if row.is_recurrent { signed(weight) } else { percent(weight) };
    let word = |pos: usize| labels.get(pos).cloned().unwrap_or_default();
    tr!(
        "“{reader}” reads “{source}” at {weight}.",
        reader = word(cursor.pos),
        source = word(cursor.source),
        weight
    )
}

fn table(state: AppState) -> Table {
    let labels = state.labels();
    match state.row() {
        Some(row) => steps_rows(&row, &labels),
        None => Table::default(),
    }
}
