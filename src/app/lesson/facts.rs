//! What the page knows of the reader's run, for expressions of lessons.

use lab::lesson::{Fact, Facts, Value};
use leptos::prelude::*;
use trace::{AskTimeScales, Intervention, NamedArray};

use crate::{
    app::state::{AppState, answers::Asked},
    view::{Sampling, candidates, memory_meter, number, percent, shown_text, signed},
};

/// Facts for which the run has to be asked for its time scales.
pub(super) const OF_SCALES: [Fact; 2] = [Fact::StepSize, Fact::HalfLife];

/// The last run, as the page was told of it. Reads signals.
#[derive(Clone, Copy)]
pub(super) struct RunFacts {
    pub(super) state: AppState,
    pub(super) scales: Asked<AskTimeScales>,
}

impl Facts for RunFacts {
    fn get(&self, fact: Fact, arguments: &[Value]) -> Option<Value> {
        let state = self.state;
        let count = |it: usize| Value::Number(it as f64);
        let words = |it: String| (!it.is_empty()).then_some(Value::Text(it));
        let text = || arguments.first()?.text();
        match fact {
            Fact::Top => words(top(state)?),
            Fact::Prob => prob(state, text()?).map(of_f32),
            Fact::Logit => logit(state, state.id(text()?)?).map(of_f32),
            Fact::AMinusB => {
                let (a, b) = state.pair();
                Some(of_f32(logit(state, a)? - logit(state, b)?))
            }
            Fact::Layer => self.lock(|it| it.layer),
            Fact::Head => self.lock(|it| it.head),
            Fact::Pos => self.lock(|it| it.pos),
            Fact::Source => self.lock(|it| it.source),
            Fact::Weight => weight(state).map(of_f32),
            Fact::Cut => {
                let run = state.run.read();
                let place = text()?;
                let is_cut = run.program.interventions.iter().any(|it| touches(it, place));
                Some(Value::Truth(is_cut))
            }
            Fact::NInterventions => Some(count(
                state.run.read().program.interventions.iter().filter(|it| it.is_on).count(),
            )),
            Fact::Model => words(state.run.read().model.clone()),
            Fact::Prompt => Some(Value::Text(state.run.read().prompt.clone())),
            Fact::NTokens => Some(count(state.n_pos())),
            Fact::Token => words(state.labels().get(index(arguments, 0)?)?.clone()),
            Fact::StepSize => self.scale(arguments, |it| &it.step),
            Fact::HalfLife => self.scale(arguments, |it| &it.half_life),
            Fact::KeptBytes => {
                let model = state.model.get()?;
                Some(count(model.shape.memory_bytes(state.n_pos()).iter().sum()))
            }
            Fact::Kept => words(memory_meter(&state.model.get()?.shape, state.n_pos()).join("; ")),
            Fact::MostRead => words(most_read(state)?),
            Fact::Exam => exam(state, text()?).map(|it| of_f32(it.0)),
            Fact::ExamCases => exam(state, text()?).map(|it| count(it.1)),
        }
    }
}

impl RunFacts {
    /// A part of the locked cursor, once there is a run.
    fn lock(&self, part: fn(crate::view::Cursor) -> usize) -> Option<Value> {
        (0 < self.state.n_pos()).then(|| Value::Number(part(self.state.lock()) as f64))
    }

    /// A number of the run's time scales, by layer, head and position.
    fn scale(
        &self,
        arguments: &[Value],
        which: fn(&trace::TimeScales) -> &NamedArray,
    ) -> Option<Value> {
        let place = [index(arguments, 0)?, index(arguments, 1)?, index(arguments, 2)?];
        let scales = self.scales.get()?;
        which(&scales).get(&place).map(of_f32)
    }
}

/// A value as a sentence has it.
pub(super) fn in_words(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Truth(true) => tr!("yes").to_owned(),
        Value::Truth(false) => tr!("no").to_owned(),
        Value::Number(value) if value.is_infinite() => {
            if *value < 0.0 {
                "−∞".to_owned()
            } else {
                "∞".to_owned()
            }
        }
        Value::Number(value) if value.fract() == 0.0 && value.abs() < 1e15 => {
            format!("{value:.0}").replace('-', "−")
        }
        Value::Number(value) => number(*value as f32),
    }
}

