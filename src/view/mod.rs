//! Numbers to marks: where everything stands and what colour it has.
//!
//! Knows arrays, places and colours. Knows nothing of the device, the page or the clock:
//! the same arguments give the same scene, which is what the snapshot tests rest on.

mod scene; // start here

mod attention;
mod chart;
mod cursor;
mod faces;
mod film;
pub mod frame;
mod grid;
mod heads;
mod lens;
mod memory;
mod modes;
mod palette;
mod paths;
mod program;
mod rows;
mod sampling;
mod steps;
mod table;
mod words;

pub use attention::{AttentionMap, attention_lines, attention_map, attention_matrix, overlay_map};
pub use chart::{ChartKind, depth_chart};
pub use cursor::{Cursor, Ground, Pick, block_name, depth_name};
pub use faces::{
    FacesView, faces_block, faces_end, faces_largest, faces_map, faces_spoken, faces_table,
};
pub use film::{
    FilmView, effective_rank, film_bars_end, film_map, film_scale, film_table, singular_values,
};
pub use grid::{Grid, window, window_around};
pub use heads::{crossed_out, heads_grid, heads_grid_layout};
pub use lens::{
    LensMap, LensMode, lens_map, lens_matrix, lens_table, pair_table, unreliable_before,
};
pub use memory::{
    MemoryStrip, StepKind, StepMap, StepRows, memory_meter, memory_strip, memory_table,
    sorted_heads, step_map, step_table,
};
pub use modes::{ModesView, impulse, modes_map, modes_spoken, modes_table};
pub use palette::{Palette, Rgba, Theme, ink_on};
pub use paths::{PathsView, nearest_point, paths_map, paths_matrix};
pub use program::{
    LeftOut, Offer, left_out, offers, repeated, sentence, skipped, slider, status_in_words, swapped,
};
pub use rows::{norms_table, norms_view, writers_end, writers_map, writers_table};
pub use sampling::{Draw, Sampling, candidates};
pub use scene::{Anchor, Mark, Scene, Turn};
pub use steps::steps;
pub use table::Table;
pub use words::{number, percent, shown, shown_text, signed, spoken};
