//! Training: tasks with a known truth, recipes, the loop, and what was learned.

mod recipe; // start here

mod card;
mod checkpoint;
mod exam;
mod measure;
mod orders;
mod rounding;
mod rows;
pub mod tales;
mod timeline;
mod trainer;

pub use card::publish;
pub use checkpoint::{CheckpointError, State, resume, save, save_step};
pub use exam::{Marks, examine};
pub use measure::{measure_network, untrained};
pub use recipe::{Optimizer, Recipe, RecipeError, Task};
pub use rows::{Batch, Source, Stories, Wanted};
pub use timeline::{checkpoints_to_safetensors, measure_timeline, pack_checkpoints};
pub use trainer::Trainer;
