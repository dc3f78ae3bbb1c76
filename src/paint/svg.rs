//! A scene as SVG text: to take away, and to look at in tests.

use super::shape::{
    BASELINE_EM, DASH_PX, HATCH_WIDTH_PX, RING_PX, can_be_drawn, degrees, hatch_lines, weight,
};
use crate::view::{Anchor, Mark, Rgba, Scene, Turn};

/// For what is neither upright nor level.
const SMOOTH: &str = " shape-rendering=\"auto\"";

/// The scene as a standalone SVG document with texts in `font`, a list as CSS has it.
///
/// The same scene gives the same text. What has a place that is NaN is left out.
pub fn svg(scene: &Scene, font: &str) -> String {
    let [width, height] = scene.size_px.map(number);
    let font = escaped(font);
    // Cells stand edge to edge: smooth edges would let the paper shine through between them.
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"{font}\" \
         shape-rendering=\"crispEdges\" xml:space=\"preserve\">\n"
    );
    let marks = scene.all().filter(|it| can_be_drawn(it));
    let (texts, others): (Vec<&Mark>, Vec<&Mark>) = marks.partition(|it| is_text(it));
    for mark in others.into_iter().chain(texts) {
        out.push_str(&element(mark));
        out.push('\n');
    }
    out.push_str("</svg>\n");
    out
}

fn is_text(mark: &Mark) -> bool {
    matches!(mark, Mark::Text { .. })
}

fn element(mark: &Mark) -> String {
    match *mark {
        Mark::Cell { at, size, fill } => {
            format!("<rect{}{}/>", rectangle(at, size), colour("fill", fill))
        }
        Mark::Outline { at, size, width, stroke, dashed } => {
            let inner = size.map(|side| (side - width).max(0.0));
            let rectangle = rectangle(at.map(|it| it + width / 2.0), inner);
            let dashes =
                if dashed { attribute("stroke-dasharray", DASH_PX) } else { String::new() };
            format!("<rect{rectangle} fill=\"none\"{}{dashes}/>", pen(stroke, width))
        }
        Mark::Dot { at, radius, fill, ring } => dot(at, radius, fill, ring),
        Mark::Line { from, to, width, stroke } => line(from, to, width, stroke),
        Mark::Hatch { at, size, stroke } => hatch(at, size, stroke),
        Mark::Text { .. } => text(mark),
    }
}

fn dot(at: [f32; 2], radius: f32, fill: Rgba, ring: Rgba) -> String {
    let (middle_of_ring, pen) = if fill == ring {
        (radius, String::new())
    } else {
        let width = RING_PX.min(radius);
        (radius - width / 2.0, pen(ring, width))
    };
    let centre = attribute("cx", at[0]) + &attribute("cy", at[1]) + &attribute("r", middle_of_ring);
    format!("<circle{centre}{}{pen}{SMOOTH}/>", colour("fill", fill))
}

fn line(from: [f32; 2], to: [f32; 2], width: f32, stroke: Rgba) -> String {
    let [x1, y1, x2, y2] = [from[0], from[1], to[0], to[1]].map(number);
    let edges = if x1 == x2 || y1 == y2 { "" } else { SMOOTH };
    format!(
        "<line x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"{} stroke-linecap=\"round\"{edges}/>",
        pen(stroke, width)
    )
}

fn hatch(at: [f32; 2], size: [f32; 2], stroke: Rgba) -> String {
    let lines = hatch_lines(at, size).into_iter().map(|[from, to]| {
        let [x1, y1, x2, y2] = [from[0], from[1], to[0], to[1]].map(number);
        format!("M{x1} {y1}L{x2} {y2}")
    });
    let path: String = lines.collect();
    let pen = pen(stroke, HATCH_WIDTH_PX);
    format!("<path d=\"{path}\" fill=\"none\"{pen} stroke-linecap=\"round\"{SMOOTH}/>")
}

fn text(mark: &Mark) -> String {
    let Mark::Text { at, ref text, size_px, fill, anchor, turn, bold } = *mark else {
        return String::new();
    };
    let place = attribute("x", at[0]) + &attribute("y", at[1] + size_px * BASELINE_EM);
    let look = attribute("font-size", size_px) + &colour("fill", fill);
    let anchor = match anchor {
        Anchor::Start => "",
        Anchor::Middle => " text-anchor=\"middle\"",
        Anchor::End => " text-anchor=\"end\"",
    };
    let weight = if bold { format!(" font-weight=\"{}\"", weight(true)) } else { String::new() };
    let turn = match turn {
        Turn::None => String::new(),
        _ => {
            let [angle, x, y] = [degrees(turn), at[0], at[1]].map(number);
            format!(" transform=\"rotate({angle} {x} {y})\"")
        }
    };
    format!("<text{place}{look}{anchor}{weight}{turn}>{}</text>", escaped(text))
}

fn rectangle(at: [f32; 2], size: [f32; 2]) -> String {
    attribute("x", at[0])
        + &attribute("y", at[1])
        + &attribute("width", size[0])
        + &attribute("height", size[1])
}

fn pen(stroke: Rgba, width: f32) -> String {
    colour("stroke", stroke) + &attribute("stroke-width", width)
}

/// A colour and its opacity apart: not every reader of SVG knows `rgba()`.
fn colour(name: &str, fill: Rgba) -> String {
    let [red, green, blue, alpha] = fill.0;
    let opacity = f32::from(alpha) / 255.0;
    let rest =
        if alpha == 255 { String::new() } else { attribute(&format!("{name}-opacity"), opacity) };
    format!(" {name}=\"{}\"{rest}", Rgba([red, green, blue, 255]).css())
}

fn attribute(name: &str, value: f32) -> String {
    format!(" {name}=\"{}\"", number(value))
}

