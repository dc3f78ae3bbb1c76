//! A frame in sentences, for those who do not see it.

use trace::{Format, Frame, Side};

use super::{
    FrameKind, Place, claims,
    words::{fact_cells, fact_headings, format_of, measured_text, value_text},
};

/// A sentence names so many rows, and says how many more there are.
const MOST_SPOKEN: usize = 6;

/// The value under the cursor in a sentence, or the whole frame where there is no cursor.
pub fn spoken(kind: FrameKind, frame: &Frame, at: Option<Place>) -> String {
    let [n_rows, n_columns] = frame.size();
    if n_rows == 0 || n_columns == 0 {
        return tr!("No values.").to_owned();
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
    let text = format!(
        "{}, {}{word}: {}",
        frame.rows().entry_name(row),
        place_text(frame.columns(), column),
        value_with_unit(frame, row, column),
    );
    match frame.theirs(row, column).map(|it| value_text(it, format_of(frame, row))) {
        Some(theirs) => tr!("{text}; the paper {theirs}.", text, theirs),
        None => text + ".",
    }
}

fn value_with_unit(frame: &Frame, row: usize, column: usize) -> String {
    if frame.value(row, column).is_nan() {
        return tr!("no value").to_owned();
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
            let to = frame.columns().entry_name(column);
            let value = value_with_unit(frame, row, column);
            match label {
                "" => tr!("to {to} {value}", to, value),
                _ => tr!("to {to} on “{label}” {value}", to, label, value),
            }
        })
        .collect();
    let edges =
        if edges.is_empty() { tr!("no edge leaves it").to_owned() } else { edges.join(", ") };
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
            tr!("{value} at {place}", value = value_with_unit(frame, row, column), place)
        };
        let said = match (first, last) {
            (Some(first), Some(last)) if first == last => at(first),
            (Some(first), Some(last)) => format!("{}, {}", at(first), at(last)),
            _ => tr!("no value").to_owned(),
        };
        format!("{} {said}", frame.rows().entry_name(row))
    };
    let rows: Vec<String> = (0..n_rows.min(MOST_SPOKEN)).map(row_text).collect();
    let marks = frame.columns().marks.iter().map(|mark| format!(", {}", mark.name));
    let marks: String = marks.take(2).collect();
    let title = match frame.columns().name.as_str() {
        "" => title(frame),
        name => tr!("{title} against {name}", title = title(frame), name),
    };
    format!("{title}{marks}: {}{}.", rows.join("; "), more(n_rows))
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
        tr!("{value} at {row}, {place}", value, row = frame.rows().entry_name(row), place)
    };
    let (least, most) = (sound.clone().min_by(by_value), sound.max_by(by_value));
    let (Some(least), Some(most)) = (least, most) else {
        return tr!("{title}: no values.", title = title(frame));
    };
    let size = tr!("{n_rows} by {n_columns} values", n_rows, n_columns);
    tr!(
        "{title}, {size}: largest {most}; smallest {least}.",
        title = title(frame),
        size,
        most = said(most),
        least = said(least)
    )
}

fn title(frame: &Frame) -> String {
    let name = frame.quantity().name.as_str();
    if name.is_empty() { tr!("Values").to_owned() } else { name.to_owned() }
}

fn more(n_rows: usize) -> String {
    match n_rows.saturating_sub(MOST_SPOKEN) {
        0 => String::new(),
        count => format!("; {}", tr!("and {count} more", count)),
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::testing::{automaton, beliefs, claims, named, parity, sinks, training},
        *,
    };

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
