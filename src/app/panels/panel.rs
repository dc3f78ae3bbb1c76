//! What every panel has: title, one line of what it shows, tools, plot, legend.

use leptos::{html, prelude::*};

use super::PanelRow;
use crate::{
    app::{
        browser::{after, focus},
        parts::{
            export::{Picture, Words, legend_of, save_csv, save_svg, slug},
            icon::{Drawing, Icon},
            menu::Menu,
        },
        state::AppState,
    },
    share::Place,
    text,
    view::{Table, frame::network_hue},
};

/// A part of the stage. The plot is the child; the table shows the same numbers.
#[component]
pub(in crate::app) fn Panel(
    place: Place,
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
    /// The figure to take away, where there is one.
    #[prop(into)]
    svg: Callback<(), Option<Picture>>,
    /// What runs along the sides of the figure, for those who have it without the page.
    #[prop(optional, into)]
    axes: MaybeProp<String>,
    /// All numbers of the figure, where the table shows those of the cursor alone.
    #[prop(optional)]
    data: Option<Callback<(), Option<Table>>>,
    /// Whether no other panel can stand here.
    #[prop(optional)]
    is_fixed: bool,
    children: ChildrenFn,
) -> impl IntoView {
    let state = AppState::here();
    let id = Memo::new(move |_| state.panel_at(place).id);
    let legend_place = NodeRef::<html::Div>::new();
    let save_picture = move |()| {
        let words = move || Words {
            title: format!("{} {}", title.get(), site.get()).trim().to_owned(),
            lines: [Some(about.get()), axes.get()].into_iter().flatten().collect(),
            legend: legend_place.get().map(|it| legend_of(&it)).unwrap_or_default(),
        };
        let text = svg.run(()).map(|it| it.with(untrack(words)));
        save_svg(state, &slug(&title.get_untracked()), text);
    };
    let save_values = move |()| {
        let all = data.and_then(|it| it.run(())).unwrap_or_else(|| table.get_untracked());
        save_csv(state, &slug(&title.get_untracked()), &all);
    };
    let shows_table = Memo::new(move |_| state.tables.read().contains(&place));
    let is_maximised = move || state.bookmark.read().maximised == Some(place);
    view! {
        <section
            class=format!("panel place-{}", place.name())
            class:maximised=is_maximised
            class:current=move || state.tab.get() == place
            class:spotlit=move || state.lessons.points_at(place, id.get())
            aria-label=title
            data-place=place.name()
            data-panel=move || id.get()
        >
            <header>
                <div class="heading">
                    <h2><b>{title}</b>" "<em>{site}</em></h2>
                    {(!is_fixed).then(|| view! { <Here place /> })}
                </div>
                {(!is_fixed).then(|| view! { <Network place /> })}
                <Tools place save_picture save_values />
                <div class="line">
                    <div class="controls">{move || controls.run()}</div>
                    <p>{about}</p>
                </div>
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
            <div class="legend" node_ref=legend_place>{move || legend.run()}</div>
        </section>
    }
}

/// In a lab, where several networks are on the stage: which one this panel is of.
#[component]
fn Network(place: Place) -> impl IntoView {
    let state = AppState::here();
    let name = move || {
        place.tile()?;
        let lab = state.open_lab.get()?;
        let found = lab.network_of(&state.bookmark.read().model)?;
        let colour = network_hue(found.place, false, state.palette()).css();
        let name = lab.lab.networks[found.place].name.clone();
        Some(view! { <small class="of" style:border-color=colour>{name}</small> })
    };
    view! { {name} }
}

/// The same at every panel: its table, all of the stage, and files.
#[component]
fn Tools(
    place: Place,
    #[prop(into)] save_picture: Callback<()>,
    #[prop(into)] save_values: Callback<()>,
) -> impl IntoView {
    let state = AppState::here();
    let shows_table = Memo::new(move |_| state.tables.read().contains(&place));
    let is_maximised = move || state.bookmark.read().maximised == Some(place);
    let maximise = move |_| {
        state.bookmark.update(|it| {
            it.maximised = if it.maximised == Some(place) { None } else { Some(place) }
        });
    };
    view! {
        <div class="tools">
            <button
                class="tool"
                aria-label=tr!("Table of the same numbers")
                title=tr!("Table (T)")
                aria-pressed=move || shows_table.get().to_string()
                on:click=move |_| state.toggle_table(place)
            >
                <Drawing icon=Icon::Table />
            </button>
            <button
                class="tool"
                aria-label=move || if is_maximised() { tr!("Restore") } else { tr!("Maximise") }
                title=tr!("Maximise (M); Esc restores")
                on:click=maximise
            >
                {move || {
                    let icon = if is_maximised() { Icon::Restore } else { Icon::Maximise };
                    view! { <Drawing icon /> }
                }}
            </button>
            <Menu
                class="export"
                summary_class="tool"
                label=tr!("Export")
                summary=|| view! { <Drawing icon=Icon::Export /> }
            >
                <button on:click=move |_| save_picture.run(())>{tr!("SVG")}</button>
                <button on:click=move |_| save_values.run(())>{tr!("CSV")}</button>
            </Menu>
        </div>
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

/// The title as a menu of what fits the place: the browser's own, laid over the title, so that the
/// heading's text stays its own.
#[component]
fn Here(place: Place) -> impl IntoView {
    let state = AppState::here();
    let id = Memo::new(move |_| state.panel_at(place).id);
    let option = move |row: &'static PanelRow| {
        let lack = move || state.model.read().as_ref().and_then(|it| row.lacks(&it.shape));
        let text = move || match lack() {
            Some(lack) => format!("{} ({lack})", text::of(row.name)),
            None => text::of(row.name).to_owned(),
        };
        view! {
            <option value=row.id disabled=move || lack().is_some()
                prop:selected=move || id.get() == row.id>{text}</option>
        }
    };
    let choose = move |event| {
        let chosen = event_target_value(&event);
        state.bookmark.update(|it| drop(it.panels.insert(place, chosen)));
        // The panel is another one now; the focus stays on its title.
        after(0, move || focus(&format!("[data-place={}] .heading select", place.name())));
    };
    view! {
        <select aria-label=tr!("Panel in this place") title=tr!("Panel in this place") on:change=choose>
            {PanelRow::fitting(place).map(option).collect_view()}
        </select>
    }
}

/// The colour bar of a legend.
#[component]
pub(in crate::app) fn Ramp(
    /// `seq` or `div`, as in the style sheet.
    kind: &'static str,
    #[prop(into)] from: String,
    #[prop(into)] to: String,
    #[prop(into)] unit: String,
) -> impl IntoView {
    let label = tr!("colour scale from {from} to {to}", from, to);
    view! {
        <span>{from}</span>
        <span class=format!("ramp {kind}") role="img" aria-label=label></span>
        <span>{to}</span>
        <span class="unit">{unit}</span>
    }
}
