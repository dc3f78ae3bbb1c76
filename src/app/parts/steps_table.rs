//! Score, mask, softmax and value of the chosen query, with the actual numbers.

use leptos::prelude::*;
use trace::AttentionRow;

use crate::{
    app::state::AppState,
    view::{Pick, Table, number, steps},
};

/// A row per key, in the order of the prompt.
#[component]
pub(in crate::app) fn StepsTable() -> impl IntoView {
    let state = AppState::here();
    let body = move || {
        let Some(row) = state.row() else {
            return view! { <tr><td colspan="7">{tr!("No value yet")}</td></tr> }.into_any();
        };
        let labels = row.run.labels.clone();
        let sizes = row.weight.values().iter().take(row.query + 1).map(|it| it.abs());
        let most = if row.is_recurrent { sizes.fold(f32::MIN_POSITIVE, f32::max) } else { 1.0 };
        let rows = steps(&row).into_iter().map(|step| {
            let label = labels.get(step.key).cloned().unwrap_or_default();
            let pick = Pick { source: Some(step.key), ..Pick::default() };
            let open = |text: String| if step.is_open { text } else { "—".to_owned() };
            view! {
                <tr
                    class:masked=!step.is_open
                    class:chosen=move || state.cursor().source == step.key
                    on:click=move |_| state.pick(pick)
                >
                    <td>{step.key}" "{label}</td>
                    <td>{number(step.score)}</td>
                    <td>{if step.is_open { tr!("open") } else { tr!("masked") }}</td>
                    <td>{open(number(step.raised))}</td>
                    <td>
                        <i class="cell-bar" style:width=format!("{:.0}px", 48.0 * step.weight.abs() / most)></i>
                        {number(step.weight)}
                    </td>
                    <td>{number(step.value_norm)}</td>
                    <td>{number(step.write_norm)}</td>
                </tr>
            }
        });
        rows.collect_view().into_any()
    };
    view! {
        <div class="table steps" tabindex="0">
            <table>
                <thead>
                    <tr>
                        <th scope="col">{tr!("key")}</th>
                        <th scope="col">{move || heading(state, tr!("score q·k/√d"), tr!("read · written"))}</th>
                        <th scope="col">{tr!("mask")}</th>
                        <th scope="col">
                            {move || heading(state, tr!("exp(score − max)"), tr!("× left × step"))}
                        </th>
                        <th scope="col">{tr!("weight")}</th>
                        <th scope="col">{tr!("|value|")}</th>
                        <th scope="col">{tr!("|write|")}</th>
                    </tr>
                </thead>
                <tbody>{body}</tbody>
            </table>
        </div>
    }
}

/// A heading for attention, or one for a recurrent head.
fn heading(state: AppState, attention: &'static str, recurrent: &'static str) -> &'static str {
    let is_recurrent = state.row().is_some_and(|it| it.is_recurrent);
    if is_recurrent { recurrent } else { attention }
}

/// The same as a table for export.
pub(in crate::app) fn steps_rows(row: &AttentionRow, labels: &[String]) -> Table {
    let mut table = Table::new([
        tr!("position"),
        tr!("key"),
        if row.is_recurrent { tr!("read times written") } else { tr!("score") },
        tr!("mask"),
        if row.is_recurrent { tr!("left times step") } else { tr!("exp(score - max)") },
        tr!("weight"),
        tr!("value length"),
        tr!("write length"),
    ]);
    for step in steps(row) {
        table.rows.push(vec![
            step.key.to_string(),
            labels.get(step.key).cloned().unwrap_or_default(),
            number(step.score),
            if step.is_open { tr!("open") } else { tr!("masked") }.to_owned(),
            number(step.raised),
            number(step.weight),
            number(step.value_norm),
            number(step.write_norm),
        ]);
    }
    table
}
