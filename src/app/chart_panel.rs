//! Tokens A and B along the depth.

use leptos::prelude::*;
use trace::AskLens;

use super::{
    answers::Asked, browser::observe_size, export::svg_of_chart, lens_panel::ask_lens,
    panel::Panel, segments::Segments, state::AppState,
};
use crate::{
    share::Panel as PanelName,
    view::{ChartKind, Table, depth_chart, lens_table},
};

/// The panel.
#[component]
pub(super) fn ChartPanel() -> impl IntoView {
    let state = AppState::here();
    let asked = ask_lens(state);
    let kind = Memo::new(move |_| state.bookmark.read().chart);
    let size = RwSignal::new([0.0f32, 0.0]);
    let place = NodeRef::<leptos::html::Div>::new();
    Effect::new(move |_| {
        if let Some(element) = place.get() {
            observe_size(&element, move |it| size.set(it));
        }
    });
    let chart = Memo::new(move |before: Option<&Option<String>>| {
        let new = chart_of(state, asked, size.get());
        new.or_else(|| before.cloned().flatten())
    });
    let controls = move || {
        view! {
            <Segments
                name="What the chart draws"
                choices=vec![(ChartKind::Logprob, "log p"), (ChartKind::Rank, "rank")]
                chosen=kind
                on_choose=move |it| state.bookmark.update(|all| all.chart = it)
            />
        }
    };
    let about = move || match kind.get() {
        ChartKind::Logprob => "nats".to_owned(),
        ChartKind::Rank => "log scale".to_owned(),
    };
    let legend = move || {
        let (a, b) = asked.get().map_or_else(|| state.pair(), |it| (it.a, it.b));
        view! {
            <span class="key a">"● "{state.word(a)}</span>
            <span class="key b">"■ "{state.word(b)}</span>
        }
    };
    let table = move || match (asked.get(), state.model.get()) {
        (Some(lens), Some(model)) => lens_table(&lens, &model.vocab, state.cursor().pos),
        _ => Table::default(),
    };
    view! {
        <Panel
            name=PanelName::Chart
            title="A and B"
            site=""
            about=Signal::derive(about)
            controls
            legend
            table=Signal::derive(table)
            svg=move |()| {
                chart.get_untracked().map(|it| svg_of_chart(state, &it, size.get_untracked()))
            }
        >
            <div class="chart" node_ref=place inner_html=move || chart.get().unwrap_or_default()></div>
        </Panel>
    }
}

fn chart_of(state: AppState, asked: Asked<AskLens>, size_px: [f32; 2]) -> Option<String> {
    let lens = asked.get()?;
    let cursor = state.cursor();
    let kind = state.bookmark.read().chart;
    let is_open = 1.0 < size_px[0];
    is_open
        .then(|| depth_chart(&lens, kind, [cursor.pos, cursor.depth], state.palette(), size_px))?
}
