//! What tests of views share: frames of every kind and shape, and what holds for any scene.

use trace::{
    Entry, Fact, FactValues, Format, Frame, FrameParts, MarkKind, Outcome, Phenomenon, Quantity,
    Role, Scale, Side, SideMark,
};

use super::{
    super::{Anchor, Mark, Palette, Scene, Turn},
    Look,
    parts::width_of,
};

/// A look of the usual size.
pub(super) fn look(palette: &'static Palette) -> Look<'static> {
    Look {
        palette,
        size_px: [430.0, 300.0],
        networks: &[],
        colour_by: "",
        path: &[],
        is_named: false,
    }
}

/// Sizes of tiles: the least, usual ones, tall and wide.
pub(super) fn sizes() -> [[f32; 2]; 5] {
    [[240.0, 160.0], [300.0, 220.0], [430.0, 300.0], [260.0, 640.0], [1_200.0, 240.0]]
}

fn side(name: &str, names: &[&str]) -> Side {
    let entry = |name: &&str| Entry { name: (*name).to_owned(), ..Entry::default() };
    Side { name: name.into(), entries: names.iter().map(entry).collect(), ..Side::default() }
}

/// A frame of these values.
pub(super) fn named(rows: &[&str], columns: &[&str], values: &[f32]) -> Frame {
    Frame::new(named_parts(rows, columns, values)).unwrap()
}

fn named_parts(rows: &[&str], columns: &[&str], values: &[f32]) -> FrameParts {
    FrameParts {
        rows: side("row", rows),
        columns: side("column", columns),
        values: values.to_vec(),
        ..FrameParts::default()
    }
}

/// What the cards of the parity family measured, with guessing.
pub(super) fn parity() -> Frame {
    let models = ["transformer", "gru", "mamba", "deltanet"].map(|it| format!("parity-{it}"));
    let read = |model: &String| {
        let root = env!("CARGO_MANIFEST_DIR");
        let path = format!("{root}/assets/models/{model}/model.json");
        let text = std::fs::read_to_string(path).unwrap();
        let card: serde_json::Value = serde_json::from_str(&text).unwrap();
        serde_json::from_value::<Vec<Phenomenon>>(card["phenomena"].clone()).unwrap()
    };
    let cards: Vec<_> = models.iter().map(read).collect();
    let size = |it: &Phenomenon| it.name.split_once(' ').unwrap().0.to_owned();
    let column =
        |it: &Phenomenon| Entry { name: size(it), at: size(it).parse().ok(), ..Entry::default() };
    let columns: Vec<Entry> = cards[0].iter().map(column).collect();
    let n_columns = columns.len();
    let names: Vec<&str> = models.iter().map(String::as_str).chain(["chance"]).collect();
    let mut rows = side("network", &names);
    rows.entries[4].role = Role::Chance;
    let shares = cards.iter().flatten().map(|it| it.accuracy);
    // 95 %, normal approximation of a share of n cases.
    let interval = |it: &Phenomenon| {
        let (p, n) = (it.accuracy, it.n_cases as f32);
        let half = 1.96 * (p * (1.0 - p) / n).sqrt();
        [(p - half).max(0.0), (p + half).min(1.0)]
    };
    let nothing = [f32::NAN; 2];
    let values = shares.chain(std::iter::repeat_n(0.5, n_columns)).collect();
    let marks =
        vec![SideMark { name: "trained to 20".into(), at: 20.0, kind: MarkKind::TrainedTo }];
    Frame::new(FrameParts {
        about: "1,000 rows per size".into(),
        quantity: Quantity {
            name: "right answers".into(),
            format: Format::Percent,
            range: Some([0.0, 1.0]),
            ..Quantity::default()
        },
        rows,
        columns: Side { entries: columns, scale: Scale::Linear, marks, ..side("steps", &[]) },
        values,
        intervals: cards
            .iter()
            .flatten()
            .map(interval)
            .chain(std::iter::repeat_n(nothing, n_columns))
            .collect(),
        ..FrameParts::default()
    })
    .unwrap()
}

/// Shares with an interval, a paper's number, a control and a value that is not there.
pub(super) fn sinks() -> Frame {
    let rows = ["softmax", "softpick", "sigmoid", "untrained"];
    let mut parts = named_parts(&rows, &["sink"], &[0.92, 0.0, f32::NAN, 0.18]);
    parts.rows.entries[3].role = Role::Untrained;
    parts.quantity = Quantity {
        name: "weight on token 0".into(),
        format: Format::Percent,
        range: Some([0.0, 1.0]),
        ..Quantity::default()
    };
    parts.intervals = vec![[0.89, 0.95], [0.0, 0.002], [f32::NAN; 2], [0.17, 0.19]];
    parts.theirs = vec![0.63, 0.0, f32::NAN, f32::NAN];
    Frame::new(parts).unwrap()
}

/// Claims of every outcome.
pub(super) fn claims() -> Frame {
    let rows = ["no sink with softpick", "better at low precision", "lower kurtosis"];
    let mut parts = named_parts(&rows, &["ours"], &[0.0, 0.34, 3.1]);
    parts.quantity.format = Format::Percent;
    parts.intervals = vec![[-0.002, 0.002], [0.25, 0.43], [f32::NAN; 2]];
    let texts = |of: [&str; 3]| FactValues::Texts(of.map(str::to_owned).to_vec());
    let why = ["", "", "no massive activation below 160k weights"];
    let outcomes = vec![Outcome::Met, Outcome::NotMet, Outcome::NotAtThisSize];
    parts.rows.facts = [
        (Fact::THEIRS, texts(["0 %", "", "340 against 33,510"])),
        (Fact::WHY, texts(why)),
        ("outcome", FactValues::Outcomes(outcomes)),
    ]
    .map(|(name, values)| Fact { name: name.into(), values })
    .to_vec();
    Frame::new(parts).unwrap()
}

/// Points between three corners, coloured by their own shares.
pub(super) fn beliefs() -> Frame {
    let third = 1.0 / 3.0;
    let shares =
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [third, third, third]].concat();
    let corners = ["state 1", "state 2", "state 3"];
    let mut parts = named_parts(&["a", "b", "c", "d"], &corners, &shares);
    let names = corners.map(str::to_owned).to_vec();
    let belief = FactValues::Shares { names, of: shares };
    parts.rows.facts = vec![
        Fact { name: "true belief".into(), values: belief },
        Fact { name: "age".into(), values: FactValues::Numbers(vec![0.0, 1.0, 2.0, 3.0]) },
    ];
    Frame::new(parts).unwrap()
}

