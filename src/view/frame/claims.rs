//! What papers claim, what they report, what was measured here, and whether it holds.

use trace::{Fact, FactValues, Frame, Outcome};

use super::{
    super::{Anchor, Mark, Scene, Table},
    Look, Place, Plot, Step,
    parts::{Area, LINE_PX, bold, fitted, no_values, text, width_of},
    words::{measured_text, outcome_text},
};

/// The height of a claim in the figure.
const ROW_PX: f32 = 32.0;

/// One claim, as a line of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct ClaimRow {
    pub claim: String,
    /// What the paper reports; empty where it has no number.
    pub theirs: String,
    /// What was measured here, with its interval.
    pub ours: String,
    pub outcome: Option<Outcome>,
    /// The outcome in words. "Not at this size" is a finding: it is grey, never red.
    pub outcome_text: &'static str,
    /// Why it came out so; empty where nothing was said.
    pub why: String,
}

/// Every claim of a frame: a row each, ours in the first column.
pub fn claim_rows(frame: &Frame) -> Vec<ClaimRow> {
    let texts = |name: &str, row: usize| match frame.rows().fact(name) {
        Some(FactValues::Texts(of)) => of[row].clone(),
        _ => String::new(),
    };
    let outcomes = frame.rows().facts.iter().find_map(|fact| match &fact.values {
        FactValues::Outcomes(of) => Some(of),
        _ => None,
    });
    let row = |row: usize| {
        let outcome = outcomes.map(|of| of[row]);
        ClaimRow {
            claim: frame.rows().entry_name(row).to_owned(),
            theirs: texts(Fact::THEIRS, row),
            ours: ours(frame, row),
            outcome,
            outcome_text: outcome.map_or(tr!("not tested"), outcome_text),
            why: texts(Fact::WHY, row),
        }
    };
    (0..frame.size()[0]).map(row).collect()
}

/// Our value with its unit; where a claim compares several, all of them.
fn ours(frame: &Frame, row: usize) -> String {
    let values = (0..frame.size()[1]).filter(|column| !frame.value(row, *column).is_nan());
    let values: Vec<String> = values.map(|column| measured_text(frame, row, column)).collect();
    let unit = frame.unit(row);
    let space = if unit.is_empty() || values.is_empty() { "" } else { " " };
    let text = if values.is_empty() { "—".to_owned() } else { values.join(" : ") };
    if values.is_empty() { text } else { format!("{text}{space}{unit}") }
}

/// "4 claims: 3 met, 1 not at this size".
pub fn claims_counted(frame: &Frame) -> String {
    let rows = claim_rows(frame);
    let all = [Outcome::Met, Outcome::NotMet, Outcome::NotAtThisSize, Outcome::Undecided];
    let kinds = all.map(Some).into_iter().chain([None]);
    let count = |kind: Option<Outcome>| {
        let of = rows.iter().filter(|it| it.outcome == kind);
        let name = kind.map_or(tr!("not tested"), outcome_text);
        let count = of.count();
        (0 < count).then(|| format!("{count} {name}"))
    };
    let counted: Vec<String> = kinds.filter_map(count).collect();
    let claims = tr_n!(rows.len(), "{n} claim", "{n} claims");
    if counted.is_empty() { claims } else { format!("{claims}: {}", counted.join(", ")) }
}

/// All claims in rows.
pub(super) fn table(frame: &Frame) -> Table {
    let mut table =
        Table::new([tr!("claim"), tr!("theirs"), tr!("ours"), tr!("outcome"), tr!("why")]);
    let line =
        |it: ClaimRow| vec![it.claim, it.theirs, it.ours, it.outcome_text.to_owned(), it.why];
    table.rows = claim_rows(frame).into_iter().map(line).collect();
    table
}

/// One claim in a sentence, or how all came out.
pub(super) fn spoken(frame: &Frame, row: Option<usize>) -> String {
    let Some(row) = row else { return format!("{}.", claims_counted(frame)) };
    let Some(it) = claim_rows(frame).into_iter().nth(row) else {
        return tr!("No values.").to_owned();
    };
    let why = if it.why.is_empty() { String::new() } else { format!(": {}", it.why) };
    format!("{}: {}, {}{why}.", it.claim, numbers(&it), it.outcome_text)
}

/// Theirs and ours of a claim; ours alone where the paper has no number.
fn numbers(row: &ClaimRow) -> String {
    match row.theirs.as_str() {
        "" => tr!("ours {ours}", ours = row.ours),
        theirs => tr!("theirs {theirs}, ours {ours}", theirs, ours = row.ours),
    }
}

/// Claims as a figure: for small pictures and to take away. On the page they are an HTML table.
pub(super) struct Claims<'a> {
    look: Look<'a>,
    rows: Vec<ClaimRow>,
    n_shown: usize,
}

impl<'a> Claims<'a> {
    pub(super) fn new(frame: &Frame, look: Look<'a>) -> Self {
        let rows = claim_rows(frame);
        let most = ((look.size_px[1] - LINE_PX) / ROW_PX).floor().max(0.0) as usize;
        let n_shown = rows.len().min(most);
        Self { look, rows, n_shown }
    }

    fn top(&self, row: usize) -> f32 {
        ROW_PX * row as f32 + 2.0
    }

