//! The formats that leave the page: the link, and files for others to read.

mod link; // start here

pub mod labs;
mod lesson;
mod models;

pub use lesson::{LessonPlace, read_stage};
pub use link::{
    AttentionView, BasisView, Bookmark, LabPlace, MOST_BESIDE, Painting, Place, read_link,
    result_of, with_result, write_link,
};
pub use models::{FAMILIES, are_fellows, family_of, is_same_model};
