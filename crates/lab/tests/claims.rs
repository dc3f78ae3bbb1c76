//! Claims: what can be read, what it comes to, and that nothing makes it panic.

#![allow(
    clippy::unwrap_used,
    clippy::too_many_lines,
    reason = "allow-unwrap-in-tests covers test functions only, and tables of cases are long"
)]

use lab::{
    claim::{EvaluateError, Outcome, Test},
    format::{Expect, Measured, Run, VERSION, Value},
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A network's values: `(seed, size, value, half-width over rows)`.
fn runs(network: &str, measure: &str, values: &[(u64, usize, f64, f64)]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for &(seed, size, value, half) in values {
        let found = runs.iter().position(|it| it.seed == seed);
        let place = found.unwrap_or_else(|| {
            runs.push(Run {
                network: network.to_owned(),
                seed,
                step: 1,
                sha256: String::new(),
                n_params: 1,
                cpu_minutes: None,
                values: Vec::new(),
                timeline: Vec::new(),
            });
            runs.len() - 1
        });
        runs[place].values.push(Value {
            measure: measure.to_owned(),
            at: [("steps".to_owned(), size)].into(),
            value,
            n: 100,
            interval: [value - half, value + half],
            site: None,
        });
    }
    runs
}

fn measured() -> Measured {
    let mut all = runs(
        "a",
        "right",
        &[
            (1, 5, 1.0, 0.0),
            (2, 5, 1.0, 0.0),
            (3, 5, 1.0, 0.0),
            (1, 10, 0.8, 0.01),
            (2, 10, 0.9, 0.01),
            (3, 10, 0.85, 0.01),
            (1, 20, 0.5, 0.01),
            (2, 20, 0.6, 0.01),
            (3, 20, 0.55, 0.01),
        ],
    );
    all.extend(runs(
        "b-1",
        "right",
        &[(1, 10, 0.7, 0.01), (2, 10, 0.8, 0.01), (3, 10, 0.75, 0.01), (1, 20, 0.4, 0.03)],
    ));
    all.extend(runs("one", "loss", &[(1, 10, 2.0, 0.3), (1, 20, 3.0, 0.4), (1, 40, 5.0, 0.1)]));
    all.extend(runs("other", "loss", &[(9, 10, 1.0, 0.1)]));
    Measured { version: VERSION, lab: "test".into(), runs: all }
}

#[track_caller]
fn outcome(text: &str) -> Outcome {
    Test::parse(text).unwrap().evaluate(&measured()).unwrap().outcome
}

#[track_caller]
fn difference(text: &str) -> [f64; 3] {
    let finding = Test::parse(text).unwrap().evaluate(&measured()).unwrap();
    let it = finding.compared[0].difference;
    [it.value, it.low, it.high]
}

#[track_caller]
fn is_near(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-9, "{found}, not {expected}");
}

#[test]
fn a_comparison_is_met_where_its_whole_interval_is() {
    // 0.85 ± 4.303 · 0.05 / √3, so from 0.726 to 0.974.
    assert_eq!(outcome("right(a; steps=10) > 0.72"), Outcome::Met);
    assert_eq!(outcome("right(a; steps=10) > 0.73"), Outcome::Undecided);
    assert_eq!(outcome("right(a; steps=10) > 0.97"), Outcome::Undecided);
    assert_eq!(outcome("right(a; steps=10) > 0.98"), Outcome::NotMet);
    assert_eq!(outcome("right(a; steps=10) < 0.98"), Outcome::Met);
    assert_eq!(outcome("right(a; steps=10) < 0.72"), Outcome::NotMet);
    // Equal and exact: only the signs that allow equality are met.
    assert_eq!(outcome("right(a; steps=5) >= 1 && right(a; steps=5) <= 1"), Outcome::Met);
    assert_eq!(outcome("right(a; steps=5) > 1"), Outcome::NotMet);
    assert_eq!(outcome("right(a; steps=5) < 1"), Outcome::NotMet);
}

