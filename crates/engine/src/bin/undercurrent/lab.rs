//! `undercurrent lab`: trains and measures the networks of a lab, one seed after another.

use std::{
    fs,
    path::{Path, PathBuf},
};

use burn::prelude::*;
use clap::{Args, Subcommand};
use engine::{
    load::{MODEL_FILE, Precision, Weights, collect, digest, fill, open_folder},
    model::Network as Net,
    train::{
        Recipe, measure_network, measure_timeline, pack_checkpoints, publish, resume, untrained,
    },
};
use lab::format::{Lab, Measured, Network, Problem, Run, VERSION};

use crate::{Failure, train::learn};

#[derive(Subcommand)]
pub(crate) enum LabCommand {
    /// Train what is not there yet, then measure it; breaks off and goes on as `train` does.
    Train(Choice),
    /// Sit the exam again on the stored weights, and write measured.json.
    Measure(Choice),
    /// Pack the checkpoints that kept runs hold beside the weights, and measure them.
    Checkpoints(Choice),
}

/// Which networks of which lab.
#[derive(Args)]
pub(crate) struct Choice {
    /// The lab's folder in assets/labs.
    id: String,
    /// One network; all where none is named.
    #[arg(long)]
    network: Option<String>,
    /// One seed; all where none is named.
    #[arg(long)]
    seed: Option<u64>,
    /// Where runs are kept, so that they can go on after a break [default: runs].
    #[arg(long)]
    runs: Option<PathBuf>,
}

/// The share of the exam's rows that each checkpoint is asked.
const TIMELINE_SHARE: f64 = 0.2;

/// A lab with its place on disk.
struct Open {
    lab: Lab,
    root: PathBuf,
    measured: Measured,
}

pub(crate) fn run(command: &LabCommand) -> Result<(), Failure> {
    let (LabCommand::Train(choice) | LabCommand::Measure(choice) | LabCommand::Checkpoints(choice)) =
        command;
    let mut open = Open::new(&choice.id)?;
    let lab = open.lab.clone();
    let mut n_found = 0;
    for network in &lab.networks {
        for &seed in lab.seeds(network) {
            let is_named = choice.network.as_ref().is_none_or(|it| *it == network.name);
            if !is_named || choice.seed.is_some_and(|it| it != seed) {
                continue;
            }
            n_found += 1;
            let is_new = match command {
                LabCommand::Train(_) => open.train(network, seed, choice)?,
                LabCommand::Checkpoints(_) => open.pack(network, seed, choice)?,
                LabCommand::Measure(_) => true,
            };
            if is_new {
                open.measure(network, seed)?;
            }
        }
    }
    if n_found == 0 {
        return Err("lab.json has no network of this name and seed".into());
    }
    Ok(())
}

