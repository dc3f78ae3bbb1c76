//! A frame as text: values, tables, files and sentences.

use trace::{FactValues, Format, Frame, Outcome, Role, Side};

use super::{
    super::{Table, number, signed},
    FrameKind, Place,
    axis::thousands,
    claims,
};

/// In place of a value that is not there.
const NOTHING: &str = "—";
/// A sentence names so many rows, and says how many more there are.
const MOST_SPOKEN: usize = 6;

/// A value as it is read.
pub(super) fn value_text(value: f32, format: Format) -> String {
    if !value.is_finite() {
        return NOTHING.to_owned();
    }
    match format {
        Format::Percent => format!("{:.1} %", 100.0 * value).replace('-', "−"),
        Format::Signed => signed(value),
        Format::Count => {
            let sign = if value < 0.0 { "−" } else { "" };
            format!("{sign}{}", thousands(&format!("{:.0}", value.abs())))
        }
        Format::Number if value != 0.0 && (value.abs() < 1.0e-3 || 1.0e7 <= value.abs()) => {
            format!("{value:.2e}").replace('-', "−")
        }
        Format::Number if 1000.0 <= value.abs() => value_text(value, Format::Count),
        Format::Number => number(value),
    }
}

/// The format of a row's values: that of the frame, where the row has no unit of its own.
pub(super) fn format_of(frame: &Frame, row: usize) -> Format {
    let quantity = frame.quantity();
    if frame.unit(row) == quantity.unit { quantity.format } else { Format::Number }
}

/// What is drawn in a cell: its own word, or its value; nothing where it has neither.
pub(super) fn drawn_text(frame: &Frame, row: usize, column: usize) -> Option<String> {
    let value = frame.value(row, column);
    match frame.text(row, column) {
        "" => (!value.is_nan()).then(|| value_text(value, format_of(frame, row))),
        word => Some(word.to_owned()),
    }
}

/// A value with its interval: "0.966 ± 0.004", or both ends where they are not alike.
pub(super) fn measured_text(frame: &Frame, row: usize, column: usize) -> String {
    let value = frame.value(row, column);
    let format = format_of(frame, row);
    let text = value_text(value, format);
    let Some([low, high]) = frame.interval(row, column).filter(|_| value.is_finite()) else {
        return text;
    };
    let half = (high - low) / 2.0;
    if (value - low - half).abs() <= 0.05 * half {
        // A half width has no sign.
        let plain = if format == Format::Signed { Format::Number } else { format };
        return format!("{text} ± {}", value_text(half, plain));
    }
    format!("{text} ({} to {})", value_text(low, format), value_text(high, format))
}

/// A name with its unit in brackets, where it has one.
pub(super) fn with_unit(name: &str, unit: &str) -> String {
    match (name.is_empty(), unit.is_empty()) {
        (_, true) => name.to_owned(),
        (true, _) => unit.to_owned(),
        _ => format!("{name} ({unit})"),
    }
}

/// All values of a frame as they are read, in the order in which `kind` draws them.
pub fn table(kind: FrameKind, frame: &Frame) -> Table {
    match kind {
        FrameKind::Claims => claims::table(frame),
        FrameKind::Diagram => edges_table(frame),
        FrameKind::Curve | FrameKind::Training | FrameKind::Strip => turned_table(frame),
        FrameKind::Bars
        | FrameKind::Stack
        | FrameKind::Heat
        | FrameKind::Scatter
        | FrameKind::Simplex => rows_table(frame),
    }
}

