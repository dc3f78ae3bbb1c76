//! A frame as text: values, tables and files.

use trace::{FactValues, Format, Frame, Outcome, Role, Side};

use super::{
    super::{Table, number, signed},
    FrameKind,
    axis::thousands,
    claims,
};

/// In place of a value that is not there.
const NOTHING: &str = "—";

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
    tr!(
        "{text} ({low} to {high})",
        text,
        low = value_text(low, format),
        high = value_text(high, format)
    )
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
    let theirs = |row: &usize| tr!("{name}, paper", name = frame.rows().entry_name(*row));
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
    let theirs = |it: &usize| tr!("{name}, paper", name = frame.columns().entry_name(*it));
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
    let mut table = Table::new([tr!("from"), tr!("to"), quantity.as_str(), tr!("label")]);
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

/// What the facts of a side are called, a heading each.
pub(super) fn fact_headings(side: &Side) -> Vec<String> {
    let of = |fact: &trace::Fact| match &fact.values {
        FactValues::Shares { names, .. } => {
            names.iter().map(|name| format!("{}: {name}", fact.name)).collect()
        }
        _ => vec![fact.name.clone()],
    };
    side.facts.iter().flat_map(of).collect()
}

/// The facts of an entry, under their headings.
pub(super) fn fact_cells(side: &Side, index: usize, number: &dyn Fn(f32) -> String) -> Vec<String> {
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
        Outcome::Met => tr!("met"),
        Outcome::NotMet => tr!("not met"),
        Outcome::NotAtThisSize => tr!("not at this size"),
        Outcome::Undecided => tr!("undecided"),
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

#[cfg(test)]
mod tests {
    use super::{
        super::testing::{automaton, beliefs, extremes, named, parity, sinks, training},
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
}
