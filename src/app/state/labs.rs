//! The labs that there are, and the one that is open.

use std::{ops::Deref, sync::Arc};

use lab::{
    format::View,
    index::{Entry, Index},
};
use leptos::prelude::*;
use trace::Program;

use super::AppState;
use crate::{
    app::browser::fetched,
    share::{
        LabPlace, Place, are_fellows,
        labs::{Shipped, first_prompt, shipped},
    },
    view::Pick,
};

/// Where the index of labs is, seen from the page.
const ADDRESS: &str = "./labs/index.bin";

/// The labs, as far as they have come.
#[derive(Clone, Debug, Default)]
pub(crate) enum Labs {
    /// Nobody wanted one yet.
    #[default]
    Unasked,
    Coming,
    Here(Arc<Index>),
    /// Why they did not come, in a sentence with what to do.
    Failed(String),
}

/// A lab of the index.
#[derive(Clone, Debug)]
pub(crate) struct OpenLab {
    index: Arc<Index>,
    place: usize,
}

impl Deref for OpenLab {
    type Target = Entry;

    fn deref(&self) -> &Entry {
        &self.index.labs[self.place]
    }
}

impl PartialEq for OpenLab {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.index, &other.index) && self.place == other.place
    }
}

impl OpenLab {
    /// The lab of this id.
    pub(crate) fn find(labs: &Labs, id: &str) -> Option<Self> {
        let Labs::Here(index) = labs else { return None };
        let place = index.labs.iter().position(|it| it.lab.id == id)?;
        Some(Self { index: index.clone(), place })
    }

    /// Networks that can be opened.
    pub(crate) fn shipped(&self) -> Vec<Shipped> {
        shipped(&self.lab, &self.measured)
    }

    /// The network of this name in links, where it is one of the lab's.
    pub(crate) fn network_of(&self, model: &str) -> Option<Shipped> {
        self.shipped().into_iter().find(|it| it.model == model)
    }

    /// The network in this place of the lab's list, of this seed or else its first.
    pub(crate) fn model_of(&self, place: usize, seed: u64) -> Option<Shipped> {
        let mut all: Vec<_> = self.shipped().into_iter().filter(|it| it.place == place).collect();
        let at = all.iter().position(|it| it.seed == seed).unwrap_or(0);
        (at < all.len()).then(|| all.swap_remove(at))
    }

    /// The views that have a tile each, with the place of each in the lab's list.
    pub(crate) fn views(&self) -> impl Iterator<Item = (usize, &View)> {
        self.lab.views.iter().enumerate().take(Place::TILES.len())
    }

    /// The view of a tile, with its place in the lab's list.
    pub(crate) fn view_at(&self, tile: Place) -> Option<(usize, &View)> {
        self.views().nth(tile.tile()?)
    }

    /// Names of all networks, in the order of the legend.
    pub(crate) fn names(&self) -> Vec<String> {
        self.lab.networks.iter().map(|it| it.name.clone()).collect()
    }
}

/// Fetches the labs when the bookmark names one, and fills in what a link left to the lab.
pub(crate) fn connect(state: AppState) {
    let id = Memo::new(move |_| state.bookmark.read().lab.as_ref().map(|it| it.id.clone()));
    Effect::new(move |_| {
        if id.read().is_some() {
            fetch(state);
        }
    });
    Effect::new(move |_| {
        let Some(id) = id.get() else { return };
        match &*state.labs.read() {
            Labs::Here(_) if state.open_lab.read().is_none() => {
                state.notice(tr!("there is no lab “{id}” here; choose one under Labs", id));
                close(state);
            }
            Labs::Failed(why) => state.notice(why.clone()),
            _ => {}
        }
    });
    Effect::new(move |_| {
        if let Some(lab) = state.open_lab.get() {
            fill(state, &lab);
        }
    });
}

/// Asks for the labs, unless they are here or on their way.
pub(crate) fn fetch(state: AppState) {
    if matches!(&*state.labs.read_untracked(), Labs::Here(_) | Labs::Coming) {
        return;
    }
    state.labs.set(Labs::Coming);
    leptos::task::spawn_local(async move {
        let read = |bytes: Vec<u8>| Index::from_bytes(&bytes).map_err(|it| it.to_string());
        let labs = match fetched(ADDRESS).await.and_then(read) {
            Ok(index) => Labs::Here(Arc::new(index)),
            Err(why) => Labs::Failed(tr!("the labs did not come ({why}); try again", why)),
        };
        state.labs.set(labs);
    });
}

/// Puts what a link left out in its place: the lab's first network, and its first prompt.
fn fill(state: AppState, lab: &OpenLab) {
    let (model, has_prompt) =
        state.bookmark.with_untracked(|it| (it.model.clone(), !it.prompt.is_empty()));
    let is_own = are_fellows(&model, &lab.lab.id);
    if is_own && has_prompt {
        return;
    }
    // What a link says besides its lab stays; what belongs to another model does not.
    let is_foreign = !is_own && !model.is_empty();
    let first = lab.shipped().into_iter().next().map(|it| it.model);
    let text = first_prompt(&lab.lab);
    state.bookmark.update(|it| {
        if !is_own {
            (it.model, it.digest) = (first.unwrap_or_default(), String::new());
        }
        if is_foreign {
            (it.a, it.b, it.pick, it.program) = (None, None, Pick::default(), Program::default());
            it.beside.clear();
        }
        if is_foreign || !has_prompt {
            it.prompt = text.unwrap_or_default();
        }
    });
}

/// Opens a lab; a network of it that is on the page stays.
pub(crate) fn open(state: AppState, id: &str) {
    state.bookmark.update(|it| {
        it.lab = Some(LabPlace { id: id.to_owned(), in_workspace: false });
        (it.maximised, it.lesson, it.lesson_step) = (None, None, 0);
        it.panels.retain(|place, _| place.tile().is_none());
    });
    state.tab.set(Place::Tile1);
}

/// Closes the lab; the network stays in the workspace.
pub(crate) fn close(state: AppState) {
    state.bookmark.update(|it| {
        (it.lab, it.lesson_step) = (None, 0);
        it.maximised = it.maximised.filter(|it| it.tile().is_none());
        it.panels.retain(|place, _| place.tile().is_none());
    });
    state.tab.set(Place::Main);
}

impl AppState {
    /// Whether the stage has the tiles of a lab.
    pub(crate) fn shows_tiles(self) -> bool {
        self.bookmark.read().lab.as_ref().is_some_and(|it| !it.in_workspace)
    }

    /// Puts the workspace in place of the lab's tiles, or the tiles back.
    pub(crate) fn toggle_workspace(self) {
        self.bookmark.update(|it| {
            it.maximised = None;
            if let Some(lab) = &mut it.lab {
                lab.in_workspace = !lab.in_workspace;
            }
        });
        let tab = if self.shows_tiles() { Place::Tile1 } else { Place::Main };
        self.tab.set(tab);
    }
}