/// The automaton of parity.
pub(super) fn automaton() -> Frame {
    let mut parts = named_parts(&["even", "odd"], &["even", "odd"], &[0.9, 0.4, 0.5, 0.8]);
    parts.texts = ["0", "1", "1", "0"].map(str::to_owned).to_vec();
    let visits = FactValues::Numbers(vec![0.7, 0.3]);
    parts.rows.facts = vec![Fact { name: "visits".into(), values: visits }];
    Frame::new(parts).unwrap()
}

/// A loss with its floor, and two scores, over steps.
pub(super) fn training() -> Frame {
    let rows = ["held-out", "floor", "induction", "previous token"];
    let values =
        [[2.7, 1.9, 1.2, 0.41], [0.397; 4], [0.02, 0.05, f32::NAN, 0.94], [0.03, 0.3, 0.9, 0.91]];
    let steps = ["10", "100", "1,000", "8,000"];
    let mut parts = named_parts(&rows, &steps, values.as_flattened());
    parts.quantity = Quantity { name: "loss".into(), unit: "nats".into(), ..Quantity::default() };
    parts.rows.entries[1].role = Role::Floor;
    parts.rows.entries[2].unit = "score".into();
    parts.rows.entries[3].unit = "score".into();
    parts.columns.name = "step".into();
    parts.columns.scale = Scale::Log;
    for (entry, at) in parts.columns.entries.iter_mut().zip([10.0, 100.0, 1_000.0, 8_000.0]) {
        entry.at = Some(at);
    }
    let mark = |at: f32| SideMark { name: "kept".into(), at, kind: MarkKind::Checkpoint };
    parts.columns.marks = vec![mark(100.0), mark(1_000.0)];
    Frame::new(parts).unwrap()
}

/// A matrix with a sign in which a value is not there.
pub(super) fn signed() -> Frame {
    let values: Vec<f32> =
        (0..48).map(|it| if it == 9 { f32::NAN } else { (it as f32).sin() }).collect();
    let columns = ["emb", "L0", "L1", "L2", "L3", "L4", "L5", "a name that is long"];
    let rows = ["bos", "the", "barn", "stood", "a name that does not end soon", "."];
    let mut parts = named_parts(&rows, &columns, &values);
    parts.quantity =
        Quantity { name: "cosine".into(), format: Format::Signed, ..Quantity::default() };
    Frame::new(parts).unwrap()
}

