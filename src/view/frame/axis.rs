//! From values to pixels, with ticks.

use trace::{Format, Frame, Scale, Side};

use super::super::chart::nice_step;

/// One direction of a plot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Axis {
    /// The values at both ends, as logarithms where the axis is logarithmic.
    low: f32,
    high: f32,
    /// Where both ends stand.
    px: [f32; 2],
    is_log: bool,
}

impl Axis {
    /// An axis from `ends[0]` at `px[0]` to `ends[1]` at `px[1]`. Ends that are one are spread.
    pub(super) fn new(ends: [f32; 2], px: [f32; 2], is_log: bool) -> Self {
        let [low, high] = if is_log { ends.map(f32::log10) } else { ends };
        let is_sound = low.is_finite() && high.is_finite();
        let [low, high] = match (is_sound, low < high) {
            (true, true) => [low, high],
            (true, false) if low == 0.0 => [-0.5, 0.5],
            // More than one step of a float, however large.
            (true, false) => [low - low.abs() * 0.1 - 0.05, low + low.abs() * 0.1 + 0.05],
            (false, _) => [0.0, 1.0],
        };
        Self { low, high, px, is_log }
    }

    /// Where a value stands; `None` for NaN, and where a logarithm has none.
    pub(super) fn at(&self, value: f32) -> Option<f32> {
        let along = if self.is_log { value.log10() } else { value };
        // Halves first, so that ends far apart do not overflow.
        let part = (along / 2.0 - self.low / 2.0) / (self.high / 2.0 - self.low / 2.0);
        let [from, to] = self.px;
        let px = from + (to - from) * part;
        px.is_finite().then_some(px)
    }

    /// Whether a value lies between the ends.
    pub(super) fn holds(&self, value: f32) -> bool {
        let along = if self.is_log { value.log10() } else { value };
        self.low <= along && along <= self.high
    }

    /// Round values between the ends, about one per `room_px`.
    pub(super) fn ticks(&self, room_px: f32) -> Vec<f32> {
        let most = ((self.px[1] - self.px[0]).abs() / room_px).clamp(1.0, 8.0);
        if self.is_log {
            return self.log_ticks(most);
        }
        let step = nice_step((self.high - self.low) / most);
        if !step.is_finite() || step <= 0.0 {
            return Vec::new();
        }
        let [first, last] = [(self.low / step).ceil(), (self.high / step).floor()];
        // A step that is too small for these values would give the same tick again.
        if 1.0e6 < first.abs().max(last.abs()) {
            return vec![self.low, self.high];
        }
        (first as i64..=last as i64).map(|it| it as f32 * step).collect()
    }

    fn log_ticks(&self, most: f32) -> Vec<f32> {
        let (first, last) = (self.low.floor() as i32, self.high.ceil() as i32);
        let decades = (last - first).max(1);
        let every = (decades as f32 / most).ceil().max(1.0) as i32;
        let steps: &[f32] = if decades <= 1 { &[1.0, 2.0, 5.0] } else { &[1.0] };
        let all = (first..=last).step_by(every as usize);
        let all = all.flat_map(|power| steps.iter().map(move |step| step * 10f32.powi(power)));
        all.filter(|tick| self.holds(*tick)).collect()
    }
}

/// The ends of the values of some rows, with their intervals; and zero where `from_zero`.
pub(super) fn value_ends(frame: &Frame, rows: &[usize], from_zero: bool) -> [f32; 2] {
    let n_columns = frame.size()[1];
    let of = |row: usize, column: usize| {
        let value = frame.value(row, column);
        let theirs = frame.theirs(row, column).unwrap_or(value);
        let [low, high] = frame.interval(row, column).unwrap_or([value; 2]);
        [value, theirs, low, high]
    };
    let all = rows.iter().flat_map(|row| (0..n_columns).flat_map(move |it| of(*row, it)));
    let own = rows.iter().all(|row| frame.unit(*row) == frame.quantity().unit);
    let range = frame.quantity().range.filter(|_| own).into_iter().flatten();
    let ends = ends_of(all.chain(range).chain(from_zero.then_some(0.0)), is_log(frame, rows));
    let flat = ends[0] == ends[1];
    match (from_zero && flat, ends[0] == 0.0) {
        (true, true) => [0.0, 1.0],
        _ => ends,
    }
}

/// Whether these rows stand on a logarithmic axis: only those in the frame's own unit do.
pub(super) fn is_log(frame: &Frame, rows: &[usize]) -> bool {
    let quantity = frame.quantity();
    quantity.is_log && rows.iter().all(|row| frame.unit(*row) == quantity.unit)
}

/// The least and the largest finite value; both NaN where there is none.
pub(super) fn ends_of(values: impl Iterator<Item = f32>, is_log: bool) -> [f32; 2] {
    let sound = values.filter(|it| it.is_finite() && (!is_log || 0.0 < *it));
    sound.fold([f32::NAN; 2], |[low, high], it| [low.min(it), high.max(it)])
}

/// Ends moved outward to round values, a little beyond the data, but not over a natural end.
pub(super) fn rounded(ends: [f32; 2], n_ticks: f32) -> [f32; 2] {
    let [low, high] = ends;
    let step = nice_step((high - low) / n_ticks);
    if !step.is_finite() || step <= 0.0 || high <= low {
        return ends;
    }
    [(low / step).floor() * step, (high / step).ceil() * step]
}

/// The number at which an entry of a side stands.
pub(super) fn number_at(side: &Side, index: usize) -> f32 {
    match side.scale {
        Scale::Even => index as f32,
        Scale::Linear | Scale::Log => {
            side.entries.get(index).and_then(|entry| entry.at).unwrap_or(f32::NAN)
        }
    }
}

