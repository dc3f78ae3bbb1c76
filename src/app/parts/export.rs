//! Files for the reader to keep, with what made them written in.

use leptos::prelude::*;

use super::figure::FONT;
use crate::{
    app::{
        browser::{all_in, download},
        state::AppState,
    },
    paint::{Frame, LegendPart, framed, svg},
    view::{Palette, Scene, Table, spoken},
};

/// A figure with what made it, to be taken away.
#[derive(Clone, Debug)]
pub(in crate::app) struct Picture {
    scene: Scene,
    /// SVG text that lies on the scene's place, where the figure is such.
    chart: Option<String>,
    /// Model, digest, prompt and place.
    caption: String,
    palette: &'static Palette,
}

/// A scene to take away.
pub(in crate::app) fn svg_of(state: AppState, scene: &Scene) -> Picture {
    let palette = untrack(|| state.palette());
    Picture { scene: scene.clone(), chart: None, caption: caption(state), palette }
}

/// A chart, which is SVG text already, to take away.
pub(in crate::app) fn svg_of_chart(state: AppState, chart: &str, size_px: [f32; 2]) -> Picture {
    let scene = Scene::new(size_px, Vec::new());
    Picture { chart: Some(chart.to_owned()), ..svg_of(state, &scene) }
}

/// What a panel says around its figure.
#[derive(Clone, Debug, Default)]
pub(in crate::app) struct Words {
    /// Title and place.
    pub(in crate::app) title: String,
    /// What is seen, and what runs along its sides.
    pub(in crate::app) lines: Vec<String>,
    pub(in crate::app) legend: Vec<LegendPart>,
}

impl Picture {
    /// With another line of what made it.
    pub(in crate::app) fn captioned(self, caption: String) -> Self {
        Self { caption, ..self }
    }

    /// The figure as SVG text with the panel's words around it.
    pub(in crate::app) fn with(self, words: Words) -> String {
        let Words { title, lines, legend } = words;
        let Self { scene, chart, caption, palette } = self;
        let (sheet, [x, y]) = framed(&scene, &Frame { title, lines, legend, caption, palette });
        let sheet = svg(&sheet, FONT);
        let Some(chart) = chart else { return sheet };
        // The chart lies on the paper, under the words.
        let (paper, rest) = sheet.split_at(sheet.find("<text").unwrap_or(0));
        format!("{paper}<g transform=\"translate({x} {y})\">{chart}</g>{rest}")
    }
}

/// The legend of a panel as it stands on the page.
pub(in crate::app) fn legend_of(element: &web_sys::Element) -> Vec<LegendPart> {
    let part = |it: web_sys::HtmlElement| {
        let classes = it.class_list();
        let text = || it.text_content().unwrap_or_default().trim().to_owned();
        match () {
            () if classes.contains("switch") => None,
            () if classes.contains("ramp") && classes.contains("div") => Some(LegendPart::Signed),
            () if classes.contains("ramp") => Some(LegendPart::Sizes),
            () if classes.contains("attn-write") => Some(LegendPart::Kind(0, text())),
            () if classes.contains("mlp-write") => Some(LegendPart::Kind(1, text())),
            () if classes.contains("a") => Some(LegendPart::A(text())),
            () if classes.contains("b") => Some(LegendPart::B(text())),
            () => {
                Some(LegendPart::Words(text())).filter(|it| *it != LegendPart::Words(String::new()))
            }
        }
    };
    all_in(element, ":scope > *").into_iter().filter_map(part).collect()
}

/// What made the picture: model, digest, step of training, prompt, place and what is read there.
fn caption(state: AppState) -> String {
    untrack(|| {
        let bookmark = state.bookmark.read();
        let run = state.run.read();
        let row = state.derived.row.now();
        let place = spoken(state.cursor(), &state.ground(), &run.tokens, row.as_deref(), None);
        let model = format!("{} {}", bookmark.model, bookmark.digest);
        let model = match run.step {
            Some(step) => tr!("{model} at step {step} of training", model, step),
            None => model,
        };
        format!("Undercurrent · {model} · “{}” · {place}", run.prompt)
    })
}

/// A title as part of a file's name.
pub(in crate::app) fn slug(title: &str) -> String {
    let letters = title.to_lowercase();
    let words = letters.split(|it: char| !it.is_alphanumeric()).filter(|it| !it.is_empty());
    words.collect::<Vec<_>>().join("-")
}

/// Saves a figure.
pub(in crate::app) fn save_svg(state: AppState, name: &str, text: Option<String>) {
    match text {
        Some(text) => saved(state, &file_name(state, name, "svg"), "image/svg+xml", &text),
        None => state.notice(tr!("this view is a table of numbers; export it as CSV")),
    }
}

/// Saves a table.
pub(in crate::app) fn save_csv(state: AppState, name: &str, table: &Table) {
    saved(state, &file_name(state, name, "csv"), "text/csv", &table.csv());
}

/// A name that says what it is of, for a table has no caption.
fn file_name(state: AppState, name: &str, ending: &str) -> String {
    let bookmark = state.bookmark.read_untracked();
    format!("undercurrent-{name}-{}-{}.{ending}", bookmark.model, bookmark.digest)
}

fn saved(state: AppState, name: &str, kind: &str, text: &str) {
    if download(name, kind, text).is_err() {
        state.notice(tr!(
            "the browser would not save the file; allow downloads for this page and try again"
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::slug;

    #[test]
    fn a_title_is_part_of_a_file_name() {
        assert_eq!(slug("State film"), "state-film");
        assert_eq!(slug("Three forms (×2)"), "three-forms-2");
        assert_eq!(slug("A and B"), "a-and-b");
    }
}
