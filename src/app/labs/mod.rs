//! Labs on the page: fetched when one is wanted, then a stage of tiles with text beside it.

mod band;
mod menu;
mod networks;
mod rail;
mod stage; // start here
mod study;
mod tile;
mod time;

pub(super) use self::{
    band::{LabHeadline, TokenShares},
    menu::LabsMenu,
    rail::LabRail,
    stage::{LabStage, tile_names},
    study::ask_decoded,
};
