//! What the band of the prompt shows of a lab: how well its fact is read, as a number, and the fact
//! itself under each token.

use leptos::prelude::*;
use trace::{AskDecoded, Axis};

use super::study;
use crate::{
    app::state::{AppState, answers::Asked},
    view::{frame::share_place, number, percent},
};

/// How much of the fact the map at the layer that is looked at explains, with the control beside
/// it. What stands there otherwise is `children`.
#[component]
pub(in crate::app) fn LabHeadline(children: ChildrenFn) -> impl IntoView {
    let state = AppState::here();
    let found = Memo::new(move |_| {
        let fact = state.shows_tiles().then(|| study::fact_of(state)).flatten()?;
        let (site, explained) = study::with_probed(state, |it| {
            Some((it.shown.to_string(), study::explained_at_shown(it)?))
        })??;
        Some((fact, site, explained.map(number)))
    });
    move || match found.get() {
        Some((fact, site, [own, untrained])) => view! {
            <div class="frame">
                <div>
                    {tr!("R² of the {fact}", fact)}
                    <small>{tr!("on fresh rows, at {site}", site)}</small>
                </div>
                <div class="headline">
                    <b>{own}</b>
                    <small>{tr!("untrained {value}", value = untrained)}</small>
                </div>
            </div>
        }
        .into_any(),
        None => children(),
    }
}

/// The lab's fact after a token as parts of a bar, where it is a distribution; `asked` is
/// [`ask_decoded`](study::ask_decoded), which all tokens have in common.
#[component]
pub(in crate::app) fn TokenShares(asked: Asked<AskDecoded>, pos: usize) -> impl IntoView {
    let shares = Memo::new(move |_| {
        let told = asked.get()?;
        let [exact, _] = &told.values;
        let count = exact.size(Axis::Slot)?;
        let all: Option<Vec<f32>> = (0..count).map(|slot| exact.get(&[pos, slot])).collect();
        all.filter(|it| is_distribution(it)).map(|it| (told.fact.clone(), it))
    });
    move || {
        let (fact, shares) = shares.get()?;
        let title = tr!(
            "{fact}: {shares}",
            fact,
            shares = shares.iter().map(|it| percent(*it)).collect::<Vec<_>>().join(", ")
        );
        let count = shares.len();
        let part = move |(at, share): (usize, f32)| {
            let style = format!(
                "width: {:.1}%; background: var(--cat-{})",
                100.0 * share,
                share_place(at, count) + 1
            );
            view! { <b style=style></b> }
        };
        Some(view! {
            <i class="shares" title=title>
                {shares.into_iter().enumerate().map(part).collect_view()}
            </i>
        })
    }
}

fn is_distribution(values: &[f32]) -> bool {
    let sum: f32 = values.iter().sum();
    values.iter().all(|it| (0.0..=1.0).contains(it)) && (sum - 1.0).abs() < 1e-3
}

#[cfg(test)]
mod tests {
    use super::is_distribution;

    #[test]
    fn only_parts_of_a_whole_are_drawn_as_a_bar() {
        assert!(is_distribution(&[0.25, 0.75]));
        for values in [&[0.5, 0.25][..], &[1.5, -0.5], &[f32::NAN, 1.0], &[]] {
            assert!(!is_distribution(values), "{values:?}");
        }
    }
}
