//! Which task, how large its rows are in training and in the exam.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Problem;
use crate::task::{Args, Size, Task, task};

/// A number under the name of what it counts: `{"letters": 16}`.
pub type Named<T> = BTreeMap<String, T>;

/// A task as a file names it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskSpec {
    pub id: String,
    #[serde(default)]
    pub args: Args,
    /// Fewest and most items of a row that is trained on.
    pub train: Named<[usize; 2]>,
    /// Sizes that the exam asks for.
    pub exam: Vec<Named<usize>>,
    /// Rows of each size in the exam.
    #[serde(default = "exam_rows")]
    pub exam_rows: usize,
}

fn exam_rows() -> usize {
    1_000
}

/// A task with its sizes, ready to draw rows.
#[derive(Debug)]
pub struct Exercise {
    pub task: Box<dyn Task>,
    /// Fewest and most items of a row that is trained on.
    pub trained: [usize; 2],
    pub exam: Vec<Size>,
    pub exam_rows: usize,
}

impl TaskSpec {
    /// The task itself, with all sizes checked.
    ///
    /// # Errors
    /// [`Problem`], its place being inside this task.
    pub fn exercise(&self) -> Result<Exercise, Problem> {
        let made = task(&self.id, &self.args);
        let made = made.map_err(|error| Problem::new("id", error.to_string()))?;
        let (name, most) = (made.items().name, made.items().most.unwrap_or(usize::MAX));
        let range = || match most {
            usize::MAX => format!("a row has at least 1 of {name}"),
            _ => format!("a row has from 1 to {most} {name}"),
        };
        let trained = one(&self.train, name).map_err(|it| it.inside("train"))?;
        if !(1..=trained[1]).contains(&trained[0]) || most < trained[1] {
            let what = format!("{trained:?} is no range, fewest first; {}", range());
            return Err(Problem::new("train", what));
        }
        let mut exam = Vec::new();
        for (place, size) in self.exam.iter().enumerate() {
            let place = format!("exam[{place}]");
            let size = one(size, name).map_err(|it| it.inside(&place))?;
            if !(1..=most).contains(&size) {
                return Err(Problem::new(
                    place,
                    format!("{size} is too few or too many; {}", range()),
                ));
            }
            if exam.contains(&Size(size)) {
                return Err(Problem::new(place, format!("{size} {name} are asked for already")));
            }
            exam.push(Size(size));
        }
        if exam.is_empty() {
            return Err(Problem::new("exam", format!("name a size, as in {{\"{name}\": 8}}")));
        }
        // Fewer would have no interval.
        if self.exam_rows < 2 {
            return Err(Problem::new("exam_rows", "must be at least 2"));
        }
        Ok(Exercise { task: made, trained, exam, exam_rows: self.exam_rows })
    }
}

/// The only entry, which has to be called `name`.
fn one<T: Copy>(sizes: &Named<T>, name: &str) -> Result<T, Problem> {
    match (sizes.get(name), sizes.len()) {
        (Some(&size), 1) => Ok(size),
        _ => Err(Problem::new("", format!("rows of this task have one size, {name:?}"))),
    }
}
