//! `undercurrent train`: follows a recipe, shows how far it is, and can be broken off.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Args;
use cpu_time::ProcessTime;
use engine::train::{Recipe, State, Trainer, publish, resume, save, save_step};
use indicatif::{ProgressBar, ProgressStyle};

use crate::Failure;

#[derive(Args)]
pub(crate) struct TrainArguments {
    /// A recipe in assets/recipes by name, or a file.
    recipe: String,
    /// Where the run is kept, so that it can go on after a break [default: runs/ID].
    #[arg(long)]
    run: Option<PathBuf>,
    /// Where the finished model goes [default: assets/models/ID].
    #[arg(long)]
    out: Option<PathBuf>,
    /// Begin anew, whatever the run's folder holds.
    #[arg(long)]
    fresh: bool,
}

pub(crate) fn run(arguments: &TrainArguments) -> Result<(), Failure> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let named = root.join("assets/recipes").join(format!("{}.json", arguments.recipe));
    let path = if named.exists() { named } else { PathBuf::from(&arguments.recipe) };
    let text = fs::read_to_string(&path)
        .map_err(|error| format!("cannot read the recipe ({error}): {}", path.display()))?;
    let recipe = Recipe::parse(&text)?;
    let folder = arguments.run.clone().unwrap_or_else(|| root.join("runs").join(&recipe.id));
    let out = arguments.out.clone().unwrap_or_else(|| root.join("assets/models").join(&recipe.id));
    if arguments.fresh && folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let (mut trainer, mut state) = resume(&folder, recipe)?;
    if 0 < state.n_done {
        println!("going on after step {}", state.n_done);
    }
    learn(&mut trainer, &mut state, &folder)?;
    println!("exam on what was never trained on …");
    let marks = publish(&out, &trainer.frozen(), &state)?;
    let floor = marks.floor.map_or_else(|| "is not known".to_owned(), |it| format!("{it:.4}"));
    println!("loss {:.4} nats per token, the least that can be had {floor}", marks.loss);
    for it in &marks.phenomena {
        println!("{:<20} {:>5.1} %  of {}", it.name, 100.0 * it.accuracy, it.n_cases);
    }
    Ok(())
}

/// All steps that are left, with a bar on a terminal and a line now and then elsewhere.
pub(crate) fn learn(
    trainer: &mut Trainer,
    state: &mut State,
    folder: &Path,
) -> Result<(), Failure> {
    let n_steps = trainer.recipe.n_steps;
    let every = trainer.recipe.checkpoint_every;
    let bar = ProgressBar::new(n_steps as u64).with_position(state.n_done as u64);
    bar.set_style(ProgressStyle::with_template("{wide_bar} {pos}/{len} {msg} {eta} left")?);
    bar.enable_steady_tick(Duration::from_secs(1));
    let n_before = state.n_done;
    let cpu_secs_before = state.cpu_secs;
    let start = ProcessTime::try_now()?;
    let timeline = trainer.recipe.timeline();
    while trainer.step < n_steps {
        if timeline.contains(&trainer.step) {
            save_step(folder, trainer)?;
        }
        let loss = trainer.advance();
        if !loss.is_finite() {
            return Err(format!(
                "the loss is not a number at step {}; lower the rate",
                trainer.step
            )
            .into());
        }
        state.losses.push(loss as f32);
        state.n_done = trainer.step;
        state.cpu_secs = cpu_secs_before + start.try_elapsed()?.as_secs_f64();
        bar.set_message(format!("loss {loss:.3}"));
        bar.set_position(trainer.step as u64);
        if trainer.step.is_multiple_of(every) || trainer.step == n_steps {
            save(folder, trainer, state)?;
            if bar.is_hidden() {
                let each = bar.elapsed().as_secs_f64() / (state.n_done - n_before) as f64;
                let left = each * (n_steps - trainer.step) as f64 / 60.0;
                println!(
                    "step {} of {n_steps}, loss {loss:.3}, {left:.0} minutes left",
                    trainer.step
                );
            }
        }
    }
    if timeline.contains(&n_steps) {
        save_step(folder, trainer)?;
    }
    bar.finish();
    Ok(())
}
