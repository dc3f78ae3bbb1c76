//! What to train, on what, for how long: a file that says it all.

use lab::format::{Exercise, Lab, Measure, Network, Problem, Resolved, TaskSpec};
use serde::{Deserialize, Serialize};

use crate::model::{CONFIG_VERSION, ConfigError, NetworkConfig};

/// A training run that anybody can repeat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    pub version: u32,
    pub id: String,
    /// One sentence for the model's card.
    pub about: String,
    pub licence: String,
    pub task: Task,
    /// What is measured of the finished network, where the task has rows.
    #[serde(default)]
    pub measures: Vec<Measure>,
    /// Prompts to begin with; rows that no step draws where there are none.
    #[serde(default)]
    pub prompts: Vec<String>,
    pub network: NetworkConfig,
    pub optimizer: Optimizer,
    pub n_steps: usize,
    /// Rows in a step: of `network.n_ctx` tokens, or as long as the rows of its task are.
    pub n_rows: usize,
    pub seed: u64,
    /// Over how many steps stories take the place of drills in copying; 0 for stories alone.
    #[serde(default)]
    pub n_drill: usize,
    /// How much a word that follows from those before it counts in the loss; others count 1.
    #[serde(default = "one")]
    pub case_weight: f32,
    /// After how many steps the run is stored, so that it can go on after a break.
    pub checkpoint_every: usize,
    /// Whether the checkpoints of [`Recipe::timeline`] are kept and published.
    #[serde(default)]
    pub has_timeline: bool,
}

fn one() -> f32 {
    1.0
}

/// Where the text comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Stories of the grammar in `train::tales`.
    Tales,
    /// Tasks with the same words; each step takes the next of them.
    Rows(Vec<TaskSpec>),
}

/// AdamW (Loshchilov & Hutter 2019) with linear warm-up and a cosine down to a tenth.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Optimizer {
    pub learning_rate: f64,
    pub n_warmup: usize,
    pub weight_decay: f32,
    pub beta_2: f32,
    /// Largest length of the gradient over all parameters; longer ones are cut to it.
    pub max_gradient: f64,
}