/// A line per column of the frame: sizes, steps or tokens downward.
fn turned_table(frame: &Frame) -> Table {
    let [n_rows, n_columns] = frame.size();
    let rows = || 0..n_rows;
    let names = rows().map(|row| {
        let name = frame.rows().entry_name(row);
        let unit = frame.unit(row);
        if unit == frame.quantity().unit { name.to_owned() } else { with_unit(name, unit) }
    });
    let first = with_unit(&frame.columns().name, &frame.columns().unit);
    let mut headings: Vec<String> = std::iter::once(first).chain(names).collect();
    let reported = rows().filter(|row| (0..n_columns).any(|it| frame.theirs(*row, it).is_some()));
    let reported: Vec<usize> = reported.collect();
    let theirs = |row: &usize| format!("{}, paper", frame.rows().entry_name(*row));
    headings.extend(reported.iter().map(theirs));
    let mut table = Table { headings, rows: Vec::new() };
    for column in 0..n_columns {
        let first = frame.columns().entry_name(column).to_owned();
        let ours = rows().map(|row| cell_text(frame, row, column));
        let theirs = reported.iter().map(|row| theirs_text(frame, *row, column));
        table.rows.push(std::iter::once(first).chain(ours).chain(theirs).collect());
    }
    table
}

/// A line per row of the frame, with the facts of each.
fn rows_table(frame: &Frame) -> Table {
    let [n_rows, n_columns] = frame.size();
    let columns = || 0..n_columns;
    let mut headings = vec![frame.rows().name.clone()];
    headings.extend(columns().map(|it| frame.columns().entry_name(it).to_owned()));
    let reported = columns().filter(|it| (0..n_rows).any(|row| frame.theirs(row, *it).is_some()));
    let reported: Vec<usize> = reported.collect();
    let theirs = |it: &usize| format!("{}, paper", frame.columns().entry_name(*it));
    headings.extend(reported.iter().map(theirs));
    headings.extend(fact_headings(frame.rows()));
    let mut table = Table { headings, rows: Vec::new() };
    for row in 0..n_rows {
        let mut cells = vec![frame.rows().entry_name(row).to_owned()];
        cells.extend(columns().map(|column| cell_text(frame, row, column)));
        cells.extend(reported.iter().map(|column| theirs_text(frame, row, *column)));
        cells.extend(fact_cells(frame.rows(), row, &|value| value_text(value, Format::Number)));
        table.rows.push(cells);
    }
    table
}

/// A line per edge, and one for each node that has none.
fn edges_table(frame: &Frame) -> Table {
    let quantity = with_unit(&frame.quantity().name, &frame.quantity().unit);
    let mut table = Table::new(["from", "to", quantity.as_str(), "label"]);
    let [n_rows, n_columns] = frame.size();
    let node = |index: usize| frame.rows().entry_name(index).to_owned();
    for row in 0..n_rows {
        let edges = (0..n_columns).filter(|column| frame.value(row, *column).is_finite());
        let before = table.rows.len();
        table.rows.extend(edges.map(|column| {
            let to = frame.columns().entry_name(column).to_owned();
            let label = frame.text(row, column).to_owned();
            vec![node(row), to, measured_text(frame, row, column), label]
        }));
        if table.rows.len() == before {
            let nothing = || NOTHING.to_owned();
            table.rows.push(vec![node(row), nothing(), nothing(), String::new()]);
        }
    }
    table
}

/// A value with its word, where a cell has both.
fn cell_text(frame: &Frame, row: usize, column: usize) -> String {
    let value = measured_text(frame, row, column);
    match frame.text(row, column) {
        "" => value,
        word if value == NOTHING => word.to_owned(),
        word => format!("{word} {value}"),
    }
}

fn theirs_text(frame: &Frame, row: usize, column: usize) -> String {
    value_text(frame.theirs(row, column).unwrap_or(f32::NAN), format_of(frame, row))
}

fn fact_headings(side: &Side) -> Vec<String> {
    let of = |fact: &trace::Fact| match &fact.values {
        FactValues::Shares { names, .. } => {
            names.iter().map(|name| format!("{}: {name}", fact.name)).collect()
        }
        _ => vec![fact.name.clone()],
    };
    side.facts.iter().flat_map(of).collect()
}