    /// The claim and the outcome above, theirs and ours below.
    fn row_marks(&self, row: usize) -> Vec<Mark> {
        let palette = self.look.palette;
        let width = self.look.size_px[0];
        let it = &self.rows[row];
        let [above, below] = [self.top(row) + 9.0, self.top(row) + 9.0 + LINE_PX];
        let outcome = fitted(it.outcome_text, width * 0.6, true);
        let room = width - width_of(&outcome, true) - 24.0;
        let is_met = it.outcome == Some(Outcome::Met);
        let ink = if is_met { palette.ink } else { palette.ink_3 };
        let claim = fitted(&it.claim, room, false);
        let numbers = fitted(&numbers(it), width - 16.0, false);
        let at = [width - 8.0, above];
        let line = [[0.0, self.top(row)], [width, self.top(row)]];
        vec![
            Mark::Line { from: line[0], to: line[1], width: 1.0, stroke: palette.line },
            text([8.0, above], claim, palette.ink, Anchor::Start),
            match is_met {
                true => bold(at, outcome, ink, Anchor::End),
                false => text(at, outcome, ink, Anchor::End),
            },
            text([8.0, below], numbers, palette.ink_2, Anchor::Start),
        ]
    }
}

impl Plot for Claims<'_> {
    fn scene(&self) -> Scene {
        let size_px = self.look.size_px;
        if self.rows.is_empty() {
            let area = Area { left: 0.0, top: 0.0, right: size_px[0], bottom: size_px[1] };
            let area = area.within(size_px);
            return Scene::new(size_px, no_values(area, self.look.palette, size_px));
        }
        let mut marks: Vec<Mark> = (0..self.n_shown).flat_map(|row| self.row_marks(row)).collect();
        let rest = self.rows.len() - self.n_shown;
        let y = self.top(self.n_shown) + 6.0;
        if 0 < rest && y + LINE_PX / 2.0 <= size_px[1] {
            let words = tr!("{rest} more in the table", rest);
            let words = fitted(&words, size_px[0] - 16.0, false);
            marks.push(text([8.0, y], words, self.look.palette.ink_2, Anchor::Start));
        }
        Scene::new(size_px, marks)
    }

    fn cursor(&self, at: Place) -> Scene {
        let size_px = self.look.size_px;
        let bar = Mark::Cell {
            at: [0.0, self.top(at.row) + 2.0],
            size: [2.0, ROW_PX - 4.0],
            fill: self.look.palette.ink,
        };
        let is_shown = at.row < self.n_shown;
        Scene::new(size_px, is_shown.then_some(bar).into_iter().collect())
    }

    fn hit(&self, [x, y]: [f32; 2]) -> Option<Place> {
        let row = ((y - 2.0) / ROW_PX).floor();
        let inside = 0.0 <= x && x <= self.look.size_px[0];
        (inside && 0.0 <= row && row < self.n_shown as f32)
            .then_some(Place { row: row as usize, column: 0 })
    }

    fn next(&self, at: Place, step: Step) -> Place {
        let last = self.rows.len().saturating_sub(1);
        let row = match step {
            Step::Up | Step::Left => at.row.saturating_sub(1),
            Step::Down | Step::Right => at.row + 1,
            Step::First => 0,
            Step::Last => last,
        };
        Place { row: row.min(last), column: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::testing::{claims, look, named, texts_of},
        *,
    };
    use crate::view::{Palette, Theme};

    #[test]
    fn a_claim_is_a_row_with_theirs_ours_and_why() {
        let rows = claim_rows(&claims());
        assert_eq!(rows.len(), 3);
        assert_eq!((rows[0].theirs.as_str(), rows[0].ours.as_str()), ("0 %", "0.0 % ± 0.2 %"));
        assert_eq!(rows[0].outcome_text, "met");
        assert_eq!(rows[2].outcome, Some(Outcome::NotAtThisSize));
        assert_eq!(rows[2].why, "no massive activation below 160k weights");
        let untested = claim_rows(&named(&["a"], &["v"], &[f32::NAN]));
        assert_eq!((untested[0].ours.as_str(), untested[0].outcome_text), ("—", "not tested"));
    }

    #[test]
    fn claims_are_counted_and_spoken() {
        let frame = claims();
        assert_eq!(claims_counted(&frame), "3 claims: 1 met, 1 not met, 1 not at this size");
        assert_eq!(
            spoken(&frame, Some(2)),
            "lower kurtosis: theirs 340 against 33,510, ours 310.0 %, not at this size: no massive \
             activation below 160k weights."
        );
        assert_eq!(spoken(&frame, Some(9)), "No values.");
        assert_eq!(claims_counted(&named(&[], &["v"], &[])), "0 claims");
    }

    #[test]
    fn what_does_not_show_at_this_size_is_grey() {
        let palette = Palette::of(Theme::Light);
        let scene = Claims::new(&claims(), look(palette)).scene();
        let fills = scene.marks.iter().filter_map(|mark| match mark {
            Mark::Text { text, fill, .. } if text == "not at this size" => Some(*fill),
            _ => None,
        });
        assert_eq!(fills.collect::<Vec<_>>(), [palette.ink_3]);
    }

    #[test]
    fn claims_that_do_not_fit_are_counted_in_the_figure() {
        let palette = Palette::of(Theme::Light);
        let small = Look { size_px: [240.0, 80.0], ..look(palette) };
        let texts = texts_of(&Claims::new(&claims(), small).scene());
        assert!(texts.contains(&"1 more in the table".to_owned()), "{texts:?}");
        let table = table(&claims());
        assert_eq!(table.rows.len(), 3, "the table has all");
    }
}
