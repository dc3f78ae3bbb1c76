//! Tokens A and B along the depth.

use leptos::prelude::*;

use super::{lens::Lenses, panel::Panel};
use crate::{
    app::{
        browser::observe_size,
        parts::{export::svg_of_chart, segments::Choice},
        state::AppState,
    },
    share::Place,
    view::{ChartKind, Table, depth_chart, pair_table, shown_text},
};

/// How large the chart is in a file: wide enough for the names of the depths.
const SAVED_PX: [f32; 2] = [380.0, 280.0];

/// The panel.
#[component]
pub(in crate::app) fn ChartPanel(place: Place) -> impl IntoView {
    let state = AppState::here();
    let lenses = Lenses::ask(state);
    let asked = lenses.now;
    let kind = Memo::new(move |_| state.bookmark.read().chart);
    let size = RwSignal::new([0.0f32, 0.0]);
    let plot = NodeRef::<leptos::html::Div>::new();
    Effect::new(move |_| {
        if let Some(element) = plot.get() {
            observe_size(&element, move |it| size.set(it));
        }
    });
    let chart = Memo::new(move |before: Option<&Option<String>>| {
        let new = chart_of(state, lenses, size.get());
        new.or_else(|| before.cloned().flatten())
    });
    let controls = move || {
        view! {
            <Choice
                name=tr!("What the chart draws")
                choices=vec![(ChartKind::Logprob, text!("log p")), (ChartKind::Rank, text!("rank"))]
                chosen=kind
                on_choose=move |it| state.bookmark.update(|all| all.chart = it)
            />
        }
    };
    let about = move || match kind.get() {
        ChartKind::Logprob => tr!("by depth, nats").to_owned(),
        ChartKind::Rank => tr!("by depth, log scale").to_owned(),
    };
    let table = move || {
        let Some(lens) = asked.get() else { return Table::default() };
        let [a, b] = [lens.a, lens.b].map(|it| shown_text(&state.word(it)));
        let is_rank = kind.get() == ChartKind::Rank;
        pair_table(&lens, [&a, &b], is_rank, state.cursor().pos)
    };
    view! {
        <Panel
            place
            title=tr!("A and B")
            site=""
            about=Signal::derive(about)
            controls
            legend=move || legend(state, lenses)
            table=Signal::derive(table)
            axes=tr!("Up: depth. Across: what the logit lens gives A and B.")
            svg=move |()| {
                let chart = untrack(|| chart_of(state, lenses, SAVED_PX));
                chart.map(|it| svg_of_chart(state, &it, SAVED_PX))
            }
        >
            <div class="chart" node_ref=plot inner_html=move || chart.get().unwrap_or_default()></div>
        </Panel>
    }
}

fn chart_of(state: AppState, lenses: Lenses, size_px: [f32; 2]) -> Option<String> {
    let lens = lenses.now.get()?;
    let unchanged = lenses.unchanged.get();
    let cursor = state.cursor();
    let kind = state.bookmark.read().chart;
    let is_open = 1.0 < size_px[0];
    is_open.then(|| {
        depth_chart(
            (&lens, unchanged.as_ref()),
            kind,
            [cursor.pos, cursor.depth],
            state.palette(),
            size_px,
        )
    })?
}

fn legend(state: AppState, lenses: Lenses) -> impl IntoView {
    let (a, b) = lenses.now.get().map_or_else(|| state.pair(), |it| (it.a, it.b));
    view! {
        <span class="key a">"● "{state.word(a)}</span>
        <span class="key b">"■ "{state.word(b)}</span>
        {lenses.unchanged.get().map(|_| view! { <span class="key">{tr!("┄ unchanged")}</span> })}
    }
}
