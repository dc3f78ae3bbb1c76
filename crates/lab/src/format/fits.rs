//! Whether a measure fits its task.

use std::collections::BTreeSet;

use super::{ALL_BITS, At, Measure, MeasureKind, WEIGHTS_BITS, task::Exercise};
use crate::task::{ChaCha8Rng, Fact, Size, Targets};

/// A row of the first size of the exam.
fn sample(exercise: &Exercise) -> crate::task::Row {
    use rand_chacha::rand_core::SeedableRng;
    let size = exercise.exam.first().copied().unwrap_or(Size(1));
    exercise.task.row(size, &mut ChaCha8Rng::seed_from_u64(0))
}

/// The fact of this name, where the task has it.
pub(super) fn fact_of(exercise: &Exercise, name: &str) -> Option<Fact> {
    sample(exercise).fact(name).cloned()
}

/// What of a measure does not fit its task: the field, and what is wrong.
pub(super) fn kind_fits(
    measure: &Measure,
    exercise: &Exercise,
) -> Result<(), (&'static str, String)> {
    let is_probe = measure.kind == MeasureKind::Unexplained;
    if is_probe {
        let known = measure.fact.as_ref().and_then(|it| fact_of(exercise, it));
        if known.is_none() {
            return Err(("fact", "must be a fact of the task".to_owned()));
        }
        if measure.of.is_empty() {
            return Err(("of", "name at least one site, such as blocks.0.resid_post".to_owned()));
        }
        if measure.at != At::Counted {
            return Err(("at", "a probe reads all positions that count".to_owned()));
        }
    } else if measure.fact.is_some() || !measure.of.is_empty() {
        return Err(("fact", "only probes have `fact` and `of`".to_owned()));
    } else if measure.each || measure.shuffled {
        return Err(("each", "only probes have `each` and `shuffled`".to_owned()));
    }
    order_fits(measure, exercise)?;
    sweep_fits(measure)?;
    let is_distribution = matches!(sample(exercise).targets, Targets::Distributions { .. });
    if measure.kind == MeasureKind::Kl && !is_distribution {
        return Err((
            "kind",
            "this task has one right word, no distribution; take loss".to_owned(),
        ));
    }
    Ok(())
}

fn order_fits(measure: &Measure, exercise: &Exercise) -> Result<(), (&'static str, String)> {
    let is_averaged = 0 < measure.orders;
    if is_averaged && measure.kind != MeasureKind::Kl {
        return Err(("orders", "only kl is taken of a mean over orders".to_owned()));
    }
    if !is_averaged && measure.kind != MeasureKind::Order {
        return Ok(());
    }
    if !exercise.task.is_exchangeable() {
        return Err(("kind", "in this task the order of a row's items means something".to_owned()));
    }
    if measure.at != At::Last {
        return Err(("at", "orders are compared where all items have been seen: last".to_owned()));
    }
    Ok(())
}

fn sweep_fits(measure: &Measure) -> Result<(), (&'static str, String)> {
    for (name, values) in &measure.sweep {
        if name != WEIGHTS_BITS {
            return Err(("sweep", format!("{name:?} cannot be changed; there is: {WEIGHTS_BITS}")));
        }
        let is_known = |it: &usize| (2..=16).contains(it) || *it == ALL_BITS;
        let once: BTreeSet<_> = values.iter().collect();
        if values.is_empty() || once.len() != values.len() || !values.iter().all(is_known) {
            return Err(("sweep", "name bits from 2 to 16, or 32 for all, each once".to_owned()));
        }
    }
    if !measure.sweep.is_empty() && measure.kind == MeasureKind::Unexplained {
        return Err(("sweep", "a probe has no sweep".to_owned()));
    }
    Ok(())
}