fn fact_cells(side: &Side, index: usize, number: &dyn Fn(f32) -> String) -> Vec<String> {
    let of = |fact: &trace::Fact| match &fact.values {
        FactValues::Numbers(of) => vec![number(of[index])],
        FactValues::Classes { names, of } => vec![names[of[index] as usize].clone()],
        FactValues::Texts(of) => vec![of[index].clone()],
        FactValues::Outcomes(of) => vec![outcome_text(of[index]).to_owned()],
        FactValues::Shares { names, of } => {
            let count = names.len();
            of[index * count..(index + 1) * count].iter().map(|it| number(*it)).collect()
        }
    };
    side.facts.iter().flat_map(of).collect()
}

/// An outcome in words.
pub(super) fn outcome_text(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Met => "met",
        Outcome::NotMet => "not met",
        Outcome::NotAtThisSize => "not at this size",
        Outcome::Undecided => "undecided",
    }
}

/// All values of a frame for a file: a line per value, in full precision, with all that is known of
/// it. What is not there is empty.
pub fn full_table(frame: &Frame) -> Table {
    let full = |value: f32| if value.is_finite() { value.to_string() } else { String::new() };
    let [n_rows, n_columns] = frame.size();
    let quantity = with_unit(&frame.quantity().name, &frame.quantity().unit);
    let name = |side: &Side, other: &str| {
        if side.name.is_empty() { other.to_owned() } else { side.name.clone() }
    };
    let (row_name, column_name) = (name(frame.rows(), "row"), name(frame.columns(), "column"));
    let at = |name: &str| format!("{name}, number");
    let headings = [row_name.clone(), "role".to_owned(), column_name.clone(), at(&column_name)];
    let mut table = Table { headings: headings.to_vec(), rows: Vec::new() };
    let value_name = if quantity.is_empty() { "value" } else { &quantity };
    table.headings.extend([value_name, "unit", "low", "high", "paper", "text"].map(str::to_owned));
    table.headings.extend(fact_headings(frame.rows()));
    for row in 0..n_rows {
        let entry = &frame.rows().entries[row];
        for column in 0..n_columns {
            let of = &frame.columns().entries[column];
            let [low, high] = frame.interval(row, column).unwrap_or([f32::NAN; 2]);
            let mut cells = vec![entry.name.clone(), role_text(entry.role).to_owned()];
            cells.extend([of.name.clone(), full(of.at.unwrap_or(f32::NAN))]);
            cells.extend([full(frame.value(row, column)), frame.unit(row).to_owned()]);
            cells.extend([low, high, frame.theirs(row, column).unwrap_or(f32::NAN)].map(full));
            cells.push(frame.text(row, column).to_owned());
            cells.extend(fact_cells(frame.rows(), row, &full));
            table.rows.push(cells);
        }
    }
    table
}

/// What an entry is compared as.
fn role_text(role: Role) -> &'static str {
    match role {
        Role::Measured => "measured",
        Role::Untrained => "untrained",
        Role::Shuffled => "shuffled",
        Role::Chance => "chance",
        Role::Floor => "floor",
    }
}

/// The value under the cursor in a sentence, or the whole frame where there is no cursor.
pub fn spoken(kind: FrameKind, frame: &Frame, at: Option<Place>) -> String {
    let [n_rows, n_columns] = frame.size();
    if n_rows == 0 || n_columns == 0 {
        return "No values.".to_owned();
    }
    match (kind, at) {
        (FrameKind::Claims, at) => claims::spoken(frame, at.map(|it| it.row)),
        (FrameKind::Scatter | FrameKind::Simplex, Some(at)) => point_spoken(frame, at.row),
        (FrameKind::Diagram, Some(at)) => node_spoken(frame, at.row),
        (_, Some(at)) => value_spoken(frame, at),
        (FrameKind::Heat | FrameKind::Strip | FrameKind::Scatter | FrameKind::Simplex, None)
        | (FrameKind::Diagram, None) => extremes_spoken(frame),
        (_, None) => ends_spoken(frame),
    }
}

