//! Every panel: the one table that places, menus, links and the page's stage go by.

pub(in crate::app) mod attention;
pub(in crate::app) mod attention_around;
pub(in crate::app) mod attribution;
pub(in crate::app) mod chart;
pub(in crate::app) mod eigenvalues;
pub(in crate::app) mod forms;
pub(in crate::app) mod half_life;
pub(in crate::app) mod interventions;
pub(in crate::app) mod lens;
pub(in crate::app) mod next;
pub(in crate::app) mod norms;
pub(in crate::app) mod panel;
pub(in crate::app) mod paths;
pub(in crate::app) mod state;
pub(in crate::app) mod steps;

use leptos::prelude::*;
use trace::ModelShape;

use self::{
    attention::AttentionPanel, attribution::AttributionPanel, chart::ChartPanel,
    eigenvalues::EigenvaluesPanel, forms::FormsPanel, half_life::HalfLifePanel, lens::LensPanel,
    norms::NormsPanel, paths::PathsPanel, state::FilmPanel, steps::StepPanel,
};
use crate::{
    app::state::AppState,
    share::{
        Bookmark,
        Place::{self, Lower, Main, Middle, Second, Side, Tile1, Tile2, Tile3, Tile4},
    },
};

/// A panel: what it is called, where it fits, and what makes it.
pub(crate) struct PanelRow {
    /// Its name in links.
    pub(crate) id: &'static str,
    /// Its name in menus and tabs.
    pub(crate) name: &'static str,
    /// Places that it fits.
    places: &'static [Place],
    /// What a model must have for it.
    needs: Needs,
    show: fn(Place) -> AnyView,
}

/// What a panel needs of a model.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Needs {
    Nothing,
    /// A layer with a state.
    State,
}

/// Places that are wide, and those beside the lens.
const WIDE: &[Place] = &[Main, Second, Lower];
const NARROW: &[Place] = &[Middle, Side];

/// Every panel, in the order of menus.
pub(crate) const PANELS: &[PanelRow] = &[
    PanelRow {
        id: "attention",
        name: text!("attention"),
        places: WIDE,
        needs: Needs::Nothing,
        show: |place| view! { <AttentionPanel place /> }.into_any(),
    },
    PanelRow {
        id: "paths",
        name: text!("paths"),
        places: WIDE,
        needs: Needs::Nothing,
        show: |place| view! { <PathsPanel place /> }.into_any(),
    },
    PanelRow {
        id: "state",
        name: text!("state"),
        places: WIDE,
        needs: Needs::State,
        show: |place| view! { <FilmPanel place /> }.into_any(),
    },
    PanelRow {
        id: "forms",
        name: text!("forms"),
        places: WIDE,
        needs: Needs::State,
        show: |place| view! { <FormsPanel place /> }.into_any(),
    },
    PanelRow {
        id: "eigenvalues",
        name: text!("eigenvalues"),
        places: WIDE,
        needs: Needs::State,
        show: |place| view! { <EigenvaluesPanel place /> }.into_any(),
    },
    PanelRow {
        id: "lens",
        name: text!("lens"),
        places: WIDE,
        needs: Needs::Nothing,
        show: |place| view! { <LensPanel place /> }.into_any(),
    },
    PanelRow {
        id: "steps",
        name: text!("step size"),
        places: WIDE,
        needs: Needs::State,
        show: |place| view! { <StepPanel place /> }.into_any(),
    },
    PanelRow {
        id: "chart",
        name: text!("A and B"),
        places: NARROW,
        needs: Needs::Nothing,
        show: |place| view! { <ChartPanel place /> }.into_any(),
    },
    PanelRow {
        id: "attribution",
        name: text!("attribution"),
        places: NARROW,
        needs: Needs::Nothing,
        show: |place| view! { <AttributionPanel place /> }.into_any(),
    },
    PanelRow {
        id: "norms",
        name: text!("lengths"),
        places: NARROW,
        needs: Needs::Nothing,
        show: |place| view! { <NormsPanel place /> }.into_any(),
    },
    PanelRow {
        id: "half-life",
        name: text!("half-life"),
        places: NARROW,
        needs: Needs::State,
        show: |place| view! { <HalfLifePanel place /> }.into_any(),
    },
];

