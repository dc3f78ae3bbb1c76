//! Numbers to marks: where everything stands and what colour it has.
//!
//! Knows arrays, places and colours. Knows nothing of the device, the page or the clock:
//! the same arguments give the same scene, which is what the snapshot tests rest on.

mod scene; // start here

mod absence;
mod attention;
mod chart;
mod cursor;
mod eigenvalues;
mod facts;
mod film;
mod forms;
pub mod frame;
mod grid;
mod heads;
mod lens;
mod palette;
mod paths;
mod program;
mod rows;
mod sampling;
mod steps;
mod table;
mod time_scales;
mod words;

pub use absence::absence_in_words;
pub use attention::{AttentionMap, attention_lines, attention_map, attention_matrix, overlay_map};
pub use chart::{ChartKind, depth_chart};
pub use cursor::{Cursor, Ground, Pick, block_name, depth_name};
pub use eigenvalues::{
    EigenvaluesView, eigenvalues_map, eigenvalues_spoken, eigenvalues_table, impulse,
};
pub use facts::{kind_of, mixers_in_words, norm_in_words, positions_in_words};
pub use film::{
    FilmView, effective_rank, film_bars_end, film_map, film_scale, film_table, singular_values,
};
pub use forms::{
    FormsView, forms_block, forms_end, forms_largest, forms_map, forms_spoken, forms_table,
};
pub use grid::{Grid, window, window_around};
pub use heads::{crossed_out, heads_grid, heads_grid_layout};
pub use lens::{
    LensMap, LensMode, lens_map, lens_matrix, lens_table, n_changed, pair_table, top_of,
    unreliable_before,
};
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
pub use time_scales::{
    HalfLifeStrip, StepKind, StepMap, StepRows, bytes, half_life_strip, half_life_table,
    memory_meter, sorted_heads, step_map, step_table,
};
pub use words::{number, percent, shown, shown_text, signed, spoken};