/// Why a recipe cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum RecipeError {
    #[error("the recipe cannot be read: {0}")]
    Broken(#[from] serde_json::Error),
    #[error("the recipe is of version {0}, newer than this program; use a newer Undercurrent")]
    Newer(u32),
    #[error("the task has {task} words and the network {network}; make d_vocab {task}")]
    Vocabulary { task: usize, network: usize },
    #[error(
        "rows are up to {longest} tokens long and the network reads {n_ctx}; make n_ctx at least {longest}"
    )]
    Context { longest: usize, n_ctx: usize },
    #[error("{0} must be at least 1")]
    Zero(&'static str),
    #[error("{0}")]
    Lab(#[from] Problem),
    #[error("these tasks have other words; train a network for each")]
    Words,
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl Recipe {
    /// Reads a recipe file.
    ///
    /// # Errors
    /// [`RecipeError`].
    pub fn parse(text: &str) -> Result<Self, RecipeError> {
        let recipe: Self = serde_json::from_str(text)?;
        if CONFIG_VERSION < recipe.version {
            return Err(RecipeError::Newer(recipe.version));
        }
        let counts = [
            ("n_steps", recipe.n_steps),
            ("n_rows", recipe.n_rows),
            ("checkpoint_every", recipe.checkpoint_every),
        ];
        if let Some((name, _)) = counts.into_iter().find(|it| it.1 == 0) {
            return Err(RecipeError::Zero(name));
        }
        recipe.check()?;
        Ok(recipe)
    }

    fn check(&self) -> Result<(), RecipeError> {
        if let Task::Rows(specs) = &self.task {
            exercises(specs)?;
        }
        Ok(self.network.check()?)
    }

    /// The recipe of one network of a lab. An untrained network has 0 steps.
    ///
    /// # Errors
    /// [`RecipeError`], among them that a path in `set` is no field of a network.
    pub fn of_lab(lab: &Lab, network: &Network, seed: u64) -> Result<Self, RecipeError> {
        let Resolved {
            network: config,
            optimizer,
            n_steps,
            n_rows,
            checkpoint_every,
            has_timeline,
        } = lab.resolve(network)?;
        let inside = |part: &str| {
            let place = format!("networks[{}]: {part}", network.name);
            move |error: serde_json::Error| Problem::new(place, error.to_string())
        };
        let recipe = Self {
            version: CONFIG_VERSION,
            id: match &network.model {
                Some(model) if lab.seeds(network).first() == Some(&seed) => model.clone(),
                _ => format!("{}-{}-{seed}", lab.id, network.name),
            },
            about: format!("{}: {}.", lab.title, network.about),
            licence: lab.licence.clone(),
            task: Task::Rows(lab.tasks.clone()),
            measures: lab.measures.clone(),
            prompts: lab.prompts.iter().filter_map(|it| it.text.clone()).collect(),
            network: serde_json::from_value(config).map_err(inside("network"))?,
            optimizer: serde_json::from_value(optimizer).map_err(inside("optimizer"))?,
            n_steps,
            n_rows,
            seed,
            n_drill: 0,
            case_weight: 1.0,
            checkpoint_every,
            has_timeline: has_timeline && 0 < n_steps && lab.seeds(network).first() == Some(&seed),
        };
        recipe.check()?;
        Ok(recipe)
    }

    /// Steps of which the weights are published, on a logarithmic scale: 0, then 1, 1.5, 2, 3, 5 and
    /// 7 of each power of ten from 10, and the last.
    pub fn timeline(&self) -> Vec<usize> {
        if !self.has_timeline {
            return Vec::new();
        }
        let powers = std::iter::successors(Some(1usize), |it| it.checked_mul(10));
        let steps = powers.flat_map(|it| [10, 15, 20, 30, 50, 70].map(|step| step * it));
        let steps = steps.take_while(|it| *it < self.n_steps);
        [0].into_iter().chain(steps).chain([self.n_steps]).collect()
    }

    /// The learning rate of a step, counted from 0.
    pub fn learning_rate(&self, step: usize) -> f64 {
        let Optimizer { learning_rate, n_warmup, .. } = self.optimizer;
        if step < n_warmup {
            return learning_rate * (step + 1) as f64 / n_warmup as f64;
        }
        let way = (step - n_warmup) as f64 / (self.n_steps - n_warmup).max(1) as f64;
        let cosine = 0.5 * (1.0 + (std::f64::consts::PI * way).cos());
        learning_rate * (LEAST_SHARE + (1.0 - LEAST_SHARE) * cosine)
    }
}

/// The tasks themselves, which have to have the same words.
pub(super) fn exercises(specs: &[TaskSpec]) -> Result<Vec<Exercise>, RecipeError> {
    let make = |(place, spec): (usize, &TaskSpec)| {
        spec.exercise().map_err(|it| it.inside(&format!("tasks[{place}]")))
    };
    let exercises = specs.iter().enumerate().map(make).collect::<Result<Vec<_>, _>>()?;
    let words = exercises.first().ok_or(RecipeError::Zero("the number of tasks"))?.task.words();
    if exercises.iter().any(|it| it.task.words() != words) {
        return Err(RecipeError::Words);
    }
    Ok(exercises)
}

/// What is left of the learning rate at the end.
const LEAST_SHARE: f64 = 0.1;

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe() -> Recipe {
        Recipe::parse(include_str!("../../../../assets/recipes/tales.json")).unwrap()
    }

    #[test]
    fn the_rate_rises_then_falls_to_a_tenth() {
        let recipe = recipe();
        let Optimizer { learning_rate, n_warmup, .. } = recipe.optimizer;
        assert!(recipe.learning_rate(0) < recipe.learning_rate(n_warmup / 2));
        assert_eq!(recipe.learning_rate(n_warmup), learning_rate);
        assert!((recipe.learning_rate(recipe.n_steps) / learning_rate - 0.1).abs() < 1e-9);
    }

    #[test]
    fn a_newer_recipe_is_refused_by_name() {
        let mut newer = recipe();
        newer.version = 99;
        let error = Recipe::parse(&serde_json::to_string(&newer).unwrap()).unwrap_err();
        assert!(matches!(error, RecipeError::Newer(99)), "{error}");
    }
}
