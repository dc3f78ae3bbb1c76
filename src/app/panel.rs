//! What every panel has: title, one line of what it shows, tools, plot, legend.

use leptos::prelude::*;

use super::{
    export::{save_csv, save_svg},
    icon::{Drawing, Icon},
    state::AppState,
};
use crate::{share::Panel as PanelName, view::Table};

/// A part of the stage. The plot is the child; the table shows the same numbers.
#[component]
pub(super) fn Panel(
    name: PanelName,
    #[prop(into)] title: Signal<String>,
    /// The place that is shown, in grey beside the title.
    #[prop(into)]
    site: Signal<String>,
    /// What this shows, in one line, with its limit.
    #[prop(into)]
    about: Signal<String>,
    #[prop(into)] controls: ViewFn,
    #[prop(into)] legend: ViewFn,
    #[prop(into)] table: Signal<Table>,
    /// The figure as SVG text, where there is one.
    #[prop(into)]
    svg: Callback<(), Option<String>>,
    children: ChildrenFn,
) -> impl IntoView {
    let state = AppState::here();
    let shows_table = Memo::new(move |_| state.tables.read().contains(&name));
    let is_maximised = move || state.bookmark.read().maximised == Some(name);
    let maximise = move |_| {
        state
            .bookmark
            .update(|it| it.maximised = if it.maximised == Some(name) { None } else { Some(name) });
    };
    view! {
        <section
            class=format!("panel panel-{}", id_of(name))
            class:maximised=is_maximised
            class:current=move || state.tab.get() == name
            aria-label=title
            data-panel=id_of(name)
        >
            <header>
                <h2>{title}" "<em>{site}</em></h2>
                <div class="controls">{move || controls.run()}</div>
                <div class="tools">
                    <button
                        class="tool"
                        aria-label="Table of the same numbers"
                        title="Table (T)"
                        aria-pressed=move || shows_table.get().to_string()
                        on:click=move |_| state.toggle_table(name)
                    >
                        <Drawing icon=Icon::Table />
                    </button>
                    <button
                        class="tool"
                        aria-label=move || if is_maximised() { "Restore" } else { "Maximise" }
                        title="Maximise; Esc restores"
                        on:click=maximise
                    >
                        {move || {
                            let icon = if is_maximised() { Icon::Restore } else { Icon::Maximise };
                            view! { <Drawing icon /> }
                        }}
                    </button>
                    <Export name svg table />
                </div>
                <p title=about>{about}</p>
            </header>
            <div class="plot">
                {move || {
                    if shows_table.get() {
                        view! { <TableView table /> }.into_any()
                    } else {
                        children().into_any()
                    }
                }}
            </div>
            <div class="legend">{move || legend.run()}</div>
        </section>
    }
}

#[component]
fn Export(
    name: PanelName,
    svg: Callback<(), Option<String>>,
    table: Signal<Table>,
) -> impl IntoView {
    let state = AppState::here();
    view! {
        <details class="menu">
            <summary class="tool" aria-label="Export" title="Export">
                <Drawing icon=Icon::Export />
            </summary>
            <div>
                <button on:click=move |_| save_svg(state, id_of(name), svg.run(()))>"SVG"</button>
                <button on:click=move |_| {
                    save_csv(state, id_of(name), &table.read_untracked())
                }>"CSV"</button>
            </div>
        </details>
    }
}

/// The same numbers in rows.
#[component]
fn TableView(table: Signal<Table>) -> impl IntoView {
    let head = move || {
        let table = table.read();
        table.headings.iter().map(|it| view! { <th scope="col">{it.clone()}</th> }).collect_view()
    };
    let body = move || {
        let table = table.read();
        let cells =
            |row: &Vec<String>| row.iter().map(|it| view! { <td>{it.clone()}</td> }).collect_view();
        table.rows.iter().map(|row| view! { <tr>{cells(row)}</tr> }).collect_view()
    };
    view! {
        <div class="table" tabindex="0">
            <table>
                <thead>
                    <tr>{head}</tr>
                </thead>
                <tbody>{body}</tbody>
            </table>
        </div>
    }
}

/// A panel's name in links, classes and file names.
pub(super) fn id_of(name: PanelName) -> &'static str {
    PanelName::ALL.iter().find(|it| it.0 == name).map_or("", |it| it.1)
}

/// The colour bar of a legend.
#[component]
pub(super) fn Ramp(
    /// `seq` or `div`, as in the style sheet.
    kind: &'static str,
    #[prop(into)] from: String,
    #[prop(into)] to: String,
    #[prop(into)] unit: String,
) -> impl IntoView {
    let label = format!("colour scale from {from} to {to}");
    view! {
        <span>{from}</span>
        <span class=format!("ramp {kind}") role="img" aria-label=label></span>
        <span>{to}</span>
        <span class="unit">{unit}</span>
    }
}
