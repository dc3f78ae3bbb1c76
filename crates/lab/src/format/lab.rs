//! What `lab.json` says.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Named, TaskSpec};

/// A lab: a question put to networks, and what papers say of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lab {
    pub version: u32,
    /// The name of its folder.
    pub id: String,
    pub title: String,
    /// What it shows, in a sentence or two.
    pub about: String,
    pub licence: String,
    /// How long a reader takes.
    pub minutes: u32,
    /// Numbers of the systems in the survey that it covers.
    #[serde(default)]
    pub rows: Vec<u32>,
    #[serde(default)]
    pub papers: Vec<Paper>,
    /// Tasks with the same words; each step of training takes the next of them.
    pub tasks: Vec<TaskSpec>,
    /// What all networks have in common.
    pub recipe: Recipe,
    pub networks: Vec<Network>,
    pub measures: Vec<Measure>,
    #[serde(default)]
    pub claims: Vec<Claim>,
    #[serde(default)]
    pub controls: Vec<Control>,
    #[serde(default)]
    pub prompts: Vec<Prompt>,
    #[serde(default)]
    pub views: Vec<View>,
}

/// A paper that claims name by its key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paper {
    pub key: String,
    /// Title, authors and year.
    pub cite: String,
    pub url: String,
    /// Where in it.
    pub r#where: String,
}

/// How networks are made, but for what each one sets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// The engine's `NetworkConfig`; `d_vocab` and `n_ctx` follow from the tasks unless stated.
    pub network: Json,
    /// The engine's `Optimizer`.
    pub optimizer: Json,
    pub n_steps: usize,
    /// Rows in a step.
    pub n_rows: usize,
    pub seeds: Vec<u64>,
    /// After how many steps a run is stored, so that it can go on after a break.
    pub checkpoint_every: usize,
    /// Whether networks of the first seed are published with the checkpoints of their training.
    #[serde(default)]
    pub has_timeline: bool,
}

/// A network of the lab.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// Small letters, digits and single hyphens, a letter first: claims name it.
    pub name: String,
    pub about: String,
    /// What differs from the recipe, by dotted path: into the network, or `optimizer.…`,
    /// `n_steps`, `n_rows`, `checkpoint_every`, `has_timeline`.
    #[serde(default)]
    pub set: BTreeMap<String, Json>,
    /// In place of the recipe's seeds, where not all are there.
    #[serde(default)]
    pub seeds: Option<Vec<u64>>,
    /// The folder in `assets/models` that holds the network of the first seed; `networks/` of the
    /// lab's folder holds all others.
    #[serde(default)]
    pub model: Option<String>,
    /// Not what the lab is about, but what its numbers are compared with.
    #[serde(default)]
    pub is_control: bool,
}

/// Something that is measured of every network, for every size of the exam.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// Claims name it.
    pub name: String,
    pub kind: MeasureKind,
    /// What it is, in a few words: "rows that are all right".
    pub about: String,
    /// The task that it is measured on, where the lab has several.
    #[serde(default)]
    pub task: Option<String>,
    /// Which positions count: `counted` (all that count in the loss) or `last`.
    #[serde(default)]
    pub at: At,
    /// For probes: the fact that is read from the residual stream.
    #[serde(default)]
    pub fact: Option<String>,
    /// For probes: the sites that are read, side by side; `*` stands for any run of characters.
    #[serde(default)]
    pub of: Vec<String>,
    /// For probes: every site is read alone, and gives a number of its own.
    #[serde(default)]
    pub each: bool,
    /// For probes, as a control: each row has the facts of another one, so that only what does not
    /// depend on the row can be explained.
    #[serde(default)]
    pub shuffled: bool,
    /// For `kl`: the prediction is the mean of those for so many orders of the row's items, where the
    /// task does not mind their order.
    #[serde(default)]
    pub orders: usize,
    /// What is changed of the network, each value giving a number of its own, at the last size of
    /// the exam: `{"weights_bits": [8, 4, 32]}`.
    #[serde(default)]
    pub sweep: Named<Vec<usize>>,
}

/// What a sweep may change of a network: the bits of each number in its matrices.
pub const WEIGHTS_BITS: &str = "weights_bits";
/// Weights as they are.
pub const ALL_BITS: usize = 32;

/// Which positions of a row count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum At {
    /// All that count in the loss.
    #[default]
    Counted,
    /// The last one.
    Last,
}

/// How a measure is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeasureKind {
    /// The share of right first choices.
    Accuracy,
    /// The share of rows of which all that counts is right.
    Exact,
    /// Cross-entropy to the targets, in nats per position that counts.
    Loss,
    /// Divergence of the prediction from the exact distribution, in nats: loss less floor.
    Kl,
    /// Share of a fact's variance that no affine map of the stream explains, on rows that the map
    /// was not fitted on: 1 − R².
    Unexplained,
    /// How far predictions for a row are from those for the same items in another order: total
    /// variation.
    Order,
}

/// What a paper says, and the test of whether it comes out here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// Key of the paper; our own claim where there is none.
    #[serde(default)]
    pub paper: Option<String>,
    pub text: String,
    /// Their number, with the size of their network.
    pub theirs: String,
    /// An expression over measures: see [`crate::claim`].
    pub test: String,
    /// What the test comes to.
    #[serde(default)]
    pub expect: Expect,
    /// Why it is not met, where it is not.
    #[serde(default)]
    pub why: Option<String>,
    /// How our setting differs.
    #[serde(default)]
    pub scale: Option<String>,
}