#[test]
fn seeds_are_paired() {
    // Each seed differs by exactly 0.1, though seeds differ as much among themselves: what is left
    // is the interval over rows, √(0.01² + 0.01²) in each of three seeds.
    let [value, low, high] = difference("right(a; steps=10) > right(b-1; steps=10)");
    is_near(value, 0.1);
    let half = (2.0f64 * 0.01 * 0.01).sqrt() / 3.0f64.sqrt();
    is_near(low, 0.1 - half);
    is_near(high, 0.1 + half);
    // At 20 only seed 1 is common, so rows alone speak, and the finding says so.
    let finding = Test::parse("right(a; steps=20) > right(b-1; steps=20)").unwrap();
    let finding = finding.evaluate(&measured()).unwrap();
    assert_eq!(finding.compared[0].n_seeds, 1);
    is_near(finding.compared[0].difference.value, 0.1);
    is_near(finding.compared[0].difference.low, 0.1 - (0.01f64.powi(2) + 0.03f64.powi(2)).sqrt());
    assert_eq!(finding.ours.iter().map(|it| it.n_seeds).collect::<Vec<_>>(), [3, 1]);
    assert_eq!(finding.ours[0].name, "right(a; steps=20)");
}

#[test]
fn arithmetic_binds_as_usual() {
    let value = |text: &str| difference(&format!("{text} > 0"))[0];
    is_near(value("1 + 2 * 3 - 4 / 2"), 5.0);
    is_near(value("(1 + 2) * 3"), 9.0);
    is_near(value("2 - 3 - 4"), -5.0);
    is_near(value("-2 * -3"), 6.0);
    is_near(value("− 2 · 3"), -6.0);
    is_near(value("1e-3 + 2.5E2"), 250.001);
    is_near(value("min(3, 1, 2) + max(3, 1, 2)"), 4.0);
    is_near(value("loss(one; steps=20) - loss(one; steps=10)"), 1.0);
    is_near(value("loss(one; steps=20) / loss(one; steps=10)"), 1.5);
}

#[test]
fn series_have_slopes_and_correlations() {
    // 2, 3, 5 at 10, 20, 40: exactly 0.1 a step.
    is_near(difference("slope(loss(one; steps=*)) > 0")[0], 0.1);
    is_near(difference("corr(loss(one; steps=*)) > 0")[0], 1.0);
    is_near(difference("min(loss(one; steps=*)) > 0")[0], 2.0);
    is_near(difference("max(loss(one; steps=*)) > 0")[0], 5.0);
    // Falling for every seed, and in step with itself.
    assert_eq!(outcome("slope(right(a; steps=*)) < 0"), Outcome::Met);
    is_near(difference("corr(right(a; steps=*), right(a; steps=*)) > 0")[0], 1.0);
    // The interval over rows of a slope: each value moves it by its own weight.
    let [value, low, _] = difference("slope(loss(one; steps=*)) > 0");
    let x = [10.0, 20.0, 40.0].map(|it| it - 70.0 / 3.0);
    let xx: f64 = x.iter().map(|it| it * it).sum();
    let half = x.iter().zip([0.3, 0.4, 0.1]).map(|(x, half)| (x / xx * half).powi(2)).sum::<f64>();
    is_near(value - low, half.sqrt());
}

#[test]
fn undecided_goes_either_way() {
    let maybe = "right(a; steps=10) > 0.85";
    for (text, expected) in [
        (format!("{maybe} && 2 > 1"), Outcome::Undecided),
        (format!("{maybe} && 1 > 2"), Outcome::NotMet),
        (format!("{maybe} || 2 > 1"), Outcome::Met),
        (format!("{maybe} || 1 > 2"), Outcome::Undecided),
        ("1 > 2 || 2 > 1 && 1 > 2".to_owned(), Outcome::NotMet),
        ("(1 > 2 || 2 > 1) && 2 > 1".to_owned(), Outcome::Met),
    ] {
        assert_eq!(outcome(&text), expected, "{text}");
    }
    let fits = |outcome: Outcome| {
        [Expect::Met, Expect::NotMet, Expect::NotAtThisSize, Expect::Undecided]
            .map(|it| outcome.is(it))
    };
    assert_eq!(fits(Outcome::Met), [true, false, false, false]);
    assert_eq!(fits(Outcome::NotMet), [false, true, true, false]);
    assert_eq!(fits(Outcome::Undecided), [false, false, false, true]);
}