/// "transformer at 40 steps: 51.6 % ± 3.1 %. The paper: 48.0 %."
fn value_spoken(frame: &Frame, at: Place) -> String {
    let Place { row, column } = at;
    let word = match frame.text(row, column) {
        "" => String::new(),
        word => format!(" “{word}”"),
    };
    let mut text = format!(
        "{}, {}{word}: {}",
        frame.rows().entry_name(row),
        place_text(frame.columns(), column),
        value_with_unit(frame, row, column),
    );
    if let Some(theirs) = frame.theirs(row, column) {
        text.push_str(&format!("; the paper {}", value_text(theirs, format_of(frame, row))));
    }
    text + "."
}

fn value_with_unit(frame: &Frame, row: usize, column: usize) -> String {
    if frame.value(row, column).is_nan() {
        return "no value".to_owned();
    }
    let unit = frame.unit(row);
    let space = if unit.is_empty() { "" } else { " " };
    format!("{}{space}{unit}", measured_text(frame, row, column))
}

/// An entry with what its side counts: "steps 40", "emb".
fn place_text(side: &Side, index: usize) -> String {
    let name = side.entry_name(index);
    let is_number = name.starts_with(|it: char| it.is_ascii_digit());
    if is_number && !side.name.is_empty() {
        format!("{} {name}", side.name)
    } else {
        name.to_owned()
    }
}

fn point_spoken(frame: &Frame, row: usize) -> String {
    let coordinates = (0..frame.size()[1]).map(|column| {
        format!("{} {}", frame.columns().entry_name(column), value_with_unit(frame, row, column))
    });
    let coordinates: Vec<String> = coordinates.collect();
    let facts = fact_headings(frame.rows());
    let cells = fact_cells(frame.rows(), row, &|value| value_text(value, Format::Number));
    let facts: Vec<String> =
        facts.iter().zip(&cells).map(|(name, cell)| format!("{name} {cell}")).collect();
    let facts = if facts.is_empty() { String::new() } else { format!("; {}", facts.join(", ")) };
    format!("{}: {}{facts}.", frame.rows().entry_name(row), coordinates.join(", "))
}

fn node_spoken(frame: &Frame, row: usize) -> String {
    let [_, n_columns] = frame.size();
    let edges = (0..n_columns).filter(|column| frame.value(row, *column).is_finite());
    let edges: Vec<String> = edges
        .map(|column| {
            let label = frame.text(row, column);
            let label = if label.is_empty() { String::new() } else { format!(" on “{label}”") };
            let to = frame.columns().entry_name(column);
            format!("to {to}{label} {}", value_with_unit(frame, row, column))
        })
        .collect();
    let edges = if edges.is_empty() { "no edge leaves it".to_owned() } else { edges.join(", ") };
    format!("{}: {edges}.", frame.rows().entry_name(row))
}

/// The first and the last value of each row.
fn ends_spoken(frame: &Frame) -> String {
    let [n_rows, n_columns] = frame.size();
    let row_text = |row: usize| {
        let sound = |column: &usize| frame.value(row, *column).is_finite();
        let first = (0..n_columns).find(sound);
        let last = (0..n_columns).rev().find(sound);
        let at = |column: usize| {
            let place = place_text(frame.columns(), column);
            format!("{} at {place}", value_with_unit(frame, row, column))
        };
        let said = match (first, last) {
            (Some(first), Some(last)) if first == last => at(first),
            (Some(first), Some(last)) => format!("{}, {}", at(first), at(last)),
            _ => "no value".to_owned(),
        };
        format!("{} {said}", frame.rows().entry_name(row))
    };
    let rows: Vec<String> = (0..n_rows.min(MOST_SPOKEN)).map(row_text).collect();
    let marks = frame.columns().marks.iter().map(|mark| format!(", {}", mark.name));
    let marks: String = marks.take(2).collect();
    let against = match frame.columns().name.as_str() {
        "" => String::new(),
        name => format!(" against {name}"),
    };
    format!("{}{against}{marks}: {}{}.", title(frame), rows.join("; "), more(n_rows))
}