/// Frames of all kinds, and those that are hard to draw.
pub(super) fn extremes() -> Vec<(&'static str, Frame)> {
    let long = "a_network_with_a_name_that_does_not_end_".repeat(4);
    let many: Vec<String> = (0..200).map(|it| format!("{it} {long}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let wave: Vec<f32> = (0..400).map(|it| (it as f32 / 9.0).sin() * 1.0e5).collect();
    let none = [f32::NAN; 4];
    let huge = [f32::MAX, f32::MIN, 1.0e-30, 0.0];
    let mut log = named_parts(&["a", "b"], &["p", "q"], &[0.0, -1.0, 1.0e-9, 1.0e9]);
    log.quantity.is_log = true;
    vec![
        ("parity", parity()),
        ("sinks", sinks()),
        ("claims", claims()),
        ("beliefs", beliefs()),
        ("an automaton", automaton()),
        ("training", training()),
        ("a matrix with a sign", signed()),
        ("nothing", Frame::default()),
        ("no columns", named(&["a"], &[], &[])),
        ("no rows", named(&[], &["a"], &[])),
        ("no value", named(&["a", "b"], &["p", "q"], &none)),
        ("one value", named(&["a"], &["p"], &[3.0])),
        ("long names", named(&[long.as_str(), "b"], &["p", long.as_str()], &[1.0, 2.0, 3.0, 4.0])),
        ("many columns", named(&["a", "b"], &many, &wave)),
        ("many rows", named(&many, &["p", "q"], &wave)),
        (
            "infinite",
            named(&["a", "b"], &["p", "q"], &[f32::INFINITY, 1.0, f32::NEG_INFINITY, 2.0]),
        ),
        ("the ends of floats", named(&["a", "b"], &["p", "q"], &huge)),
        ("logarithms", Frame::new(log).unwrap()),
        ("equal values", named(&["a", "b"], &["p", "q"], &[7.0; 4])),
    ]
}

/// All texts of a scene.
pub(super) fn texts_of(scene: &Scene) -> Vec<String> {
    let texts = scene.marks.iter().filter_map(|mark| match mark {
        Mark::Text { text, .. } => Some(text.clone()),
        _ => None,
    });
    texts.collect()
}

/// The rectangle that a mark takes: left, top, right, bottom.
fn bounds(mark: &Mark) -> [f32; 4] {
    match mark {
        Mark::Cell { at, size, .. }
        | Mark::Outline { at, size, .. }
        | Mark::Hatch { at, size, .. } => [at[0], at[1], at[0] + size[0], at[1] + size[1]],
        // Half of a ring may reach beyond the plot.
        Mark::Dot { at, .. } => [at[0], at[1], at[0], at[1]],
        Mark::Line { from, to, .. } => {
            [from[0].min(to[0]), from[1].min(to[1]), from[0].max(to[0]), from[1].max(to[1])]
        }
        Mark::Text { at: [x, y], text, anchor, turn, bold, .. } => {
            let width = width_of(text, *bold);
            let half = 5.25;
            match (turn, anchor) {
                (Turn::Quarter, _) => [x - half, y - width, x + half, *y],
                (_, Anchor::Start) => [*x, y - half, x + width, y + half],
                (_, Anchor::Middle) => [x - width / 2.0, y - half, x + width / 2.0, y + half],
                (_, Anchor::End) => [x - width, y - half, *x, y + half],
            }
        }
    }
}

/// Where a mark is, whatever its colour.
pub(super) fn place_of(mark: &Mark) -> (std::mem::Discriminant<Mark>, [f32; 4]) {
    (std::mem::discriminant(mark), bounds(mark))
}

/// What is wrong with a scene: what is NaN or not within the figure, texts that overlap.
pub(super) fn troubles(scene: &Scene, what: &str) -> Vec<String> {
    let [width, height] = scene.size_px;
    let mut found = Vec::new();
    for mark in &scene.marks {
        let [left, top, right, bottom] = bounds(mark);
        let inside = -1.0 <= left && -1.0 <= top && right <= width + 1.0 && bottom <= height + 1.0;
        if !inside {
            found.push(format!("{what}: {mark:?} is outside"));
        }
    }
    let texts: Vec<&Mark> = scene
        .marks
        .iter()
        .filter(|mark| matches!(mark, Mark::Text { text, .. } if !text.is_empty()))
        .collect();
    for (index, one) in texts.iter().enumerate() {
        let a = bounds(one);
        for other in &texts[index + 1..] {
            let b = bounds(other);
            let touch =
                a[0] + 0.5 < b[2] && b[0] + 0.5 < a[2] && a[1] + 0.5 < b[3] && b[1] + 0.5 < a[3];
            if touch {
                found.push(format!("{what}: {one:?} lies on {other:?}"));
            }
        }
    }
    found
}
