//! `lab.json`, `measured.json` and the index: what is read, what is refused, and where it says so.

#![allow(
    clippy::unwrap_used,
    clippy::too_many_lines,
    reason = "allow-unwrap-in-tests covers test functions only, and tables of cases are long"
)]

use lab::{
    claim::Outcome,
    format::{Lab, Measured, Moment, Run, VERSION, Value},
    index::{Entry, Index, IndexError},
    report,
};
use serde_json::{Value as Json, json};
use trace::{Fact, FactValues, Role};

fn text() -> Json {
    json!({
        "version": 1, "id": "test", "title": "Test", "about": "A test.", "licence": "MIT",
        "minutes": 1,
        "papers": [{"key": "one", "cite": "One 2024", "url": "https://example.org", "where": "1"}],
        "tasks": [{"id": "parity", "train": {"steps": [2, 8]}, "exam": [{"steps": 4}, {"steps": 16}]}],
        "recipe": {
            "network": {"d_model": 8, "mixers": [{"kind": "gru", "d_state": 4}]},
            "optimizer": {"learning_rate": 0.1},
            "n_steps": 10, "n_rows": 2, "seeds": [1, 2], "checkpoint_every": 5,
        },
        "networks": [
            {"name": "gru", "about": "a GRU", "model": "shipped"},
            {"name": "wide", "about": "wider", "seeds": [7],
             "set": {"mixers.0.d_state": 9, "optimizer.learning_rate": 0.2, "n_rows": 3}},
            {"name": "untrained", "about": "none", "set": {"n_steps": 0}, "is_control": true},
        ],
        "measures": [{"name": "right", "kind": "accuracy", "about": "the state", "at": "last"}],
        "claims": [{"paper": "one", "text": "It works", "theirs": "1.0",
                    "test": "right(gru; steps=4) > 0.5"}],
        "controls": ["untrained", "chance"],
        "prompts": [{"text": "1 0 1", "say": "three"}, {"size": {"steps": 9}, "seed": 1, "say": "new"}],
        "views": [{"kind": "curve", "x": "steps", "y": "right", "series": "network"},
                  {"kind": "diagram", "fact": "state"}, {"kind": "panel", "panel": "attention"},
                  {"kind": "claims"}],
    })
}

fn lab() -> Lab {
    Lab::parse(&text().to_string()).unwrap()
}

fn measured(right: f64) -> Measured {
    let lab = lab();
    let mut runs = Vec::new();
    for network in &lab.networks {
        for &seed in lab.seeds(network) {
            let value = |steps: usize| Value {
                measure: "right".into(),
                at: [("steps".to_owned(), steps)].into(),
                value: right,
                n: 10,
                interval: [right - 0.01, right + 0.01],
                site: None,
            };
            runs.push(Run {
                network: network.name.clone(),
                seed,
                step: 10,
                sha256: "abc".into(),
                n_params: 5,
                cpu_minutes: Some(0.5),
                values: vec![value(4), value(16)],
                timeline: Vec::new(),
            });
        }
    }
    Measured { version: VERSION, lab: "test".into(), runs }
}

#[test]
fn the_example_is_a_lab() {
    let lab = lab();
    assert_eq!(lab.seeds(&lab.networks[0]), [1, 2]);
    assert_eq!(lab.folder_of(&lab.networks[0], 1), "models/shipped");
    assert_eq!(lab.folder_of(&lab.networks[0], 2), "labs/test/networks/gru-2");
    let again: Lab = serde_json::from_str(&serde_json::to_string(&lab).unwrap()).unwrap();
    assert_eq!(again, lab);
}

