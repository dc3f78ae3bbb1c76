//! The formats that leave the page: the link, and files for others to read.

mod link; // start here

pub use link::{
    AttentionView, BasisView, Bookmark, Painting, Panel, SideView, read_link, result_of,
    with_result, write_link,
};