/// The largest and the smallest value.
fn extremes_spoken(frame: &Frame) -> String {
    let [n_rows, n_columns] = frame.size();
    let all = (0..n_rows).flat_map(|row| (0..n_columns).map(move |column| (row, column)));
    let sound = all.filter(|(row, column)| frame.value(*row, *column).is_finite());
    let by_value = |a: &(usize, usize), b: &(usize, usize)| {
        frame.value(a.0, a.1).total_cmp(&frame.value(b.0, b.1))
    };
    let said = |(row, column): (usize, usize)| {
        let place = place_text(frame.columns(), column);
        let value = value_with_unit(frame, row, column);
        format!("{value} at {}, {place}", frame.rows().entry_name(row))
    };
    let (least, most) = (sound.clone().min_by(by_value), sound.max_by(by_value));
    let (Some(least), Some(most)) = (least, most) else {
        return format!("{}: no values.", title(frame));
    };
    let size = format!("{n_rows} by {n_columns} values");
    format!("{}, {size}: largest {}; smallest {}.", title(frame), said(most), said(least))
}

fn title(frame: &Frame) -> String {
    let name = frame.quantity().name.as_str();
    if name.is_empty() { "Values".to_owned() } else { name.to_owned() }
}

fn more(n_rows: usize) -> String {
    match n_rows.saturating_sub(MOST_SPOKEN) {
        0 => String::new(),
        count => format!("; and {count} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::testing::{automaton, beliefs, claims, extremes, named, parity, sinks, training},
        *,
    };

    #[test]
    fn values_are_written_as_they_are_read() {
        let text = |value| value_text(value, Format::Number);
        assert_eq!([0.5, 0.0, -12.34, 33_510.0].map(text), ["0.500", "0.000", "−12.3", "33,510"]);
        assert_eq!([2.0e-6, f32::NAN, 1.0e9].map(text), ["2.00e−6", "—", "1.00e9"]);
        assert_eq!(value_text(-1_234.0, Format::Count), "−1,234");
        assert_eq!(value_text(0.534, Format::Percent), "53.4 %");
        assert_eq!(value_text(0.25, Format::Signed), "+0.25");
    }

    #[test]
    fn intervals_are_one_number_where_both_sides_are_alike() {
        let frame = sinks();
        assert_eq!(measured_text(&frame, 0, 0), "92.0 % ± 3.0 %");
        assert_eq!(measured_text(&frame, 1, 0), "0.0 % (0.0 % to 0.2 %)");
        assert_eq!(measured_text(&frame, 2, 0), "—");
    }

    #[test]
    fn the_table_of_a_curve_has_all_sizes_and_networks() {
        let table = table(FrameKind::Curve, &parity());
        assert_eq!(table.headings[..2], ["steps", "parity-transformer"]);
        assert_eq!(table.rows.len(), 5);
        assert_eq!(table.rows[2][..2], ["20", "53.4 % ± 3.1 %"]);
        assert_eq!(table.rows[4][5], "50.0 %", "chance is a column too");
        let units = super::table(FrameKind::Training, &training());
        assert_eq!(units.headings[1..4], ["held-out", "floor", "induction (score)"]);
    }

    #[test]
    fn tables_of_rows_have_the_papers_numbers_and_facts() {
        let bars = table(FrameKind::Bars, &sinks());
        assert_eq!(bars.headings, ["row", "sink", "sink, paper"]);
        assert_eq!(bars.rows[0], ["softmax", "92.0 % ± 3.0 %", "63.0 %"]);
        assert_eq!(bars.rows[3][2], "—");
        let points = table(FrameKind::Simplex, &beliefs());
        assert_eq!(points.headings[4], "true belief: state 1");
        assert_eq!(points.rows[1][4..8], ["0.000", "1.00", "0.000", "1.00"]);
    }

    #[test]
    fn the_table_of_a_diagram_has_all_edges() {
        let edges = table(FrameKind::Diagram, &automaton());
        assert_eq!(edges.rows.len(), 4);
        assert_eq!(edges.rows[1], ["even", "odd", "0.400", "1"]);
        let alone = named(&["a", "b"], &["a", "b"], &[f32::NAN; 4]);
        assert_eq!(table(FrameKind::Diagram, &alone).rows[1], ["b", "—", "—", ""]);
    }

    #[test]
    fn every_table_has_as_many_cells_as_headings() {
        for (name, frame) in extremes() {
            for (kind, kind_name) in FrameKind::ALL {
                let table = table(kind, &frame);
                let width = table.headings.len();
                let whole = table.rows.iter().all(|row| row.len() == width);
                assert!(whole, "{kind_name} of {name}");
            }
        }
    }

    #[test]
    fn a_file_has_every_value_in_full_precision() {
        let frame = parity();
        let text = full_table(&frame).csv();
        let lines: Vec<&str> = text.trim_end().split("\r\n").collect();
        assert_eq!(lines.len(), 1 + 25);
        let heading = "network,role,steps,\"steps, number\",right answers,unit,low,high,paper,text";
        assert_eq!(lines[0], heading);
        assert!(
            lines[3].starts_with("parity-transformer,measured,20,20,0.534,,0.50"),
            "{}",
            lines[3]
        );
        assert!(lines[25].ends_with("chance,chance,60,60,0.5,,,,,".trim_start()), "{}", lines[25]);
        let third = named(&["a"], &["p"], &[1.0 / 3.0]);
        let value = full_table(&third)
            .csv()
            .split("\r\n")
            .nth(1)
            .unwrap()
            .split(',')
            .nth(4)
            .unwrap()
            .to_owned();
        assert_eq!(value.parse::<f32>().unwrap(), 1.0 / 3.0);
        let minus = named(&["a"], &["p"], &[-0.5]);
        assert!(full_table(&minus).csv().contains(",-0.5,"));
    }

    #[test]
    fn a_value_is_spoken_with_its_place_interval_and_paper() {
        let at = |row, column| Some(Place { row, column });
        let said = spoken(FrameKind::Curve, &parity(), at(0, 2));
        assert_eq!(said, "parity-transformer, steps 20: 53.4 % ± 3.1 %.");
        let said = spoken(FrameKind::Bars, &sinks(), at(0, 0));
        assert_eq!(said, "softmax, sink: 92.0 % ± 3.0 %; the paper 63.0 %.");
        let said = spoken(FrameKind::Bars, &sinks(), at(2, 0));
        assert_eq!(said, "sigmoid, sink: no value.");
        let said = spoken(FrameKind::Diagram, &automaton(), at(1, 0));
        assert_eq!(said, "odd: to even on “1” 0.500, to odd on “0” 0.800.");
        let said = spoken(FrameKind::Simplex, &beliefs(), at(0, 0));
        assert!(said.starts_with("a: state 1 1.00, state 2 0.000"), "{said}");
        let said = spoken(FrameKind::Training, &training(), at(0, 3));
        assert_eq!(said, "held-out, step 8,000: 0.410 nats.");
    }

    #[test]
    fn the_whole_is_spoken_by_its_ends_or_extremes() {
        let said = spoken(FrameKind::Curve, &parity(), None);
        let begin = "right answers against steps, trained to 20: parity-transformer 100.0 %";
        assert!(said.starts_with(begin), "{said}");
        assert!(said.contains("48.3 % ± 3.1 % at steps 60"), "{said}");
        let said = spoken(FrameKind::Heat, &sinks(), None);
        assert!(said.contains("4 by 1 values: largest 92.0 % ± 3.0 % at softmax, sink"), "{said}");
        assert_eq!(
            spoken(FrameKind::Claims, &claims(), None).matches("not at this size").count(),
            1
        );
        assert_eq!(spoken(FrameKind::Heat, &Frame::default(), None), "No values.");
        let many = named(&["r"; 9], &["p"], &[1.0; 9]);
        assert!(spoken(FrameKind::Bars, &many, None).ends_with("; and 3 more."));
    }
}
