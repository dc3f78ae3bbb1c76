//! Numbers and tokens as text.

use trace::{AttentionRow, Token};

use super::{Cursor, Ground, depth_name};

/// Longer words are shown in part.
const MOST_LETTERS: usize = 40;

/// A token as it is shown: marks of the model in angle brackets, an unknown word as typed.
pub fn shown(token: &Token) -> String {
    shown_text(&token.typed)
}

/// [`shown`] for a word of the vocabulary.
pub fn shown_text(text: &str) -> String {
    match text.strip_prefix('<').and_then(|it| it.strip_suffix('>')) {
        Some(inner) => format!("⟨{inner}⟩"),
        None => match text.char_indices().nth(MOST_LETTERS) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text.to_owned(),
        },
    }
}

/// A number with three digits that count.
pub fn number(value: f32) -> String {
    if !value.is_finite() {
        return "—".to_owned();
    }
    let size = value.abs();
    let digits = if size < 1.0 {
        3
    } else if size < 10.0 {
        2
    } else if size < 100.0 {
        1
    } else {
        0
    };
    format!("{value:.digits$}").replace('-', "−")
}

/// A number with its sign, two decimals.
pub fn signed(value: f32) -> String {
    if !value.is_finite() {
        return "—".to_owned();
    }
    let text = format!("{:.2}", value.abs());
    let sign = match (text.as_str(), value < 0.0) {
        ("0.00", _) => "",
        (_, true) => "−",
        (_, false) => "+",
    };
    format!("{sign}{text}")
}

/// A share of one in percent.
pub fn percent(share: f32) -> String {
    format!("{:.0} %", 100.0 * share)
}

/// The cursor's cell in one sentence.
pub fn spoken(
    cursor: Cursor,
    ground: &Ground,
    tokens: &[Token],
    row: Option<&AttentionRow>,
    lens: Option<(String, f32)>,
) -> String {
    let word = |pos: usize| tokens.get(pos).map_or_else(String::new, shown);
    let (pos, source) = (cursor.pos, cursor.source);
    let weight = row.and_then(|it| it.weight.get(&[source])).filter(|it| !it.is_nan());
    let read = match (weight, row) {
        (Some(weight), Some(row)) if row.is_recurrent => {
            tr!(
                "weight {weight} on “{word}” ({source})",
                weight = signed(weight),
                word = word(source),
                source
            )
        }
        (Some(weight), _) => tr!(
            "{share} on “{word}” ({source})",
            share = percent(weight),
            word = word(source),
            source
        ),
        (None, Some(_)) => tr!("no token-to-token matrix").to_owned(),
        (None, None) => tr!("not read yet").to_owned(),
    };
    let Cursor { layer, head, .. } = cursor;
    let text = tr!(
        "Head {layer}.{head} at “{word}” ({pos}): {read}.",
        layer,
        head,
        word = word(pos),
        pos,
        read
    );
    let (Some((said, prob)), Some(site)) = (lens, ground.sites.get(cursor.depth)) else {
        return text;
    };
    let (depth, prob) = (depth_name(*site), format!("{prob:.2}"));
    format!("{text} {}", tr!("Lens after {depth}: “{said}” {prob}.", depth, said, prob))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_three_digits() {
        let shown = [0.1234, 1.234, -12.34, 123.4, f32::NAN].map(number);
        assert_eq!(shown, ["0.123", "1.23", "−12.3", "123", "—"]);
    }

    #[test]
    fn signs_are_written_but_not_of_0() {
        assert_eq!([1.5, -0.25, -0.001].map(signed), ["+1.50", "−0.25", "0.00"]);
    }

    #[test]
    fn marks_of_the_model_stand_in_angle_brackets() {
        assert_eq!(shown_text("<bos>"), "⟨bos⟩");
        assert_eq!(shown_text("barn"), "barn");
    }

    #[test]
    fn a_word_without_end_is_shown_in_part() {
        assert_eq!(shown_text(&"é".repeat(40)), "é".repeat(40));
        assert_eq!(shown_text(&"é".repeat(100_000)), "é".repeat(40) + "…");
    }
}