impl Open {
    fn new(id: &str) -> Result<Self, Failure> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let folder = root.join("assets/labs").join(id);
        let text = fs::read_to_string(folder.join("lab.json"))
            .map_err(|error| format!("cannot read {}/lab.json: {error}", folder.display()))?;
        let lab = Lab::parse(&text).map_err(|problems| listed(&problems))?;
        let measured = match fs::read_to_string(folder.join("measured.json")) {
            // What is wrong with it is what this command repairs.
            Ok(text) => serde_json::from_str(&text)?,
            Err(_) => Measured { version: VERSION, lab: lab.id.clone(), runs: Vec::new() },
        };
        Ok(Self { lab, root, measured })
    }

    fn folder(&self, network: &Network, seed: u64) -> PathBuf {
        self.root.join("assets").join(self.lab.folder_of(network, seed))
    }

    /// Trains a network that is not there yet; whether anything is new.
    fn train(&mut self, network: &Network, seed: u64, choice: &Choice) -> Result<bool, Failure> {
        let name = format!("{} with seed {seed}", network.name);
        let recipe = Recipe::of_lab(&self.lab, network, seed)?;
        let out = self.folder(network, seed);
        let is_measured = self.measured.run(&network.name, seed).is_some();
        if recipe.n_steps == 0 {
            return Ok(!is_measured);
        }
        if out.join(MODEL_FILE).exists() {
            println!("{name}: is there; remove {} to train it again", out.display());
            return Ok(!is_measured);
        }
        println!("{name}: {} steps", recipe.n_steps);
        let folder = self.run_folder(network, seed, choice);
        let (mut trainer, mut state) = resume(&folder, recipe)?;
        learn(&mut trainer, &mut state, &folder)?;
        publish(&out, &trainer.frozen(), &state)?;
        self.pack(network, seed, choice)?;
        self.put(Run {
            network: network.name.clone(),
            seed,
            step: state.n_done,
            sha256: String::new(),
            n_params: 0,
            cpu_minutes: Some((state.cpu_secs / 6.0).round() / 10.0),
            values: Vec::new(),
            timeline: Vec::new(),
        });
        Ok(true)
    }

    /// Packs the checkpoints of a network that has them; whether it does.
    fn pack(&self, network: &Network, seed: u64, choice: &Choice) -> Result<bool, Failure> {
        let steps = Recipe::of_lab(&self.lab, network, seed)?.timeline();
        if steps.is_empty() {
            return Ok(false);
        }
        let run = self.run_folder(network, seed, choice);
        let file = pack_checkpoints(&self.folder(network, seed), &run, &steps)?;
        let (name, n, bytes) = (&network.name, steps.len(), file.bytes);
        println!("{name} with seed {seed}: {n} checkpoints in {bytes} bytes");
        Ok(true)
    }

    /// Where a run is kept.
    fn run_folder(&self, network: &Network, seed: u64, choice: &Choice) -> PathBuf {
        let runs = choice.runs.clone().unwrap_or_else(|| self.root.join("runs"));
        runs.join(&self.lab.id).join(format!("{}-{seed}", network.name))
    }

    fn measure(&mut self, network: &Network, seed: u64) -> Result<(), Failure> {
        let recipe = Recipe::of_lab(&self.lab, network, seed)?;
        let device = Device::flex();
        let folder = self.folder(network, seed);
        let (net, sha256) = if recipe.n_steps == 0 {
            stored(&recipe, &device)?
        } else {
            let model = open_folder(&folder, &device)?;
            if model.file.config != recipe.network {
                let shown = folder.display();
                return Err(format!("{shown} has another network than lab.json describes").into());
            }
            (model.network, model.file.weights_sha256)
        };
        let values = measure_network(&net, &recipe, 1.0, &device)?;
        let old = self.measured.run(&network.name, seed);
        let cpu_minutes = old.and_then(|it| it.cpu_minutes);
        println!("{} with seed {seed}:", network.name);
        for value in &values {
            let (at, [low, high]) = (format!("{:?}", value.at), value.interval);
            let site = value.site.as_deref().unwrap_or_default();
            println!(
                "  {:<10} {at:<16} {site:<20} {:.5} [{low:.5}, {high:.5}]",
                value.measure, value.value
            );
        }
        let timeline = if recipe.n_steps == 0 {
            Vec::new()
        } else {
            measure_timeline(&folder, &recipe, TIMELINE_SHARE, &device)?
        };
        if !timeline.is_empty() {
            println!("  and at {} checkpoints, on fewer rows", timeline.len());
        }
        self.put(Run {
            network: network.name.clone(),
            seed,
            step: recipe.n_steps,
            sha256,
            n_params: net.num_params(),
            cpu_minutes,
            values,
            timeline,
        });
        self.save()
    }

    /// Puts a run in the place of an older one, in the order of lab.json; drops those that lab.json
    /// does not name any more.
    fn put(&mut self, run: Run) {
        let mut runs = std::mem::take(&mut self.measured.runs);
        runs.retain(|it| it.network != run.network || it.seed != run.seed);
        runs.push(run);
        for network in &self.lab.networks {
            for &seed in self.lab.seeds(network) {
                let found =
                    runs.iter().position(|it| it.network == network.name && it.seed == seed);
                self.measured.runs.extend(found.map(|it| runs.swap_remove(it)));
            }
        }
    }

    fn save(&self) -> Result<(), Failure> {
        let path = self.root.join("assets/labs").join(&self.lab.id).join("measured.json");
        fs::write(&path, self.measured.to_json())
            .map_err(|error| format!("cannot write {}: {error}", path.display()).into())
    }
}

/// The network of a recipe before its first step, as it would be stored, and its digest.
fn stored(recipe: &Recipe, device: &Device) -> Result<(Net, String), Failure> {
    let bytes = collect(&untrained(recipe)?).to_safetensors(Precision::Half, &[]);
    let network = Net::new(&recipe.network, device)?;
    Ok((fill(network, &mut Weights::from_safetensors(&bytes)?)?, digest(&bytes)))
}

fn listed(problems: &[Problem]) -> String {
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    lines.join("\n")
}
