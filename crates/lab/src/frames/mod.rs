//! What a lab's tiles and claims draw: frames of its measured numbers.
//!
//! Made where the index of labs is written, so that the page draws what was measured and can make
//! no number of its own.

mod claims;

use trace::{
    Entry, Format, Frame, FrameError, FrameParts, MarkKind, Quantity, Role, Scale, Side, SideMark,
};

pub use self::claims::claims;

use crate::{
    format::{
        Control, Exercise, Lab, Measure, MeasureKind, Measured, Moment, Named, Network, View,
        ViewKind, WEIGHTS_BITS,
    },
    stats::{Estimate, over_seeds},
};

/// Sizes that grow this many times have a logarithmic axis.
const LOG_FROM: usize = 8;

/// The frame of a tile; nothing for those that draw a run.
///
/// # Errors
/// [`FrameError`] where what was measured does not fit together.
pub fn tile(lab: &Lab, measured: &Measured, view: &View) -> Option<Result<Frame, FrameError>> {
    match view.kind {
        ViewKind::Curve | ViewKind::Bars => {
            let measure = lab.measure(view.y.as_deref()?)?;
            let make = match measure {
                it if it.each => by_site,
                it if !it.sweep.is_empty() => by_sweep,
                _ => by_size,
            };
            Some(make(lab, measured, measure))
        }
        ViewKind::Training => over_training(lab, measured, view),
        _ => None,
    }
}

/// A measure of every network at every size of its exam, with the controls of the lab.
fn by_size(lab: &Lab, measured: &Measured, measure: &Measure) -> Result<Frame, FrameError> {
    let spec = lab.task_of(measure);
    let exam = spec.map_or(&[][..], |it| &it.exam);
    let exercise = spec.and_then(|it| it.exercise().ok());
    let mut rows = Rows::default();
    let range = quantity(measure).range.map(|it| it.map(f64::from));
    for network in &lab.networks {
        let values = exam.iter().map(|at| estimate(lab, measured, network, measure, at));
        let values = values.map(|it| it.map(|it| within(it, range)));
        rows.add(entry(measured, network), values.collect());
    }
    if let Some(exercise) = &exercise {
        for control in &lab.controls {
            if let Some((role, values)) = bound(*control, measure, exercise) {
                rows.add(Entry { name: role_name(role).into(), role, ..Entry::default() }, values);
            }
        }
    }
    Frame::new(FrameParts {
        about: conditions(lab, spec.map_or(0, |it| it.exam_rows)),
        quantity: quantity(measure),
        rows: Side { name: "network".into(), entries: rows.entries, ..Side::default() },
        columns: sizes(exam, exercise.as_ref()),
        values: rows.values,
        intervals: rows.intervals,
        ..FrameParts::default()
    })
}

/// A measure of every network for each value of its sweep, at the last size of its exam.
fn by_sweep(lab: &Lab, measured: &Measured, measure: &Measure) -> Result<Frame, FrameError> {
    let spec = lab.task_of(measure);
    let mut places = lab.places_of(measure);
    let name = measure.sweep.keys().next().cloned().unwrap_or_default();
    places.sort_by_key(|at| at.get(&name).copied());
    let mut rows = Rows::default();
    for network in &lab.networks {
        let values = places.iter().map(|at| estimate(lab, measured, network, measure, at));
        rows.add(entry(measured, network), values.collect());
    }
    let column = |at: &Named<usize>| {
        let value = at.get(&name).copied().unwrap_or(0);
        Entry { name: value.to_string(), at: Some(value as f32), ..Entry::default() }
    };
    Frame::new(FrameParts {
        about: conditions(lab, spec.map_or(0, |it| it.exam_rows)),
        quantity: quantity(measure),
        rows: Side { name: "network".into(), entries: rows.entries, ..Side::default() },
        columns: Side {
            entries: places.iter().map(column).collect(),
            scale: Scale::Log,
            name: swept(&name),
            ..Side::default()
        },
        values: rows.values,
        intervals: rows.intervals,
        ..FrameParts::default()
    })
}

/// What a sweep changes, in words.
fn swept(name: &str) -> String {
    if name == WEIGHTS_BITS { "bits per weight".to_owned() } else { name.replace('_', " ") }
}