impl PanelRow {
    /// Panels that fit a place.
    pub(crate) fn fitting(place: Place) -> impl Iterator<Item = &'static PanelRow> {
        // A tile of a lab has room for each.
        PANELS.iter().filter(move |it| place.tile().is_some() || it.places.contains(&place))
    }

    /// The panel of this name that fits a place.
    fn find(id: &str, place: Place) -> Option<&'static PanelRow> {
        Self::fitting(place).find(|it| it.id == id)
    }

    /// Why a model has no such thing, where that is so.
    pub(crate) fn lacks(&self, shape: &ModelShape) -> Option<&'static str> {
        let is_lacking = self.needs == Needs::State && !shape.has_recurrence();
        is_lacking.then_some(tr!("this model keeps no state"))
    }
}

/// What stands in a place where the reader chose nothing, with the cursor's layer locked at `layer`.
fn usual(place: Place, shape: Option<&ModelShape>, layer: usize) -> &'static str {
    // What does not go on linearly has no state that is a matrix, and no step.
    let has_state = |shape: &ModelShape, layer: usize| {
        let ssm = shape.mixers.get(layer).and_then(|it| it.ssm.as_ref());
        ssm.is_some_and(|it| it.has_matrix)
    };
    match place {
        Main => "attention",
        Second if shape.is_some_and(|it| has_state(it, layer)) => "state",
        Second => "paths",
        Lower => {
            let is_recurrent = |it: &ModelShape| {
                !it.has_attention() && (0..it.n_layers).any(|layer| has_state(it, layer))
            };
            if shape.is_some_and(is_recurrent) { "steps" } else { "lens" }
        }
        Middle => "chart",
        Side | Place::Rail => "attribution",
        Tile1 | Tile2 | Tile3 | Tile4 => "attention",
    }
}

/// What stands in a place: what the reader chose where that is a panel that fits there and that the
/// model has, else the usual one.
fn standing(
    bookmark: &Bookmark,
    place: Place,
    shape: Option<&ModelShape>,
    layer: usize,
) -> &'static PanelRow {
    let chosen = bookmark.panels.get(&place).and_then(|id| PanelRow::find(id, place));
    let has_it = |it: &&PanelRow| shape.is_none_or(|shape| it.lacks(shape).is_none());
    let usual = || PanelRow::find(usual(place, shape, layer), place);
    chosen.filter(has_it).or_else(usual).unwrap_or(&PANELS[0])
}

/// Names in a link's places that this page has no panel for, or none that fits, each in a sentence.
pub(in crate::app) fn unknown_panels(bookmark: &Bookmark) -> Vec<String> {
    let all = bookmark.panels.iter();
    all.filter(|(place, id)| PanelRow::find(id, **place).is_none())
        .map(|(place, id)| {
            let place = place.name();
            tr!("no panel “{id}” stands at “{place}”; the usual one is shown there", id, place)
        })
        .collect()
}

/// Says which panels of a link there are not, once each.
pub(in crate::app) fn connect(state: AppState) {
    let unknown = Memo::new(move |_| unknown_panels(&state.bookmark.read()));
    Effect::new(move |told: Option<Vec<String>>| {
        let unknown = unknown.get();
        let told = told.unwrap_or_default();
        unknown.iter().filter(|it| !told.contains(it)).for_each(|it| state.notice(it.clone()));
        unknown
    });
}

