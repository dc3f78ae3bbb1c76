//! The command line: the same engine as in the page, with text and files instead of pictures.

#![allow(clippy::print_stdout, reason = "a command line prints")]

mod bench;
mod lab;
mod lens;
mod model;
mod trace;
mod train;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Look inside transformers: keep what passes through their sites, read the logit lens, train.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a prompt and write what passed the sites to a safetensors file.
    Trace(trace::TraceArguments),
    /// Run a prompt and print what each depth would say at its end.
    Lens(lens::LensArguments),
    /// Follow a recipe: train a model, or go on with it.
    Train(train::TrainArguments),
    /// Train or measure the networks of a lab.
    #[command(subcommand)]
    Lab(lab::LabCommand),
    /// Time the forward pass on this machine.
    Bench(bench::BenchArguments),
    /// Time how the cost of each mixer grows with the length of the prompt.
    Growth,
}

/// What a command gives up with: a sentence for the reader.
type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Trace(arguments) => trace::run(&arguments),
        Command::Lens(arguments) => lens::run(&arguments),
        Command::Train(arguments) => train::run(&arguments),
        Command::Lab(command) => lab::run(&command),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Growth => bench::growth(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("undercurrent: {error}");
            ExitCode::FAILURE
        }
    }
}
