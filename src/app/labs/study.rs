//! What the lab's task knows of every position, read from the stream of the network that runs: a
//! study that goes on between runs, its pictures, and the fact set by hand.

use std::sync::Arc;

use lab::format::{View, ViewKind};
use leptos::prelude::*;
use trace::{
    AskDecoded, Frame, Intervention, Job, JobResult, Op, Part, Place as Where, ProbeJob, Probed,
    Program, Role, Site, SitePattern, Source, Target,
};

use super::tile::{FramePanel, kind_of};
use crate::{
    app::state::{AppState, answers::Asked},
    link::JobState,
    share::Place,
};

/// Rows of the study: half to fit the maps on, half to judge them.
const N_ROWS: usize = 600;
/// Points that are drawn.
const N_POINTS: usize = 2_000;

/// The places of the stream that are read.
const SITES: [&str; 3] = ["blocks.0.resid_pre", "blocks.*.resid_mid", "blocks.*.resid_post"];

/// The fact that the lab's views draw, where one does.
pub(super) fn fact_of(state: AppState) -> Option<String> {
    let lab = state.open_lab.get()?;
    lab.views().find_map(|it| it.1.fact.clone())
}

/// The site after the layer that is looked at: the last one where none was chosen.
fn shown(state: AppState) -> Option<Site> {
    let last = state.model.read().as_ref()?.shape.n_layers.saturating_sub(1);
    let layer = state.bookmark.read().pick.layer.map_or(last, |it| it.min(last));
    Some(Site::block(layer, Part::ResidPost))
}

/// Which rows the study reads, for what stands on the stage of a lab.
#[derive(Clone, Copy)]
struct Draw(RwSignal<u64>);

/// Keeps a study of the network that runs under way while its lab is open.
pub(super) fn connect(state: AppState) {
    let draw = RwSignal::new(0);
    provide_context(Draw(draw));
    let wanted = Memo::new(move |_| {
        let (lab, fact) = (state.open_lab.get()?, fact_of(state)?);
        let running = lab.network_of(&state.bookmark.read().model)?;
        let spec = lab.lab.tasks.first()?;
        // What was fitted to other weights says nothing of these.
        let run = state.run.read();
        let is_here = run.model == running.model && run.step == state.bookmark.read().checkpoint;
        let job = ProbeJob {
            task: spec.id.clone(),
            args: spec.args.clone(),
            size: spec.exercise().ok()?.trained[1],
            n_rows: N_ROWS,
            seed: running.seed,
            draw: draw.get(),
            fact,
            sites: SITES.map(SitePattern::from).to_vec(),
            shown: shown(state),
            n_points: N_POINTS,
        };
        is_here.then_some((running.model, run.step, job))
    });
    Effect::new(move |_| {
        if let Some((_, _, job)) = wanted.get() {
            state.start_job(Job::Probe(job));
        }
    });
    on_cleanup(move || state.stop_job());
}

/// Works with what came of the study, if it is done.
pub(super) fn with_probed<T>(state: AppState, work: impl FnOnce(&Probed) -> T) -> Option<T> {
    match &*state.job.read() {
        JobState::Done(result) => {
            let JobResult::Probe(probed) = result.as_ref();
            Some(work(probed))
        }
        _ => None,
    }
}

/// The question about the prompt on the page, once there is a map that answers it.
pub(in crate::app) fn ask_decoded(state: AppState) -> Asked<AskDecoded> {
    state.ask(move || {
        let site = with_probed(state, |it| it.shown)?;
        Some(AskDecoded { site, fact: fact_of(state)? })
    })
}

/// Has the maps fitted and judged on rows that nothing has read before.
#[component]
pub(super) fn OtherRows() -> impl IntoView {
    let state = AppState::here();
    let draw = use_context::<Draw>();
    let has_fact = Memo::new(move |_| fact_of(state).is_some());
    draw.map(|Draw(draw)| {
        let again = move |_| draw.update(|it| *it += 1);
        view! {
            <Show when=move || has_fact.get()>
                <div class="scenes">
                    <button class="button line" on:click=again>{tr!("Fit on other rows")}</button>
                </div>
            </Show>
        }
    })
}

/// Points of the study with the prompt's own as a path among them.
#[component]
pub(super) fn StudyTile(place: Place, view: View) -> impl IntoView {
    let state = AppState::here();
    let is_exact = view.series.as_deref() == Some("exact");
    let asked = ask_decoded(state);
    let of = move |it: &Probed| if is_exact { it.exact.clone() } else { it.decoded.clone() };
    let points = Memo::new(move |before: Option<&Option<Frame>>| {
        let new = with_probed(state, of);
        // The last good picture stands while the next study is under way.
        new.or_else(|| before.cloned().flatten())
    });
    let joined = Memo::new(move |_| {
        let points = points.get()?;
        let n_points = points.size()[0];
        let own = asked.get().and_then(|it| {
            let own = if is_exact { &it.exact } else { &it.decoded };
            points.followed_by(own).ok()
        });
        let path = own.as_ref().map_or(0..0, |it| n_points..it.size()[0]);
        Some((Arc::new(own.unwrap_or(points)), path.collect::<Vec<_>>()))
    });
    let frame = Signal::derive(move || joined.get().map(|it| it.0));
    let path = Signal::derive(move || joined.get().map(|it| it.1).unwrap_or_default());
    let title = super::tile::title(&view);
    let kind = kind_of(view.kind);
    let fact = view.fact.unwrap_or_default();
    let about = move || {
        let site = shown(state).map_or_else(String::new, |it| it.to_string());
        if is_exact {
            tr!("The {fact} that exact inference has after each token; in ink, your prompt.", fact)
        } else {
            tr!("The same, read by one affine map from {site}; choose the layer at the left.", site)
        }
    };
    let legend = move || Some(told(state, is_exact));
    view! {
        <FramePanel place kind frame title about=Signal::derive(about)
            legend=Signal::derive(legend) path />
    }
}