/// The axis of a side between two pixels.
pub(super) fn side_axis(side: &Side, px: [f32; 2]) -> Axis {
    let marks = side.marks.iter().filter(|_| side.scale != Scale::Even).map(|mark| mark.at);
    let entries = (0..side.entries.len()).map(|index| number_at(side, index));
    let is_log = side.scale == Scale::Log;
    let [mut low, high] = ends_of(entries.chain(marks), is_log);
    // Sizes are counted from zero, where zero is near.
    if side.scale == Scale::Linear && 0.0 < low && low < 0.25 * high {
        low = 0.0;
    }
    Axis::new([low, high], px, is_log)
}

/// Where a number of [`trace::Entry::at`] stands on an even side: between its neighbours.
pub(super) fn mark_place(side: &Side, at: f32) -> Option<f32> {
    if side.scale != Scale::Even {
        return Some(at);
    }
    let numbers: Vec<f32> = side.entries.iter().map(|entry| entry.at.unwrap_or(f32::NAN)).collect();
    let between = |pair: &[f32]| pair[0].min(pair[1]) <= at && at <= pair[0].max(pair[1]);
    let index = numbers.windows(2).position(between)?;
    let [from, to] = [numbers[index], numbers[index + 1]];
    let part = if from == to { 0.0 } else { (at - from) / (to - from) };
    Some(index as f32 + part)
}

/// A tick's text: as many digits as tell it from its neighbours, thousands apart.
pub(super) fn tick_text(value: f32, all: &[f32], format: Format) -> String {
    let scale = if format == Format::Percent { 100.0 } else { 1.0 };
    let gap = all.windows(2).map(|it| (it[1] - it[0]).abs()).fold(f32::INFINITY, f32::min);
    let gap = if gap.is_finite() && 0.0 < gap { gap } else { value.abs() } * scale;
    let value = value * scale;
    if value != 0.0 && (value.abs() < 1.0e-4 || 1.0e7 <= value.abs()) {
        return format!("{value:.0e}").replace('-', "−");
    }
    // The fewest digits that write the gap in full.
    let is_whole = |digits: &usize| {
        let gap = gap * 10f32.powi(*digits as i32);
        (gap - gap.round()).abs() <= 1.0e-3 * gap
    };
    let digits = (0..4).find(is_whole).unwrap_or(4);
    if value == 0.0 {
        return if format == Format::Percent { "0 %".to_owned() } else { "0".to_owned() };
    }
    let text = thousands(&format!("{:.digits$}", value.abs()));
    let sign = match (value < 0.0, format) {
        (true, _) => "−",
        (false, Format::Signed) => "+",
        _ => "",
    };
    let unit = if format == Format::Percent { " %" } else { "" };
    format!("{sign}{text}{unit}")
}

/// Digits in groups of three: 12,345.6.
pub(super) fn thousands(digits: &str) -> String {
    let (whole, rest) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let mut out = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if 0 < place && (whole.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twice_as_large_stands_twice_as_far() {
        let axis = Axis::new([0.0, 4.0], [10.0, 90.0], false);
        assert_eq!([0.0, 1.0, 2.0, 4.0].map(|it| axis.at(it).unwrap()), [10.0, 30.0, 50.0, 90.0]);
        let log = Axis::new([1.0, 100.0], [0.0, 100.0], true);
        assert_eq!([1.0, 10.0, 100.0].map(|it| log.at(it).unwrap()), [0.0, 50.0, 100.0]);
        assert_eq!([f32::NAN, 0.0, -1.0].map(|it| log.at(it)), [None; 3]);
    }

    #[test]
    fn ends_that_are_one_or_none_still_give_an_axis() {
        for ends in [[0.0; 2], [7.0; 2], [-1.0e30; 2], [f32::NAN; 2], [f32::MIN, f32::MAX]] {
            let axis = Axis::new(ends, [0.0, 100.0], false);
            let middle = axis.at(if ends[0].is_nan() || ends[0] < ends[1] { 0.5 } else { ends[0] });
            assert!((middle.unwrap() - 50.0).abs() < 1.0, "{ends:?}: {middle:?}");
            assert!(axis.ticks(20.0).iter().all(|it| it.is_finite()), "{ends:?}");
        }
    }

    #[test]
    fn ticks_are_round_and_between_the_ends() {
        let axis = Axis::new([0.0, 1.0], [200.0, 0.0], false);
        let ticks = axis.ticks(45.0);
        let texts: Vec<String> =
            ticks.iter().map(|it| tick_text(*it, &ticks, Format::Number)).collect();
        assert_eq!(texts, ["0", "0.5", "1.0"]);
        let steps = Axis::new([10.0, 8_000.0], [0.0, 300.0], true).ticks(60.0);
        let texts: Vec<String> =
            steps.iter().map(|it| tick_text(*it, &steps, Format::Count)).collect();
        assert_eq!(texts, ["10", "100", "1,000"]);
        assert_eq!(Axis::new([2.0, 7.0], [0.0, 300.0], true).ticks(60.0), [2.0, 5.0]);
    }

    #[test]
    fn texts_of_ticks_say_sign_and_unit() {
        let text = |value, format| tick_text(value, &[-0.25, 0.0, 0.25], format);
        assert_eq!(text(0.25, Format::Percent), "25 %");
        assert_eq!(text(0.0, Format::Percent), "0 %");
        assert_eq!([-0.25, 0.0, 0.25].map(|it| text(it, Format::Signed)), ["−0.25", "0", "+0.25"]);
        assert_eq!(tick_text(2.0e-9, &[], Format::Number), "2e−9");
        assert_eq!(["1", "123", "1234", "1234567.5"].map(thousands)[2..], ["1,234", "1,234,567.5"]);
    }
}
