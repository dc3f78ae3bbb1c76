//! The table of a lab's claims.

use trace::{Entry, Fact, FactValues, Frame, FrameError, FrameParts, Outcome, Side};

use super::{Rows, conditions, within};
use crate::{
    claim::{Finding, Outcome as Tested},
    format::{Expect, Lab, MeasureKind},
    stats::Estimate,
};

/// The claims of a lab with what was found, a row each.
///
/// # Errors
/// [`FrameError`], where there are fewer findings than claims.
pub fn claims(lab: &Lab, findings: &[Finding]) -> Result<Frame, FrameError> {
    let width = findings.iter().map(|it| it.ours.len()).max().unwrap_or(0);
    let mut rows = Rows::default();
    for (claim, finding) in lab.claims.iter().zip(findings) {
        let unit = unit_of(lab, finding);
        let ours = finding.ours.iter().map(|it| match unit.as_str() {
            "%" => Some(scaled(within(it.estimate, Some([0.0, 1.0])), 100.0)),
            _ => Some(it.estimate),
        });
        let missing = std::iter::repeat_n(None, width - finding.ours.len());
        let entry = Entry { name: claim.text.clone(), unit: unit.clone(), ..Entry::default() };
        rows.add(entry, ours.chain(missing).collect());
    }
    let named =
        |it: &Finding| it.ours.iter().map(|it| it.name.as_str()).collect::<Vec<_>>().join(" : ");
    let texts =
        |name: &str, of: Vec<String>| Fact { name: name.to_owned(), values: FactValues::Texts(of) };
    let why = |claim: &crate::format::Claim| {
        claim.why.clone().or_else(|| claim.scale.clone()).unwrap_or_default()
    };
    let outcomes = lab.claims.iter().zip(findings).map(|(it, of)| outcome(it.expect, of.outcome));
    let facts = vec![
        texts(Fact::THEIRS, lab.claims.iter().map(|it| it.theirs.clone()).collect()),
        texts(Fact::WHY, lab.claims.iter().map(why).collect()),
        texts("numbers", findings.iter().map(named).collect()),
        texts("test", lab.claims.iter().map(|it| it.test.clone()).collect()),
        Fact { name: "outcome".into(), values: FactValues::Outcomes(outcomes.collect()) },
    ];
    let column = |place: usize| Entry { name: format!("ours {}", place + 1), ..Entry::default() };
    Frame::new(FrameParts {
        about: conditions(lab, lab.tasks.first().map_or(0, |it| it.exam_rows)),
        rows: Side { name: "claim".into(), entries: rows.entries, facts, ..Side::default() },
        columns: Side { entries: (0..width).map(column).collect(), ..Side::default() },
        values: rows.values,
        intervals: rows.intervals,
        ..FrameParts::default()
    })
}

/// What a claim's numbers are counted in, where all are of one kind.
fn unit_of(lab: &Lab, finding: &Finding) -> String {
    let kind = |name: &str| Some(lab.measure(name.split('(').next()?)?.kind);
    let unit = |kind: MeasureKind| match kind {
        MeasureKind::Accuracy | MeasureKind::Exact => "%",
        MeasureKind::Loss | MeasureKind::Kl => "nats",
        MeasureKind::Unexplained | MeasureKind::Order => "",
    };
    let mut units = finding.ours.iter().map(|it| kind(&it.name).map_or("", unit));
    let first = units.next().unwrap_or("");
    if units.all(|it| it == first) { first.to_owned() } else { String::new() }
}

fn scaled(estimate: Estimate, factor: f64) -> Estimate {
    let Estimate { value, low, high } = estimate;
    Estimate { value: factor * value, low: factor * low, high: factor * high }
}

/// What came out; "not at this size" is what the lab's author makes of a claim that is not met.
fn outcome(expect: Expect, tested: Tested) -> Outcome {
    match (tested, expect) {
        (Tested::Met, _) => Outcome::Met,
        (Tested::NotMet, Expect::NotAtThisSize) => Outcome::NotAtThisSize,
        (Tested::NotMet, _) => Outcome::NotMet,
        (Tested::Undecided, _) => Outcome::Undecided,
    }
}