#[test]
fn what_cannot_be_read_is_said_with_its_place() {
    for (text, column, what) in [
        ("", 1, "a number or a measure is missing before the end"),
        ("1", 1, "compare this"),
        ("1 <", 4, "missing before the end"),
        ("1 < 2 < 3", 7, "`<` is one too many"),
        ("1 < 2 3", 7, "3 is one too many"),
        ("1 < (2", 7, "`)` is missing before the end"),
        ("1 < 2 && 3", 10, "compare this"),
        ("1 + (1 < 2) < 3", 5, "a comparison is not a number"),
        ("a < 1", 3, "`(` is missing"),
        ("a() < 1", 3, "the name of a network is missing"),
        ("a(b < 1", 5, "`)` is missing"),
        ("a(b;) < 1", 5, "the name of a size is missing"),
        ("a(b; c) < 1", 7, "`=` is missing"),
        ("a(b; c=d) < 1", 8, "a whole number or *, not `d`"),
        ("a(b; c=1.5) < 1", 8, "a whole number"),
        ("a(b; c=1, c=2) < 1", 11, "c is named twice"),
        ("a(b; c=*, d=*) < 1", 16, "only one size"),
        ("a(b; c=*) < 1", 1, "is a series"),
        ("slope(1) < 1", 1, "slope takes one series"),
        ("slope(a(b; c=*), 1) < 1", 1, "and no numbers"),
        ("corr(a(b; c=*), a(b; c=*), a(b; c=*)) < 1", 1, "one series or two"),
        ("min(a(b; c=*), 1) < 1", 1, "min takes numbers, or one series"),
        ("min() < 1", 5, "missing before `)`"),
        ("1 < 2 # 3", 7, "'#' has no meaning"),
        ("1..2 < 3", 1, "is not a number"),
        ("1 & 2", 3, "'&' has no meaning"),
        ("a.b(c) < 1", 1, "`a.b` can only be the name of a site"),
        ("a(b.c) < 1", 3, "`b.c` can only be the name of a site"),
        ("a(b; c.d=1) < 1", 6, "`c.d` can only be the name of a site"),
        ("a(b; c=1, site=*) < 1", 16, "the name of a site is missing"),
        ("a(b; site=x.y, site=z) < 1", 16, "site is named twice"),
        ("1e999 < 2", 1, "is not a number"),
    ] {
        let error = Test::parse(text).unwrap_err();
        assert!(error.to_string().contains(what), "{text}: {error}");
        assert_eq!(error.column, column, "{text}: {error}");
    }
    let deep = format!("{}1{} < 2", "(".repeat(60), ")".repeat(60));
    assert!(Test::parse(&deep).unwrap_err().what.contains("50 deep"));
    assert!(Test::parse(&format!("{}1 < 2", "-".repeat(60))).unwrap_err().what.contains("50 deep"));
    assert!(Test::parse(&"1+".repeat(1_500)).unwrap_err().what.contains("2000 characters"));
}

#[test]
fn what_cannot_be_evaluated_is_said() {
    let error = |text: &str| Test::parse(text).unwrap().evaluate(&measured()).unwrap_err();
    assert_eq!(error("right(c; steps=5) < 1"), EvaluateError::Missing("right(c; steps=5)".into()));
    assert!(matches!(error("loss(a; steps=5) < 1"), EvaluateError::Missing(_)));
    assert!(matches!(error("right(a; steps=6) < 1"), EvaluateError::Missing(_)));
    assert!(matches!(error("right(a; letters=5) < 1"), EvaluateError::Missing(_)));
    assert!(error("right(a) < 1").to_string().contains("say which of"));
    assert!(matches!(
        error("loss(one; steps=10) < loss(other; steps=10)"),
        EvaluateError::NoSeed(_)
    ));
    assert!(matches!(error("slope(loss(other; steps=*)) < 1"), EvaluateError::Series(_)));
    assert!(matches!(error("1 / (right(a; steps=5) - 1) < 1"), EvaluateError::NotFinite));
    assert!(matches!(error("1 / 0 < 1"), EvaluateError::NotFinite));
    assert!(matches!(error("min(0 / 0, 1) < 2"), EvaluateError::NotFinite));
    // Values that do not vary have no correlation.
    let mut flat = measured();
    flat.runs.retain(|it| it.network == "one");
    flat.runs[0].values.iter_mut().for_each(|it| it.value = 1.0);
    let test = Test::parse("corr(loss(one; steps=*)) > 0").unwrap();
    assert!(matches!(test.evaluate(&flat), Err(EvaluateError::Series(_))));
}

