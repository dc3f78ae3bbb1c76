//! The formats that leave the page: the link, and files for others to read.

mod link; // start here

mod lesson;
mod models;

pub use lesson::{LessonPlace, read_stage};
pub use link::{
    AttentionView, BasisView, Bookmark, MOST_BESIDE, Painting, Place, read_link, result_of,
    with_result, write_link,
};
pub use models::{FAMILIES, Family, family_of};
