//! Formulas: LaTeX to MathML that can be put into a page as it is.
//!
//! The renderer writes some characters as they came (`<` as a relation, names of functions), so what
//! it wrote is read again here: nothing passes but elements and attributes of MathML that it is
//! known to write.

use pulldown_latex::{
    Event, Parser, RenderConfig, Storage, config::DisplayMode, event::Content, push_mathml,
};

/// Bytes of a formula.
const MOST_BYTES: usize = 2_000;
/// Groups in groups.
const MOST_NESTED: usize = 50;

/// What is not read: commands that define others, which could grow without end, and environments
/// with a list of columns, at whose scripts the library stops.
const REFUSED: [&str; 8] = [
    "\\def",
    "\\let",
    "\\futurelet",
    "\\newcommand",
    "\\renewcommand",
    "\\providecommand",
    "array}",
    "alignat",
];

/// The MathML of a formula, on a line of its own or within one.
///
/// # Errors
/// What is wrong with it, in words.
pub(super) fn mathml(latex: &str, is_block: bool) -> Result<String, String> {
    if MOST_BYTES < latex.len() {
        return Err(format!("a formula has at most {MOST_BYTES} characters"));
    }
    // The library cuts letters of several bytes in two, and stops there.
    if let Some(letter) = latex.chars().find(|it| !it.is_ascii()) {
        return Err(format!("`{letter}` is not ASCII: write it as a command, such as \\alpha"));
    }
    if let Some(found) = REFUSED.iter().find(|it| latex.contains(**it)) {
        return Err(format!(
            "`{found}` is not read: write it out, or use matrix, cases or aligned"
        ));
    }
    let storage = Storage::new();
    let mut depth = 0usize;
    let mut events = Vec::new();
    for event in Parser::new(latex, &storage) {
        let event = event.map_err(|error| first_line(&error.to_string()))?;
        match &event {
            Event::Begin(_) => depth += 1,
            Event::End => depth = depth.saturating_sub(1),
            Event::Content(Content::Function(name)) if !name.chars().all(is_plain) => {
                return Err(format!("“{name}” cannot be the name of a function"));
            }
            _ => {}
        }
        if MOST_NESTED < depth {
            return Err(format!("groups are more than {MOST_NESTED} deep"));
        }
        events.push(Ok::<_, std::convert::Infallible>(event));
    }
    let mode = if is_block { DisplayMode::Block } else { DisplayMode::Inline };
    let config = RenderConfig { display_mode: mode, ..RenderConfig::default() };
    let mut text = String::new();
    push_mathml(&mut text, events.into_iter(), config).map_err(|error| error.to_string())?;
    let text = escaped(&text);
    if is_safe(&text) { Ok(text) } else { Err("this formula cannot be shown".to_owned()) }
}

/// The library's messages draw where they are on further lines.
fn first_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    line.strip_prefix("parsing error: ").unwrap_or(line).replace("unkown", "unknown")
}

fn is_plain(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '\u{a0}' | '*' | '\'' | '.' | ',')
}

/// A sign alone in its element, as the renderer writes it, becomes text.
fn escaped(text: &str) -> String {
    text.replace("><</", ">&lt;</").replace("><\u{338}", ">&lt;\u{338}").replace(">&<", ">&amp;<")
}

/// Elements that the renderer writes.
const ELEMENTS: [&str; 22] = [
    "math",
    "mrow",
    "mi",
    "mn",
    "mo",
    "mtext",
    "mspace",
    "msub",
    "msup",
    "msubsup",
    "munder",
    "mover",
    "munderover",
    "mfrac",
    "msqrt",
    "mroot",
    "mtable",
    "mtr",
    "mtd",
    "mphantom",
    "mpadded",
    "mstyle",
];
/// Their attributes.
const ATTRIBUTES: [&str; 24] = [
    "display",
    "displaystyle",
    "scriptlevel",
    "style",
    "class",
    "mathvariant",
    "stretchy",
    "symmetric",
    "minsize",
    "maxsize",
    "lspace",
    "rspace",
    "width",
    "height",
    "depth",
    "voffset",
    "linethickness",
    "accent",
    "accentunder",
    "form",
    "fence",
    "separator",
    "largeop",
    "movablelimits",
];
/// References to characters that stand in texts.
const REFERENCES: [&str; 4] = ["&amp;", "&lt;", "&gt;", "&nbsp;"];