fn of_f32(value: f32) -> Value {
    Value::Number(f64::from(value))
}

/// An argument that counts.
fn index(arguments: &[Value], place: usize) -> Option<usize> {
    let value = arguments.get(place)?.number()?;
    (value.fract() == 0.0 && (0.0..1e6).contains(&value)).then_some(value as usize)
}

/// The most probable next word.
fn top(state: AppState) -> Option<String> {
    let logits = state.derived.next.get()?;
    let first = candidates(logits.values(), Sampling::default()).first()?.id;
    Some(shown_text(&state.word(u32::try_from(first).ok()?)))
}

fn prob(state: AppState, word: &str) -> Option<f32> {
    let logits = state.derived.next.get()?;
    let id = state.id(word)? as usize;
    candidates(logits.values(), Sampling::default()).iter().find(|it| it.id == id).map(|it| it.prob)
}

fn logit(state: AppState, id: u32) -> Option<f32> {
    state.derived.next.get()?.values().get(id as usize).copied()
}

/// The weight from the locked position to the locked source.
fn weight(state: AppState) -> Option<f32> {
    let (row, lock) = (state.derived.locked_row.now()?, state.lock());
    let is_of_lock = (row.layer, row.head, row.query) == (lock.layer, lock.head, lock.pos);
    row.weight.get(&[lock.source]).filter(|_| is_of_lock)
}

/// Where the cursor's query reads most.
fn most_read(state: AppState) -> Option<String> {
    let row = state.derived.row.now()?;
    let weights = row.weight.values().iter().copied().enumerate().filter(|it| !it.1.is_nan());
    let (source, weight) = weights.max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))?;
    let labels = state.labels();
    let token = |pos: usize| Some(format!("“{}” ({pos})", labels.get(pos)?));
    let (source, query) = (token(source)?, token(row.query)?);
    let place = tr!("head {head}, L{layer}", head = row.head, layer = row.layer);
    Some(if row.is_recurrent {
        tr!(
            "{place}: {query} takes {amount} of {source}",
            place,
            query,
            amount = signed(weight),
            source
        )
    } else {
        tr!(
            "{place} at {query} reads {source} with {amount}",
            place,
            query,
            source,
            amount = percent(weight)
        )
    })
}

/// Share and number of cases of an exam on the model's card.
fn exam(state: AppState, name: &str) -> Option<(f32, usize)> {
    let model = state.model.get()?;
    let found = model.phenomena.iter().find(|it| it.name == name)?;
    Some((found.accuracy, found.n_cases))
}

/// Whether an intervention that is on is made at a place, at some or all of its positions.
fn touches(intervention: &Intervention, place: &str) -> bool {
    let written = intervention.place.to_string();
    let everywhere = written.split('@').next();
    intervention.is_on && (written == place || everywhere == Some(place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_elsewhere_on_the_page() {
        let number = |it: f64| in_words(&Value::Number(it));
        assert_eq!([number(2.0), number(-3.0), number(0.12345)], ["2", "−3", "0.123"]);
        assert_eq!([number(f64::INFINITY), number(16_400.0)], ["∞", "16400"]);
        assert_eq!(in_words(&Value::Truth(true)), "yes");
    }

    #[test]
    fn an_intervention_touches_its_place_at_any_position_while_it_is_on() {
        for (text, place, wanted) in [
            ("head.2.1 scale 0", "head.2.1", true),
            ("head.2.1@4 scale 0", "head.2.1", true),
            ("head.2.1@4 scale 0", "head.2.1@4", true),
            ("head.2.1@4 scale 0", "head.2.1@5", false),
            ("head.2.11 scale 0", "head.2.1", false),
            ("~head.2.1 scale 0", "head.2.1", false),
            ("blocks.1.resid_post@3-5 add 4 token(barn)", "blocks.1.resid_post", true),
        ] {
            assert_eq!(touches(&text.parse().unwrap(), place), wanted, "{text} {place}");
        }
    }

    #[test]
    fn what_counts_is_whole_and_not_negative() {
        let index = |it: f64| index(&[Value::Number(it)], 0);
        assert_eq!([index(3.0), index(2.5), index(-1.0), index(1e9)], [Some(3), None, None, None]);
    }
}