/// What a test comes to, as the lab's author knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Expect {
    #[default]
    #[serde(rename = "met")]
    Met,
    #[serde(rename = "not met")]
    NotMet,
    /// Not met, and networks of this size are no evidence against the claim.
    #[serde(rename = "not at this size")]
    NotAtThisSize,
    /// The interval allows both.
    #[serde(rename = "undecided")]
    Undecided,
}

/// What numbers are compared with, in the same frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Control {
    /// Networks of `n_steps` 0.
    Untrained,
    /// A guess without any knowledge of the row.
    Chance,
    /// The least loss that can be had.
    Floor,
}

/// A prompt to try: a text, or a fresh row of a size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prompt {
    #[serde(default)]
    pub text: Option<String>,
    #[serde(default)]
    pub size: Option<Named<usize>>,
    #[serde(default)]
    pub seed: Option<u64>,
    /// What it shows.
    pub say: String,
}

/// A tile of the lab's stage.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    pub kind: ViewKind,
    #[serde(default)]
    pub title: Option<String>,
    /// For `panel`: its id in the workspace.
    #[serde(default)]
    pub panel: Option<String>,
    #[serde(default)]
    pub network: Option<String>,
    /// For `curve`: a size's name.
    #[serde(default)]
    pub x: Option<String>,
    /// For `curve` and `bars`: a measure.
    #[serde(default)]
    pub y: Option<String>,
    /// For `curve` and `bars`: what gives each line or bar, `network`. For `scatter` and `simplex`:
    /// which values of the fact are drawn, `exact` ones or those `decoded` from the stream.
    #[serde(default)]
    pub series: Option<String>,
    /// For `scatter` and `diagram`: a fact.
    #[serde(default)]
    pub fact: Option<String>,
}

/// How a tile is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ViewKind {
    Panel,
    Curve,
    Bars,
    #[default]
    Claims,
    /// Bars of parts.
    Stack,
    Heat,
    Scatter,
    /// Points between three corners.
    Simplex,
    Strip,
    Diagram,
    Training,
}

/// A JSON value that this crate passes on unread, as text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Json(pub String);

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[cfg(feature = "json")]
        if serializer.is_human_readable() {
            let value: serde_json::Value =
                serde_json::from_str(&self.0).map_err(serde::ser::Error::custom)?;
            return value.serialize(serializer);
        }
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[cfg(feature = "json")]
        if deserializer.is_human_readable() {
            return serde_json::Value::deserialize(deserializer).map(|it| Self(it.to_string()));
        }
        String::deserialize(deserializer).map(Self)
    }
}

impl Measure {
    /// Whether `of` names this site.
    pub fn names(&self, site: &str) -> bool {
        self.of.iter().any(|it| does_name(it, site))
    }
}

/// Whether a pattern with `*` for any run of characters names a site.
pub(super) fn does_name(pattern: &str, site: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == site };
    site.strip_prefix(start).is_some_and(|site| {
        site.char_indices()
            .map(|it| it.0)
            .chain([site.len()])
            .any(|at| does_name(rest, &site[at..]))
    })
}

impl Lab {
    /// The network of this name.
    pub fn network(&self, name: &str) -> Option<&Network> {
        self.networks.iter().find(|it| it.name == name)
    }

    /// The measure of this name.
    pub fn measure(&self, name: &str) -> Option<&Measure> {
        self.measures.iter().find(|it| it.name == name)
    }

    /// The seeds of a network.
    pub fn seeds<'a>(&'a self, network: &'a Network) -> &'a [u64] {
        network.seeds.as_deref().unwrap_or(&self.recipe.seeds)
    }

    /// The task that a measure is taken on.
    pub fn task_of(&self, measure: &Measure) -> Option<&TaskSpec> {
        match &measure.task {
            Some(id) => self.tasks.iter().find(|it| it.id == *id),
            None => self.tasks.first().filter(|_| self.tasks.len() == 1),
        }
    }

    /// Every place at which a measure has a value: the sizes of its exam; where it has a sweep, the
    /// last of them with each of its values.
    pub fn places_of(&self, measure: &Measure) -> Vec<Named<usize>> {
        let mut places = self.task_of(measure).map_or(Vec::new(), |it| it.exam.clone());
        if !measure.sweep.is_empty() {
            places = places.split_off(places.len().saturating_sub(1));
        }
        for (name, values) in &measure.sweep {
            let with = |at: &Named<usize>| {
                let one = |&value: &usize| {
                    let mut at = at.clone();
                    at.insert(name.clone(), value);
                    at
                };
                values.iter().map(one).collect::<Vec<_>>()
            };
            places = places.iter().flat_map(with).collect();
        }
        places
    }

    /// Where the files of a network are, below `assets/`.
    pub fn folder_of(&self, network: &Network, seed: u64) -> String {
        match &network.model {
            Some(model) if self.seeds(network).first() == Some(&seed) => format!("models/{model}"),
            _ => format!("labs/{}/networks/{}-{seed}", self.id, network.name),
        }
    }
}
