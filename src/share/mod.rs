//! The formats that leave the page: the link, and files for others to read.

mod link; // start here

mod bookmark;
pub mod labs;
mod lesson;
mod models;
mod parts;
mod place;

pub use bookmark::{AttentionView, BasisView, Bookmark, LabPlace, MOST_BESIDE, Painting};
pub use lesson::{LessonPlace, read_stage};
pub use link::{read_link, result_of, with_result, write_link};
pub use models::{FAMILIES, are_fellows, family_of, is_same_model};
pub use place::Place;