/// Whether a text is nothing but elements of MathML without a link, a script or a handler.
fn is_safe(text: &str) -> bool {
    let mut rest = text;
    while let Some(at) = rest.find(['<', '&']) {
        rest = &rest[at..];
        if let Some(reference) = REFERENCES.iter().find(|it| rest.starts_with(**it)) {
            rest = &rest[reference.len()..];
            continue;
        }
        let Some(end) = rest.find('>').filter(|_| rest.starts_with('<')) else { return false };
        if !is_safe_tag(&rest[1..end]) {
            return false;
        }
        rest = &rest[end + 1..];
    }
    true
}

/// Whether what stands between `<` and `>` is a tag of MathML.
fn is_safe_tag(tag: &str) -> bool {
    if let Some(name) = tag.strip_prefix('/') {
        return ELEMENTS.contains(&name);
    }
    let tag = tag.strip_suffix('/').unwrap_or(tag).trim_end();
    let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
    if !ELEMENTS.contains(&name) {
        return false;
    }
    while !rest.trim_start().is_empty() {
        let Some((name, after)) = rest.trim_start().split_once("=\"") else { return false };
        let Some((value, after)) = after.split_once('"') else { return false };
        let is_known = ATTRIBUTES.contains(&name);
        // Colours, lengths and names; nothing that could fetch.
        let is_letter = |it: char| it.is_ascii_alphanumeric() || " -+.:;()#%".contains(it);
        if !is_known || !value.chars().all(is_letter) || value.contains("url") {
            return false;
        }
        rest = after;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::{is_safe, mathml};

    #[test]
    fn what_could_act_is_not_safe() {
        for text in [
            "<script>alert(1)</script>",
            "<mi><img src=x onerror=alert(1)></mi>",
            "<mi onclick=\"alert(1)\">x</mi>",
            "<mi href=\"javascript:alert(1)\">x</mi>",
            "<mi style=\"background: url(//a)\">x</mi>",
            "<mi>a & b</mi>",
            "<annotation-xml encoding=\"text/html\">",
            "<mi",
            "<",
        ] {
            assert!(!is_safe(text), "{text}");
        }
        assert!(is_safe("<math display=\"inline\"><mi>x</mi><mo>&lt;</mo></math>"));
    }

    #[test]
    fn formulas_of_the_field_are_shown() {
        for latex in [
            "x",
            "a < b > c \\le d",
            "h_t = \\bar A_t h_{t-1} + \\bar B_t x_t",
            "\\text{softmax}\\left(\\frac{QK^\\top}{\\sqrt{d_k}}\\right)V",
            "\\operatorname{softplus}(x)",
            "\\sum_{i=1}^{n} \\alpha_i \\mathbf{v}_i",
            "\\begin{pmatrix} a & b \\\\ c & d \\end{pmatrix}",
            "\\begin{cases} 1 & x > 0 \\\\ 0 & \\text{else} \\end{cases}",
            "\\hat{y}, \\tilde{x}, \\overline{z}, \\mathbb{R}^{d \\times n}, \\mathcal{L}",
            "\\lVert x \\rVert_2, \\langle a, b \\rangle, \\log p, \\exp(-\\Delta)",
            "\\underbrace{a + b}_{c}, \\binom{n}{k}, \\prod_i, \\partial f, \\nabla",
            "\\color{red}{x}, \\not=, \\quad \\dots, f'",
            "\\text{a < b & c}",
            "\\begin{aligned} a &= b \\\\ &= c \\end{aligned}",
        ] {
            for is_block in [false, true] {
                let made = mathml(latex, is_block).unwrap_or_else(|why| panic!("{latex}: {why}"));
                assert!(made.starts_with("<math") && made.ends_with("</math>"), "{made}");
            }
        }
    }
}