#[test]
fn a_metric_is_named_as_it_is_written() {
    let test = Test::parse("m(net-2; b=2, a=1) < n(x) || n(x) < corr(m(net-2; a=*))").unwrap();
    let names: Vec<String> = test.metrics().iter().map(|it| it.to_string()).collect();
    assert_eq!(names, ["m(net-2; a=1, b=2)", "n(x)", "m(net-2; a=*)"]);
}

#[test]
fn nothing_makes_it_panic() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let parts = [
        "right(a; steps=10)",
        "right(a; steps=*)",
        "loss(one; steps=20)",
        "slope(",
        "corr(",
        "min(",
        "max(",
        "(",
        ")",
        ",",
        ";",
        "=",
        "*",
        "+",
        "-",
        "−",
        "/",
        "<",
        "<=",
        ">",
        ">=",
        "&&",
        "||",
        "0",
        "1.5",
        "1e3",
        "e",
        "steps",
        "·",
        " ",
        "é",
        "∞",
        "\u{0}",
        "a-b",
        "-",
        "..",
        "1e-",
    ];
    let (mut n_read, mut n_evaluated) = (0, 0);
    for _ in 0..60_000 {
        let n = rng.random_range(1..9);
        let text: String = (0..n).map(|_| parts[rng.random_range(0..parts.len())]).collect();
        if let Ok(test) = Test::parse(&text) {
            n_read += 1;
            n_evaluated += usize::from(test.evaluate(&measured()).is_ok());
        }
    }
    assert!(20 < n_read && 10 < n_evaluated, "{n_read} {n_evaluated}");
    for _ in 0..20_000 {
        let text: String = (0..rng.random_range(0..40)).map(|_| rng.random::<char>()).collect();
        assert!(Test::parse(&text).is_err(), "{text:?}");
    }
    // A claim with one character changed, left out or doubled.
    let claim = "max(right(a; steps=10), 0.5) - slope(loss(one; steps=*)) < 1 && (2 > 1 || 1 > 2)";
    assert!(Test::parse(claim).is_ok());
    for place in 0..claim.len() {
        for with in ["", "(", ")", "*", "é", "9", "&", "="] {
            let text = format!("{}{with}{}", &claim[..place], &claim[place + 1..]);
            if let Ok(test) = Test::parse(&text) {
                let evaluated = test.evaluate(&measured());
                assert!(evaluated.is_err() || evaluated.is_ok_and(|it| !it.compared.is_empty()));
            }
        }
    }
}

#[test]
fn a_site_is_one_of_several_numbers_at_a_size() {
    let mut measured = measured();
    let mut at_site = |site: &str, value: f64| {
        let one = measured.runs.iter().find(|it| it.network == "one").unwrap();
        let mut other = one.values[0].clone();
        (other.value, other.interval) = (value, [value - 0.1, value + 0.1]);
        (other.measure, other.site) = ("by-layer".to_owned(), Some(site.to_owned()));
        measured.runs.iter_mut().find(|it| it.network == "one").unwrap().values.push(other);
    };
    at_site("embed", 0.9);
    at_site("blocks.3.resid_post", 0.2);
    let evaluate = |text: &str| Test::parse(text).unwrap().evaluate(&measured);
    let text =
        "by-layer(one; site=blocks.3.resid_post, steps=10) < by-layer(one; steps=10, site=embed)";
    let finding = evaluate(text).unwrap();
    assert_eq!(finding.outcome, Outcome::Met);
    is_near(finding.compared[0].difference.value, -0.7);
    assert_eq!(finding.ours[0].name, "by-layer(one; steps=10, site=blocks.3.resid_post)");
    let name = Test::parse("m(n; site=a.b-c.d) < 1").unwrap().metrics()[0].to_string();
    assert_eq!(name, "m(n; site=a.b-c.d)");
    let said = evaluate("by-layer(one; steps=10) < 1").unwrap_err().to_string();
    assert!(said.contains("say which of {\"steps\": 10} embed {\"steps\": 10} blocks.3"), "{said}");
    assert!(evaluate("by-layer(one; steps=10, site=logits) < 1").is_err());
}