impl AppState {
    /// The panel in a place.
    pub(crate) fn panel_at(self, place: Place) -> &'static PanelRow {
        let model = self.model.read();
        let shape = model.as_ref().map(|it| &it.shape);
        let bookmark = self.bookmark.read();
        if place.tile().is_some() && !bookmark.panels.contains_key(&place) {
            let lab = self.open_lab.get();
            let panel = lab.as_ref().and_then(|it| it.view_at(place)?.1.panel.as_deref());
            return panel.and_then(|it| PanelRow::find(it, place)).unwrap_or(&PANELS[0]);
        }
        standing(&bookmark, place, shape, self.lock().layer)
    }
}

/// A place of the stage with the panel that stands there.
#[component]
pub(in crate::app) fn Slot(place: Place) -> impl IntoView {
    let state = AppState::here();
    let id = Memo::new(move |_| state.panel_at(place).id);
    move || PanelRow::find(id.get(), place).map(|it| (it.show)(place))
}

#[cfg(test)]
mod tests {
    use trace::{MixerShape, SsmShape};

    use super::*;

    fn ssm(has_matrix: bool) -> MixerShape {
        let ssm = SsmShape { n_heads: 1, has_matrix, ..SsmShape::default() };
        MixerShape { ssm: Some(ssm), ..MixerShape::default() }
    }

    fn shape(mixers: Vec<MixerShape>) -> ModelShape {
        ModelShape { n_layers: mixers.len(), mixers, ..ModelShape::default() }
    }

    fn attention() -> MixerShape {
        MixerShape { n_attention_heads: 1, ..MixerShape::default() }
    }

    #[test]
    fn names_are_those_of_one_panel_and_every_place_has_a_usual_one() {
        for row in PANELS {
            assert_eq!(PANELS.iter().filter(|it| it.id == row.id).count(), 1, "{}", row.id);
            assert!(!row.places.is_empty() && !row.name.is_empty(), "{}", row.id);
        }
        for &(place, name) in Place::ALL.iter().filter(|it| it.0 != Place::Rail) {
            for shape in [None, Some(&shape(vec![ssm(true)])), Some(&shape(vec![ssm(false)]))] {
                let usual = PanelRow::find(usual(place, shape, 0), place);
                assert!(
                    usual.is_some_and(|it| shape.is_none_or(|at| it.lacks(at).is_none())),
                    "{name}"
                );
            }
        }
    }

    #[test]
    fn panels_fit_the_model_until_the_reader_chooses() {
        let hybrid = shape(vec![ssm(true), attention()]);
        let at = |shape: &ModelShape, place: Place, layer: usize| {
            standing(&Bookmark::default(), place, Some(shape), layer).id
        };
        assert_eq!([at(&hybrid, Second, 0), at(&hybrid, Second, 1)], ["state", "paths"]);
        assert_eq!(at(&hybrid, Lower, 0), "lens");
        assert_eq!(at(&shape(vec![ssm(true)]), Lower, 0), "steps");
        let gru = shape(vec![ssm(false)]);
        assert_eq!([at(&gru, Second, 0), at(&gru, Lower, 0)], ["paths", "lens"]);
    }

    #[test]
    fn a_choice_stands_where_it_fits_and_the_model_has_it() {
        let chosen = |place: Place, id: &str| {
            let panels = [(place, id.to_owned())].into();
            Bookmark { panels, ..Bookmark::default() }
        };
        let plain = shape(vec![attention()]);
        let at = |place: Place, id: &str, shape: &ModelShape| {
            standing(&chosen(place, id), place, Some(shape), 0).id
        };
        assert_eq!(at(Main, "lens", &plain), "lens");
        assert_eq!(at(Second, "chart", &plain), "paths");
        assert_eq!(at(Second, "state", &plain), "paths");
        assert_eq!(at(Second, "eigenvalues", &shape(vec![ssm(true)])), "eigenvalues");
        assert_eq!(unknown_panels(&chosen(Second, "hologram")).len(), 1);
        assert_eq!(unknown_panels(&chosen(Second, "chart")).len(), 1);
        assert_eq!(unknown_panels(&chosen(Lower, "lens")), Vec::<String>::new());
    }
}