/// At most two decimals, and none that say nothing.
fn number(value: f32) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Text as XML can hold it: what it cannot becomes the replacement character.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push(' '),
            '\0'..' ' | '\u{fffe}' | '\u{ffff}' => out.push(char::REPLACEMENT_CHARACTER),
            _ => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const RED: Rgba = Rgba([200, 0, 0, 255]);
    const BLUE: Rgba = Rgba([0, 0, 200, 128]);

    /// What `mark` becomes, without the document around it.
    #[track_caller]
    fn check(mark: Mark, expected: &str) {
        let text = svg(&Scene::new([10.0, 20.5], vec![mark]), "Inter");
        let lines: Vec<&str> = text.lines().collect();
        assert!(
            lines[0].starts_with(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"10\" height=\"20.5\""
            )
        );
        assert_eq!(lines[lines.len() - 1], "</svg>");
        assert_eq!(lines[1..lines.len() - 1].join("\n"), expected);
    }

    fn word(text: &str, turn: Turn, bold: bool) -> Mark {
        let anchor = if bold { Anchor::Middle } else { Anchor::Start };
        let text = text.to_owned();
        Mark::Text { at: [1.0, 10.0], text, size_px: 10.0, fill: RED, anchor, turn, bold }
    }

    #[test]
    fn a_cell_and_its_opacity() {
        check(
            Mark::Cell { at: [1.0 / 3.0, -0.001], size: [2.5, 4.0], fill: RED },
            "<rect x=\"0.33\" y=\"0\" width=\"2.5\" height=\"4\" fill=\"#c80000\"/>",
        );
        check(
            Mark::Cell { at: [0.0, 0.0], size: [1.0, 1.0], fill: BLUE },
            "<rect x=\"0\" y=\"0\" width=\"1\" height=\"1\" fill=\"#0000c8\" fill-opacity=\"0.5\"/>",
        );
    }

    #[test]
    fn an_outline_lies_inside_its_rectangle() {
        check(
            Mark::Outline {
                at: [0.0, 0.0],
                size: [9.0, 8.0],
                width: 2.0,
                stroke: RED,
                dashed: true,
            },
            "<rect x=\"1\" y=\"1\" width=\"7\" height=\"6\" fill=\"none\" stroke=\"#c80000\" \
             stroke-width=\"2\" stroke-dasharray=\"2\"/>",
        );
    }

    #[test]
    fn a_dot_lies_inside_its_radius_with_its_ring() {
        let dot = |ring| Mark::Dot { at: [5.0, 6.0], radius: 4.0, fill: RED, ring };
        check(
            dot(BLUE),
            "<circle cx=\"5\" cy=\"6\" r=\"3.25\" fill=\"#c80000\" stroke=\"#0000c8\" \
             stroke-opacity=\"0.5\" stroke-width=\"1.5\" shape-rendering=\"auto\"/>",
        );
        check(
            dot(RED),
            "<circle cx=\"5\" cy=\"6\" r=\"4\" fill=\"#c80000\" shape-rendering=\"auto\"/>",
        );
    }

    #[test]
    fn only_slanting_lines_have_smooth_edges() {
        let line = |to| Mark::Line { from: [0.0, 1.0], to, width: 1.0, stroke: RED };
        check(
            line([5.0, 1.0]),
            "<line x1=\"0\" y1=\"1\" x2=\"5\" y2=\"1\" stroke=\"#c80000\" stroke-width=\"1\" \
             stroke-linecap=\"round\"/>",
        );
        check(
            line([5.0, 2.0]),
            "<line x1=\"0\" y1=\"1\" x2=\"5\" y2=\"2\" stroke=\"#c80000\" stroke-width=\"1\" \
             stroke-linecap=\"round\" shape-rendering=\"auto\"/>",
        );
    }

    #[test]
    fn a_hatch_is_one_path() {
        check(
            Mark::Hatch { at: [0.0, 0.0], size: [6.0, 6.0], stroke: RED },
            "<path d=\"M0.5 5.5L5.5 0.5\" fill=\"none\" stroke=\"#c80000\" stroke-width=\"1\" \
             stroke-linecap=\"round\" shape-rendering=\"auto\"/>",
        );
    }

    #[test]
    fn texts_stand_on_their_middle_line_and_turn_about_their_place() {
        check(
            word("the", Turn::None, false),
            "<text x=\"1\" y=\"13.5\" font-size=\"10\" fill=\"#c80000\">the</text>",
        );
        check(
            word("the", Turn::Slant, true),
            "<text x=\"1\" y=\"13.5\" font-size=\"10\" fill=\"#c80000\" text-anchor=\"middle\" \
             font-weight=\"600\" transform=\"rotate(-40 1 10)\">the</text>",
        );
    }

    #[test]
    fn any_token_can_be_written() {
        check(
            word("<a & \"b\">\n\u{7}", Turn::None, false),
            "<text x=\"1\" y=\"13.5\" font-size=\"10\" fill=\"#c80000\">\
             &lt;a &amp; &quot;b&quot;&gt; \u{fffd}</text>",
        );
        let named = svg(&Scene::default(), "\"Segoe UI\", serif");
        assert!(named.contains("font-family=\"&quot;Segoe UI&quot;, serif\""));
    }

    #[test]
    fn texts_come_last_and_marks_without_a_place_not_at_all() {
        let cell = |x| Mark::Cell { at: [x, 0.0], size: [1.0, 1.0], fill: RED };
        let marks = vec![word("NaN", Turn::None, false), cell(f32::NAN), cell(1.0)];
        let text = svg(&Scene::new([9.0, 9.0], marks), "Inter");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 4);
        assert!(lines[1].starts_with("<rect") && lines[2].starts_with("<text"));
    }
}