/// How far the study is, or what it found.
fn told(state: AppState, is_exact: bool) -> String {
    match &*state.job.read() {
        JobState::None => tr!("no study yet").to_owned(),
        JobState::Failed(why) => why.clone(),
        JobState::Running { done, of, secs_left } => {
            let share = 100 * done / (*of).max(1);
            match secs_left.map(|it| format!("{it:.0}")) {
                Some(secs) => tr_n!(
                    N_ROWS,
                    "fitting on {n} fresh row: {share} %, {secs} s left",
                    "fitting on {n} fresh rows: {share} %, {secs} s left",
                    share,
                    secs
                ),
                None => tr_n!(
                    N_ROWS,
                    "fitting on {n} fresh row: {share} %",
                    "fitting on {n} fresh rows: {share} %",
                    share
                ),
            }
        }
        JobState::Done(result) => {
            let JobResult::Probe(probed) = result.as_ref();
            let n = probed.exact.size()[0];
            if is_exact {
                return tr_n!(
                    n,
                    "colour: the belief itself · {n} point of fresh rows",
                    "colour: the belief itself · {n} points of fresh rows"
                );
            }
            tr!("colour: the true belief · {explained}", explained = explained(probed))
        }
    }
}

/// The column of the site that is shown, among those of R².
fn column_of_shown(probed: &Probed) -> Option<usize> {
    let name = probed.shown.to_string();
    probed.by_site.columns().entries.iter().position(|it| it.name == name)
}

/// R² at the site that is shown: of the network, and of the same before its first step.
pub(super) fn explained_at_shown(probed: &Probed) -> Option<[f32; 2]> {
    let column = column_of_shown(probed)?;
    let frame = &probed.by_site;
    let of = |role: Role| {
        let row = frame.rows().entries.iter().position(|it| it.role == role)?;
        Some(frame.value(row, column))
    };
    Some([of(Role::Measured)?, of(Role::Untrained)?])
}

/// R² at the site that is shown, beside the controls.
fn explained(probed: &Probed) -> String {
    let Some(column) = column_of_shown(probed) else { return String::new() };
    let frame = &probed.by_site;
    let row = |row: usize| {
        let name = frame.rows().entry_name(row);
        format!("{name} {:.4}", frame.value(row, column)).replace('-', "−")
    };
    let rows: Vec<String> = (0..frame.size()[0]).map(row).collect();
    format!("R² {}", rows.join(", "))
}

/// Sets the fact at the cursor by hand, so that what comes next can be seen to follow.
#[component]
pub(super) fn SetFact() -> impl IntoView {
    let state = AppState::here();
    let names = Memo::new(move |_| {
        // Only where corners are the fact's own numbers, not axes of a plane.
        let lab = state.open_lab.get()?;
        lab.views().find(|it| it.1.kind == ViewKind::Simplex)?;
        with_probed(state, |it| {
            let corners = it.exact.columns().entries.iter();
            corners.map(|it| it.name.clone()).collect::<Vec<_>>()
        })
    });
    let set = move |value: Vec<f32>| {
        let (Some(site), Some(fact)) = untrack(|| (shown(state), fact_of(state))) else { return };
        let at = Where::all(Target::Sites(site.to_string().as_str().into()));
        let source = Source::Fact { fact, value };
        let set = Op::Set { source, strength: 1.0 };
        let place = at.at(untrack(|| state.lock().pos));
        state.change_program(|it| {
            take_facts_out(it);
            it.interventions.push(Intervention::new(place, set));
        });
    };
    let buttons = move || {
        let names = names.get()?;
        let count = names.len();
        let button = |(at, name): (usize, String)| {
            let value: Vec<f32> = (0..count).map(|it| f32::from(u8::from(it == at))).collect();
            view! {
                <button class="button line" on:click=move |_| set(value.clone())>
                    {tr!("certain of {name}", name)}
                </button>
            }
        };
        Some(view! {
            <h3>{tr!("Set the belief")}</h3>
            <p class="muted">
                {tr!(
                    "At the cursor the stream moves, along the map, until another belief is read there. \
                     What the network says next should follow Bayes."
                )}
            </p>
            <div class="scenes">
                {names.into_iter().enumerate().map(button).collect_view()}
                <button class="button line" on:click=move |_| state.change_program(take_facts_out)>
                    {tr!("as it was")}
                </button>
            </div>
        })
    };
    view! { {buttons} }
}

/// Leaves out what sets a fact.
fn take_facts_out(program: &mut Program) {
    let sets_fact =
        |it: &Intervention| matches!(it.op, Op::Set { source: Source::Fact { .. }, .. });
    program.interventions.retain(|it| !sets_fact(it));
}