/// A probe of every network at each site that it reads, at the largest size of its exam; beside them
/// the first network with the facts of other rows, where the lab measures that.
fn by_site(lab: &Lab, measured: &Measured, measure: &Measure) -> Result<Frame, FrameError> {
    let spec = lab.task_of(measure);
    let at = spec.and_then(|it| it.exam.last()).cloned().unwrap_or_default();
    let mut sites: Vec<&str> = Vec::new();
    for value in measured.runs.iter().flat_map(|it| &it.values) {
        let site = value.site.as_deref().filter(|_| value.measure == measure.name);
        sites.extend(site.filter(|it| !sites.contains(it)));
    }
    let values_of = |network: &Network, measure: &Measure| {
        let of = |site: &&str| over_seeds_at(lab, measured, network, (measure, &at, Some(site)));
        sites.iter().map(of).collect::<Vec<_>>()
    };
    let mut rows = Rows::default();
    for network in &lab.networks {
        rows.add(entry(measured, network), values_of(network, measure));
    }
    let shuffled = lab.measures.iter().find(|it| it.shuffled && it.each && it.of == measure.of);
    if let Some((shuffled, first)) = shuffled.zip(lab.networks.first()) {
        let name = format!("{}, shuffled", first.name);
        let entry = Entry { name, role: Role::Shuffled, ..Entry::default() };
        rows.add(entry, values_of(first, shuffled));
    }
    let column = |site: &&str| Entry { name: short_site(site), ..Entry::default() };
    let n_rows = spec.map_or(0, |it| it.exam_rows);
    Frame::new(FrameParts {
        about: conditions(lab, n_rows),
        quantity: quantity(measure),
        rows: Side { name: "network".into(), entries: rows.entries, ..Side::default() },
        columns: Side {
            name: "stream".into(),
            entries: sites.iter().map(column).collect(),
            ..Side::default()
        },
        values: rows.values,
        intervals: rows.intervals,
        ..FrameParts::default()
    })
}

/// "blocks.2.resid_mid" as "L2 mid": a place of the stream in few letters.
fn short_site(site: &str) -> String {
    let mut parts = site.split('.').skip(1);
    match (parts.next(), parts.next()) {
        (Some("0"), Some("resid_pre")) => "embed".to_owned(),
        (Some(layer), Some("resid_mid")) => format!("L{layer} mid"),
        (Some(layer), Some("resid_post")) => format!("L{layer}"),
        _ => site.to_owned(),
    }
}

/// Everything that was measured of one network at each checkpoint of its training, but for what has
/// a number for each site: the view's measure above, with its floor, the others below.
fn over_training(lab: &Lab, measured: &Measured, view: &View) -> Option<Result<Frame, FrameError>> {
    let network = lab.network(view.network.as_deref()?)?;
    let above = lab.measure(view.y.as_deref()?)?;
    let at = lab.task_of(above)?.exam.last()?;
    let runs = || lab.seeds(network).iter().filter_map(|&it| measured.run(&network.name, it));
    let run = runs().find(|it| !it.timeline.is_empty())?;
    let of = |measure: &Measure| -> Vec<Option<Estimate>> {
        let value = |it: &Moment| {
            let mut values = it.values.iter();
            let found = values.find(|it| it.measure == measure.name && it.at == *at)?;
            Some(found.estimate())
        };
        run.timeline.iter().map(value).collect()
    };
    let unit = quantity(above).unit;
    let mut rows = Rows::default();
    rows.add(Entry { name: above.name.clone(), ..Entry::default() }, of(above));
    if let (MeasureKind::Loss, Ok(exercise)) = (above.kind, lab.task_of(above)?.exercise()) {
        let floor = exercise.exam.last().and_then(|&it| exercise.task.floor(it));
        let floors = vec![floor.map(Estimate::exact); run.timeline.len()];
        rows.add(Entry { name: "floor".into(), role: Role::Floor, ..Entry::default() }, floors);
    }
    for measure in lab.measures.iter().filter(|it| !it.each && !it.shuffled && it.sweep.is_empty())
    {
        if quantity(measure).unit != unit {
            let unit = "1 − R²".to_owned();
            rows.add(Entry { name: measure.name.clone(), unit, ..Entry::default() }, of(measure));
        }
    }
    let values = run.timeline.iter().flat_map(|it| &it.values);
    let n_cases = values.map(|it| it.n).max().unwrap_or(0);
    let column = |it: &Moment| Entry {
        name: it.step.to_string(),
        at: Some(it.step as f32),
        ..Entry::default()
    };
    Some(Frame::new(FrameParts {
        about: format!("{}, seed {}; up to {n_cases} cases", network.name, run.seed),
        quantity: Quantity { is_log: false, ..quantity(above) },
        rows: Side { name: "measure".into(), entries: rows.entries, ..Side::default() },
        columns: Side {
            name: "step".into(),
            entries: run.timeline.iter().map(column).collect(),
            ..Side::default()
        },
        values: rows.values,
        intervals: rows.intervals,
        ..FrameParts::default()
    }))
}

/// Rows of a frame as they are added.
#[derive(Default)]
struct Rows {
    entries: Vec<Entry>,
    values: Vec<f32>,
    intervals: Vec<[f32; 2]>,
}

impl Rows {
    fn add(&mut self, entry: Entry, values: Vec<Option<Estimate>>) {
        self.entries.push(entry);
        for value in values {
            let Estimate { value, low, high } = value.unwrap_or(Estimate::exact(f64::NAN));
            self.values.push(value as f32);
            let has_interval = low < high;
            self.intervals.push(if has_interval {
                [low as f32, high as f32]
            } else {
                [f32::NAN; 2]
            });
        }
    }
}