#[test]
fn a_network_is_the_base_with_what_it_sets() {
    let lab = lab();
    let base = lab.resolve(&lab.networks[0]).unwrap();
    let sizes = json!({"d_model": 8, "mixers": [{"kind": "gru", "d_state": 4}],
                       "version": 1, "n_ctx": 9, "d_vocab": 6});
    assert_eq!((base.network, base.n_rows, base.n_steps), (sizes, 2, 10));
    let wide = lab.resolve(&lab.networks[1]).unwrap();
    assert_eq!(wide.network["mixers"][0]["d_state"], 9);
    assert_eq!((wide.optimizer["learning_rate"].clone(), wide.n_rows), (json!(0.2), 3));
    assert_eq!(lab.resolve(&lab.networks[2]).unwrap().n_steps, 0);
}

/// The lab with one change, by a pointer into the JSON.
fn changed(pointer: &str, value: Json) -> Vec<String> {
    let mut text = text();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = text.pointer_mut(parent).unwrap();
    match parent {
        Json::Array(items) => items[key.parse::<usize>().unwrap()] = value,
        _ => parent[key] = value,
    }
    let problems = Lab::parse(&text.to_string()).err().unwrap_or_default();
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn everything_that_is_wrong_is_named() {
    let claim = |test: &str| json!({"text": "t", "theirs": "x", "test": test});
    let cases = [
        ("/version", json!(2), "lab.json version: 2 is not a version"),
        ("/version", json!(0), "lab.json version: 0"),
        ("/surprise", json!(1), "lab.json line 1 column"),
        ("/surprise", json!(1), "unknown field `surprise`"),
        ("/recipe/dropout", json!(1), "unknown field `dropout`"),
        ("/id", json!("A b"), "id: must be small letters"),
        ("/title", json!(" "), "title: is empty"),
        ("/papers/0/url", json!("http://x"), "papers[0].url: must begin with https"),
        ("/papers/0/key", json!("two"), "claims[0].paper: must be the key"),
        ("/tasks", json!([]), "tasks: name at least one"),
        ("/tasks/0/id", json!("chess"), "tasks[0].id: there is no task \"chess\""),
        ("/tasks/0/args", json!({"x": 1}), "tasks[0].id: parity has no argument \"x\""),
        ("/tasks/0/train", json!({"steps": [9, 8]}), "tasks[0].train: [9, 8] is no range"),
        (
            "/tasks/0/train",
            json!({"letters": [1, 8]}),
            "tasks[0].train: rows of this task have one size, \"steps\"",
        ),
        ("/tasks/0/exam", json!([]), "tasks[0].exam: name a size"),
        ("/tasks/0/exam/1", json!({"steps": 0}), "tasks[0].exam[1]: 0 is too few"),
        ("/tasks/0/exam/1", json!({"steps": 4}), "tasks[0].exam[1]: 4 steps are asked for already"),
        ("/tasks/0/exam_rows", json!(1), "tasks[0].exam_rows: must be at least 2"),
        ("/recipe/n_rows", json!(0), "recipe.n_rows: must be at least 1"),
        ("/recipe/seeds", json!([1, 1]), "recipe.seeds: name at least one seed, and each once"),
        ("/recipe/network", json!([]), "recipe.network: must be an object"),
        ("/networks", json!([]), "networks: name at least one"),
        ("/networks/1/name", json!("gru"), "networks[1].name: \"gru\" is taken"),
        ("/networks/1/name", json!("Wide"), "networks[1].name: must be small letters"),
        ("/networks/1/seeds", json!([]), "networks[1].seeds: name at least one"),
        ("/networks/0/model", json!("../x"), "networks[0].model: must be the name of a folder"),
        (
            "/networks/1/set",
            json!({"norm.kind": 1}),
            "networks[wide].set[\"norm.kind\"]: there is no `norm` yet",
        ),
        ("/networks/1/set", json!({"mixers.3.kind": 1}), "`3` is no place in a list of 1"),
        ("/networks/1/set", json!({"d_model.x": 1}), "cannot be set in 8"),
        ("/networks/1/set", json!({"mixers.": 1}), "is empty"),
        ("/networks/1/set", json!({"n_steps": -1}), "-1 is no whole number"),
        ("/measures/0/task", json!("a5"), "measures[0].task: must be the id"),
        ("/measures/0/name", json!("slope"), "measures[0].name: must be small letters"),
        ("/measures/0/kind", json!("kl"), "measures[0].kind: this task has one right word"),
        ("/measures/0/kind", json!("best"), "unknown variant `best`"),
        ("/measures/0/fact", json!("state"), "measures[0].fact: only probes"),
        ("/measures/0/each", json!(true), "measures[0].each: only probes have"),
        ("/measures/0/shuffled", json!(true), "measures[0].each: only probes have"),
        (
            "/claims/0",
            claim("right(gru; steps=4, site=embed) > 1"),
            "only measures with `each` take `site`",
        ),
        ("/measures/0/kind", json!("unexplained"), "measures[0].fact: must be a fact"),
        ("/claims/0/test", json!("right(gru"), "claims[0].test: at character 10: "),
        ("/claims/0", claim("wrong(gru; steps=4) > 1"), "no such measure; there are: right"),
        (
            "/claims/0",
            claim("right(lstm; steps=4) > 1"),
            "no such network; there are: gru wide untrained",
        ),
        ("/claims/0", claim("right(gru; steps=5) > 1"), "no such size in the exam"),
        ("/claims/0", claim("right(gru) > 1"), "say which size"),
        ("/claims/0/expect", json!("not met"), "claims[0].why: say why"),
        ("/claims/0/expect", json!("maybe"), "unknown variant `maybe`"),
        ("/networks/2/is_control", json!(false), "controls: `untrained` needs a network"),
        ("/prompts/0/text", json!("1 2"), "prompts[0].text: write only 0 and 1"),
        ("/prompts/0/seed", json!(1), ""),
        ("/prompts/1/size", json!({"letters": 1}), "prompts[1].size: must be a size"),
        ("/prompts/1/seed", json!(null), "prompts[1].seed: say which row"),
        ("/prompts/1/text", json!("1"), "prompts[1].text: give a text, or a size"),
        ("/views/0/y", json!("loss"), "views[0].y: must be the name of a measure"),
        ("/views/0/x", json!("letters"), "views[0].x: must be what the sizes"),
        ("/views/0/x", json!(null), "views[0].x: say against what"),
        ("/views/0/series", json!("seed"), "views[0].series"),
        ("/views/1/fact", json!("belief"), "views[1].fact: must be a fact"),
        ("/views/2/panel", json!(null), "views[2].panel: say which"),
        ("/views/2/network", json!("lstm"), "views[2].network: must be the name"),
    ];
    for (pointer, value, expected) in cases {
        let said = changed(pointer, value.clone()).join("\n");
        assert!(said.contains(expected), "{pointer} {value}: {said:?}");
        assert_eq!(expected.is_empty(), said.is_empty(), "{pointer} {value}: {said:?}");
    }
    let mut two = text();
    two["tasks"] = json!([two["tasks"][0], {"id": "recall", "train": {"pairs": [1, 2]}, "exam": [{"pairs": 1}]}]);
    let said = Lab::parse(&two.to_string()).unwrap_err();
    assert!(said.iter().any(|it| it.to_string().contains("have other words")), "{said:?}");
}

#[test]
fn a_probe_needs_its_untrained_twin() {
    let mut probe = text();
    probe["measures"] = json!([text()["measures"][0], {
        "name": "state", "kind": "unexplained", "about": "x", "fact": "state", "of": ["blocks.0.resid_post"],
    }]);
    assert!(Lab::parse(&probe.to_string()).is_ok());
    probe["controls"] = json!([]);
    let said = Lab::parse(&probe.to_string()).unwrap_err();
    assert!(said[0].to_string().contains("untrained twin"), "{said:?}");
}

#[test]
fn texts_that_are_cut_or_changed_are_errors_not_panics() {
    let whole = text().to_string();
    for end in 0..whole.len() {
        assert!(Lab::parse(&whole[..end]).is_err());
    }
    let other = measured(0.9).to_json();
    for end in 0..other.trim_end().len() {
        assert!(Measured::parse(&other[..end], &lab()).is_err());
    }
}

#[test]
fn what_was_measured_is_read_as_it_was_written() {
    let text = measured(0.9).to_json();
    assert_eq!(Measured::parse(&text, &lab()).unwrap(), measured(0.9));
    let has_line = |line: &str| line.contains("\"steps\":16") && line.contains("0.9");
    assert_eq!(text.lines().filter(|it| has_line(it)).count(), 5, "one number a line: {text}");
}

#[test]
fn numbers_that_do_not_fit_the_lab_are_named() {
    let said = |change: &dyn Fn(&mut Measured)| {
        let mut measured = measured(0.9);
        change(&mut measured);
        let text = measured.to_json();
        let problems = Measured::parse(&text, &lab()).unwrap_err();
        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    assert!(said(&|it| it.lab = "other".into()).contains("lab: \"other\" is not this lab"));
    assert!(said(&|it| it.version = 2).contains("measured.json version: 2"));
    assert!(said(&|it| it.runs[0].network = "lstm".into()).contains("runs[0]: lstm with seed 1"));
    assert!(said(&|it| it.runs[0].seed = 2).contains("gru with seed 1 was not measured"));
    let double = said(&|it| it.runs.push(it.runs[0].clone()));
    assert!(double.contains("runs[5]: gru with seed 1 is in lab.json not once"), "{double}");
    assert!(
        said(&|it| it.runs[1].values[0].measure = "loss".into()).contains("does not ask for loss")
    );
    assert!(said(&|it| it.runs[1].values[0].value = 2.0).contains("2 is not within"));
    let missing = said(&|it| it.runs[1].values.truncate(1));
    assert!(
        missing.contains("runs[1].values: right at {\"steps\": 16} was not measured"),
        "{missing}"
    );
}

#[test]
fn an_index_has_labs_and_findings_and_goes_through_bytes() {
    let entry = Entry::new(lab(), measured(0.9)).unwrap();
    assert_eq!(entry.findings[0].outcome, Outcome::Met);
    assert_eq!(entry.surprises().count(), 0);
    let other = Entry::new(lab(), measured(0.2)).unwrap();
    assert_eq!(other.surprises().collect::<Vec<_>>(), [(0, Outcome::NotMet)]);
    let index = Index { labs: vec![entry, other] };
    let bytes = index.to_bytes().unwrap();
    let read = Index::from_bytes(&bytes).unwrap();
    // NaN, which stands for no value, differs from itself; bytes do not.
    assert_eq!(read.to_bytes().unwrap(), bytes);
    assert_eq!(read.lab("test").map(|it| &it.lab), Some(&index.labs[0].lab));
    assert_eq!(read.lab("none"), None);
    for end in 0..bytes.len() {
        assert!(Index::from_bytes(&bytes[..end]).is_err(), "{end}");
    }
    let newer = [&[99][..], &bytes[1..]].concat();
    assert!(matches!(Index::from_bytes(&newer), Err(IndexError::Version(99))));
    let mut empty = measured(0.9);
    empty.runs.clear();
    let why = Entry::new(lab(), empty).unwrap_err().to_string();
    assert!(why.starts_with("claims[0]: ") && why.contains("was not measured"), "{why}");
}

#[test]
fn a_tile_holds_what_was_measured_beside_its_controls() {
    let mut measured = measured(0.9);
    measured.runs[0].values[1].value = 0.895;
    measured.runs.iter_mut().filter(|it| it.network == "untrained").for_each(|it| it.step = 0);
    let Entry { tiles, claims, .. } = Entry::new(lab(), measured).unwrap();
    let is_there: Vec<bool> = tiles.iter().map(Option::is_some).collect();
    assert_eq!(is_there, [true, false, false, false], "what draws a run has no frame");
    let curve = tiles[0].as_ref().unwrap();
    let rows = curve.rows().entries.iter().map(|it| (it.name.as_str(), it.role));
    let expected = [
        ("gru", Role::Measured),
        ("wide", Role::Measured),
        ("untrained", Role::Untrained),
        ("guessing", Role::Chance),
    ];
    assert_eq!(rows.collect::<Vec<_>>(), expected);
    let columns = curve.columns();
    assert_eq!(columns.entries.iter().map(|it| it.at).collect::<Vec<_>>(), [Some(4.0), Some(16.0)]);
    assert_eq!((columns.name.as_str(), columns.marks[0].at), ("steps", 8.0));
    assert!((curve.value(0, 1) - 0.8975).abs() < 1e-6, "the mean of two seeds");
    let [low, high] = curve.interval(0, 1).unwrap();
    assert!(low < 0.895 && 0.9 < high, "Student's interval of two seeds is wide: {low} to {high}");
    assert_eq!((curve.value(3, 0), curve.interval(3, 0)), (0.5, None));
    assert_eq!(claims.rows().entries[0].unit, "%");
    assert!((claims.value(0, 0) - 90.0).abs() < 1e-4);
    assert_eq!(claims.rows().fact(Fact::THEIRS), Some(&FactValues::Texts(vec!["1.0".into()])));
    let outcome = FactValues::Outcomes(vec![trace::Outcome::Met]);
    assert_eq!(claims.rows().fact("outcome"), Some(&outcome));
}

#[test]
fn tables_and_cards_say_what_was_measured() {
    let (lab, measured) = (lab(), measured(0.9));
    let table = report::table(&lab, &measured, &lab.measures[0], &[16]);
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines[0], "| | gru | wide | untrained |");
    // Two seeds that agree: the interval over rows, narrower by √2; one seed: its own.
    assert_eq!(
        lines[2],
        "| 16 steps | 90.0 % [89.3, 90.7] | 90.0 % [89.0, 91.0] | 90.0 % [89.3, 90.7] |"
    );
    assert!(lines[4].contains("Seeds: gru 2, wide 1, untrained 2"), "{table}");
    let card = report::card(&lab, &measured, &lab.networks[1], 7).unwrap();
    for part in [
        "# wide-7",
        "`mixers.0.d_state` | `9`",
        "abc",
        "10 steps of 2 rows",
        "90.0 % [89.0, 91.0]",
        "--network wide --seed 7",
    ] {
        assert!(card.contains(part), "{part}: {card}");
    }
    assert_eq!(report::card(&lab, &measured, &lab.networks[1], 8), None);
    let make = |words: &[&str]| match words {
        ["test", rest @ ..] => Ok(format!("{}\n", rest.len())),
        _ => Err("no such lab".to_owned()),
    };
    let page = "a\n<!-- table test right 4 -->\nold\n<!-- end -->\nb";
    let filled = report::fill_tables(page, make).unwrap();
    assert_eq!(filled, "a\n<!-- table test right 4 -->\n2\n<!-- end -->\nb");
    assert_eq!(report::fill_tables(&filled, make).unwrap(), filled, "filled once is filled");
    assert!(report::fill_tables("<!-- table x y -->\n<!-- end -->", make).is_err());
    assert!(report::fill_tables("<!-- table test y -->\n", make).is_err());
    assert!(report::fill_tables("<!-- table test y", make).is_err());
}

/// The lab with a probe of each site, and what was measured of it.
fn probed() -> (Lab, Measured) {
    let mut text = text();
    let probe = |name: &str, shuffled: bool| {
        json!({"name": name, "kind": "unexplained", "about": "x", "fact": "state", "each": true,
               "shuffled": shuffled, "of": ["embed", "blocks.*.resid_post"]})
    };
    text["measures"] =
        json!([text["measures"][0], probe("by-layer", false), probe("shuffled", true)]);
    let claim = "by-layer(gru; steps=4, site=blocks.0.resid_post) < 0.1";
    text["claims"] = json!([{"text": "t", "theirs": "x", "test": claim}]);
    let mut measured = measured(0.9);
    for run in &mut measured.runs {
        for (name, steps) in [("by-layer", 4), ("by-layer", 16), ("shuffled", 4), ("shuffled", 16)]
        {
            for (site, value) in [("embed", 0.5), ("blocks.0.resid_post", 0.01)] {
                let (measure, site) = (name.to_owned(), Some(site.to_owned()));
                let at = [("steps".to_owned(), steps)].into();
                let interval = [value - 0.001, value + 0.001];
                run.values.push(Value { measure, at, value, n: 10, interval, site });
            }
        }
        let moment = |step: usize| Moment { step, values: run.values.clone() };
        run.timeline = [0, 3, 10].map(moment).to_vec();
    }
    (Lab::parse(&text.to_string()).unwrap(), measured)
}

#[test]
fn a_probe_of_each_site_has_a_number_for_every_one_and_claims_name_it() {
    let (lab, measured) = probed();
    let text = measured.to_json();
    assert_eq!(Measured::parse(&text, &lab).unwrap(), measured);
    assert!(!text.contains("null}") && text.contains("\"site\":\"embed\"}"), "{text}");
    let at = [("steps".to_owned(), 4)].into();
    let run = &measured.runs[0];
    assert_eq!(run.value("by-layer", &at), None);
    assert_eq!(run.value_of("by-layer", &at, Some("embed")).unwrap().value, 0.5);
    let entry = Entry::new(lab.clone(), measured.clone()).unwrap();
    assert_eq!(entry.findings[0].outcome, Outcome::Met);
    let name = "by-layer(gru; steps=4, site=blocks.0.resid_post)";
    assert_eq!(entry.findings[0].ours[0].name, name);
    let index = Index { labs: vec![entry] };
    let bytes = index.to_bytes().unwrap();
    assert_eq!(Index::from_bytes(&bytes).unwrap().to_bytes().unwrap(), bytes);

    let table = report::table(&lab, &measured, &lab.measures[1], &[16]);
    let rows: Vec<&str> = table.lines().skip(2).take(2).collect();
    assert!(rows[0].starts_with("| 16 steps, embed | 0.50000 ["), "{table}");
    assert!(rows[1].starts_with("| 16 steps, blocks.0.resid_post | 0.01000 ["), "{table}");
    let card = report::card(&lab, &measured, &lab.networks[1], 7).unwrap();
    assert!(card.contains("| 4 steps, blocks.0.resid_post | 0.01000 ["), "{card}");
    assert!(card.contains("| checkpoints | 3, from step 0 to step 10 |"), "{card}");
}

#[test]
fn sites_and_moments_that_do_not_fit_are_named() {
    let said = |change: &dyn Fn(&mut Run)| {
        let (lab, mut measured) = probed();
        change(&mut measured.runs[0]);
        let problems = Measured::parse(&measured.to_json(), &lab).unwrap_err();
        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    let other = said(&|it| it.values[2].site = Some("logits".into()));
    assert!(other.contains("does not ask for by-layer at {\"steps\": 4} and logits"), "{other}");
    assert!(other.contains("by-layer at {\"steps\": 4} and embed was not measured"), "{other}");
    let none = said(&|it| it.values[2].site = None);
    assert!(none.contains("does not ask for by-layer at {\"steps\": 4}"), "{none}");
    let right = said(&|it| it.values[0].site = Some("embed".into()));
    assert!(right.contains("does not ask for right at {\"steps\": 4} and embed"), "{right}");
    let double = said(&|it| it.values.push(it.values[2].clone()));
    assert!(double.contains("by-layer at {\"steps\": 4} is there already"), "{double}");
    let moment = said(&|it| it.timeline[1].values.truncate(1));
    assert!(moment.contains("runs[0].timeline[1].values: right at {\"steps\": 16}"), "{moment}");
    let order = said(&|it| it.timeline.swap(0, 1));
    assert!(order.contains("[3, 0, 10] do not ascend to the run's own step, 10"), "{order}");
    let end = said(&|it| drop(it.timeline.pop()));
    assert!(end.contains("[0, 3] do not ascend to the run's own step, 10"), "{end}");

    let (lab, _) = probed();
    let claim = |test: &str| {
        let mut text: Json = serde_json::to_value(&lab).unwrap();
        text["claims"][0]["test"] = json!(test);
        Lab::parse(&text.to_string()).unwrap_err()[0].to_string()
    };
    let which = claim("by-layer(gru; steps=4) < 1");
    assert!(which.contains("is measured at each site alone; say which: site="), "{which}");
    let unknown = claim("by-layer(gru; steps=4, site=blocks.0.resid_pre) < 1");
    assert!(
        unknown.contains("blocks.0.resid_pre is no site of this measure; there are: embed"),
        "{unknown}"
    );
}

#[test]
fn a_sweep_has_a_number_for_each_value_and_a_curve_over_them() {
    let mut text = text();
    text["measures"][0]["sweep"] = json!({"weights_bits": [8, 2, 32]});
    text["views"][0]["x"] = json!("weights_bits");
    text["claims"][0]["test"] =
        json!("right(gru; steps=16, weights_bits=8) > right(gru; steps=16, weights_bits=2)");
    let lab = Lab::parse(&text.to_string()).unwrap();
    let places = lab.places_of(&lab.measures[0]);
    assert_eq!(places.len(), 3);
    let mut measured = measured(0.5);
    for run in &mut measured.runs {
        let one = run.values[0].clone();
        let value = |at: &lab::format::Named<usize>| {
            let right = 0.01 * at["weights_bits"] as f64 + 0.001 * at["steps"] as f64;
            Value { at: at.clone(), value: right, interval: [right; 2], ..one.clone() }
        };
        run.values = places.iter().map(value).collect();
    }
    let Entry { tiles, claims, .. } = Entry::new(lab.clone(), measured.clone()).unwrap();
    let curve = tiles[0].as_ref().unwrap();
    let columns = curve.columns();
    assert_eq!(
        columns.entries.iter().map(|it| it.at.unwrap()).collect::<Vec<_>>(),
        [2.0, 8.0, 32.0]
    );
    assert_eq!(columns.name, "bits per weight");
    assert!((curve.value(0, 1) - 0.096).abs() < 1e-6, "the largest size, 8 bits");
    let outcome = FactValues::Outcomes(vec![trace::Outcome::Met]);
    assert_eq!(claims.rows().fact("outcome"), Some(&outcome));
    measured.runs[0].values.pop();
    let problems: Vec<_> = measured.check(&lab).iter().map(ToString::to_string).collect();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].contains("was not measured"), "{problems:?}");
}

#[test]
fn sweeps_and_orders_that_do_not_fit_are_named() {
    let wrong = |measure: Json| {
        let base = json!({"name": "right", "about": "a", "at": "last", "kind": "accuracy"});
        let mut all = base.as_object().unwrap().clone();
        all.extend(measure.as_object().unwrap().clone());
        changed("/measures/0", json!(all)).join("; ")
    };
    for (measure, what) in [
        (json!({"sweep": {"d_mlp": [1]}}), "measures[0].sweep: \"d_mlp\" cannot be changed"),
        (json!({"sweep": {"weights_bits": [1]}}), "measures[0].sweep: name bits from 2 to 16"),
        (json!({"sweep": {"weights_bits": [8, 8]}}), "measures[0].sweep: name bits"),
        (json!({"sweep": {"weights_bits": []}}), "measures[0].sweep: name bits"),
        (json!({"sweep": {"weights_bits": [8]}}), "views[0].x: must be what the measure's sweep"),
        (json!({"kind": "order"}), "measures[0].kind: in this task the order"),
        (json!({"orders": 4}), "measures[0].orders: only kl"),
    ] {
        let problems = wrong(measure);
        assert!(problems.contains(what), "{what}: {problems}");
    }
}