/// A measure of a network at a size, over its seeds.
fn estimate(
    lab: &Lab,
    measured: &Measured,
    network: &Network,
    measure: &Measure,
    at: &Named<usize>,
) -> Option<Estimate> {
    over_seeds_at(lab, measured, network, (measure, at, None))
}

/// A measure of a network at a size and, where it has sites, a site, over its seeds.
fn over_seeds_at(
    lab: &Lab,
    measured: &Measured,
    network: &Network,
    (measure, at, site): (&Measure, &Named<usize>, Option<&str>),
) -> Option<Estimate> {
    let runs = lab.seeds(network).iter().filter_map(|&seed| measured.run(&network.name, seed));
    let found: Vec<Estimate> =
        runs.filter_map(|it| Some(it.value_of(&measure.name, at, site)?.estimate())).collect();
    (!found.is_empty()).then(|| over_seeds(&found))
}

/// An interval without what no value can be: Student's knows nothing of where a share ends.
fn within(estimate: Estimate, range: Option<[f64; 2]>) -> Estimate {
    let Some([least, most]) = range else { return estimate };
    let Estimate { value, low, high } = estimate;
    Estimate { value, low: low.clamp(least, most), high: high.clamp(least, most) }
}

/// A network as a row; one without a step of training is a control.
fn entry(measured: &Measured, network: &Network) -> Entry {
    let mut runs = measured.runs.iter().filter(|it| it.network == network.name);
    let is_untrained = runs.next().is_some_and(|it| it.step == 0);
    let role = if is_untrained { Role::Untrained } else { Role::Measured };
    Entry { name: network.name.clone(), role, ..Entry::default() }
}

/// What is known without a network, where the measure has it.
fn bound(
    control: Control,
    measure: &Measure,
    exercise: &Exercise,
) -> Option<(Role, Vec<Option<Estimate>>)> {
    let exact = |value: f64| Some(Estimate::exact(value));
    match (control, measure.kind) {
        (Control::Chance, MeasureKind::Accuracy) => {
            let chance = exact(exercise.task.chance());
            Some((Role::Chance, vec![chance; exercise.exam.len()]))
        }
        (Control::Floor, MeasureKind::Loss) => {
            let floors = exercise.exam.iter().map(|&it| exercise.task.floor(it).and_then(exact));
            let floors: Vec<_> = floors.collect();
            floors.iter().any(Option::is_some).then_some((Role::Floor, floors))
        }
        _ => None,
    }
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::Measured => "measured",
        Role::Untrained => "untrained",
        Role::Shuffled => "shuffled",
        Role::Chance => "guessing",
        Role::Floor => "floor",
    }
}

/// What a measure counts, and how it is written.
fn quantity(measure: &Measure) -> Quantity {
    let (unit, format, range) = match measure.kind {
        MeasureKind::Accuracy | MeasureKind::Exact => ("", Format::Percent, Some([0.0, 1.0])),
        MeasureKind::Loss | MeasureKind::Kl => ("nats", Format::Number, None),
        MeasureKind::Unexplained | MeasureKind::Order => ("", Format::Number, None),
    };
    let is_log =
        matches!(measure.kind, MeasureKind::Kl | MeasureKind::Unexplained | MeasureKind::Order);
    Quantity { name: measure.about.clone(), unit: unit.into(), format, is_log, range }
}

/// The sizes of an exam as columns, with where training ended.
fn sizes(exam: &[Named<usize>], exercise: Option<&Exercise>) -> Side {
    let number = |at: &Named<usize>| at.values().next().copied().unwrap_or(0);
    let column = |at: &Named<usize>| Entry {
        name: number(at).to_string(),
        at: Some(number(at) as f32),
        ..Entry::default()
    };
    let all: Vec<usize> = exam.iter().map(number).collect();
    let least = all.iter().copied().min().unwrap_or(0);
    let most = all.iter().copied().max().unwrap_or(0);
    let is_log = 0 < least && LOG_FROM * least <= most;
    let mark = exercise.map(|it| SideMark {
        name: format!("trained to {}", it.trained[1]),
        at: it.trained[1] as f32,
        kind: MarkKind::TrainedTo,
    });
    Side {
        name: exercise.map_or("", |it| it.task.items().name).into(),
        scale: if is_log { Scale::Log } else { Scale::Linear },
        entries: exam.iter().map(column).collect(),
        marks: mark.into_iter().filter(|_| 1 < exam.len()).collect(),
        ..Side::default()
    }
}

/// "1,000 rows a size, 3 seeds": rows that are asked, and the fewest and most seeds of a network.
fn conditions(lab: &Lab, n_rows: usize) -> String {
    let counts = || lab.networks.iter().map(|it| lab.seeds(it).len());
    let (least, most) = (counts().min().unwrap_or(0), counts().max().unwrap_or(0));
    let seeds = match (least, most) {
        (1, 1) => "1 seed".to_owned(),
        (least, most) if least == most => format!("{most} seeds"),
        (least, most) => format!("{least} to {most} seeds"),
    };
    format!("{n_rows} rows of each size, {seeds}")
}
