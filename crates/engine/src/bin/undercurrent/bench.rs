//! `undercurrent bench`: the forward pass with and without capture, in one run.

use std::time::Instant;

use burn::prelude::*;
use clap::Args;
use engine::{
    ask::{answer_all, kept_for},
    load::Model,
    model::{Keep, Network, NetworkConfig, Probe},
    session::token_tensor,
};
use trace::{AskAttribution, AskLens, AskNext, AskNorms, AskPaths, AskThumbnails, Basis, Question};

use crate::{Failure, model::PromptArguments};

#[derive(Args)]
pub(crate) struct BenchArguments {
    #[command(flatten)]
    prompt: PromptArguments,
    /// How often each is timed; the median counts.
    #[arg(long, default_value_t = 30)]
    times: usize,
}

#[allow(clippy::disallowed_methods, reason = "a clock is what a bench is for, and this is native")]
fn median_ms(times: usize, mut work: impl FnMut()) -> f64 {
    work();
    let mut all: Vec<f64> = (0..times.max(1))
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

pub(crate) fn run(arguments: &BenchArguments) -> Result<(), Failure> {
    let prompted = arguments.prompt.open()?;
    let (model, device) = (&prompted.model, &prompted.device);
    let tokens = || token_tensor(&prompted.ids, device);
    let forward = |keep: fn() -> Keep| {
        let mut probe = Probe::new(keep(), Vec::new());
        let logits = model.network.forward(tokens(), &mut probe);
        // Reading one number waits for the device.
        let last: f32 = logits.sum().into_scalar();
        assert!(last.is_finite(), "the model gives numbers");
        probe.into_trace().expect("nothing is edited")
    };
    let bare = median_ms(arguments.times, || drop(forward(|| Keep::Nothing)));
    let kept = median_ms(arguments.times, || drop(forward(|| kept_for(&[]))));
    let trace = forward(|| kept_for(&[]));
    let asked = median_ms(arguments.times, || {
        let answers = pollster::block_on(answer_all(model, &trace, &questions(model)));
        drop(answers.expect("the questions fit the model"));
    });
    let n_pos = prompted.ids.len();
    println!("| native, CPU, {n_pos} tokens | ms | ratio |");
    println!("|---|---|---|");
    println!("| forward | {bare:.2} | 1.00 |");
    println!("| forward, all views' sites kept | {kept:.2} | {:.2} |", kept / bare);
    println!("| all views' questions | {asked:.2} | {:.2} |", asked / bare);
    Ok(())
}

/// Mixers whose cost is compared, as configs say them.
const MIXERS: [(&str, &str); 4] = [
    ("attention", r#"{"kind": "attention"}"#),
    ("Mamba-2", r#"{"kind": "mamba2", "n_heads": 4, "d_head": 16, "d_state": 16, "d_conv": 4}"#),
    (
        "gated DeltaNet",
        r#"{"kind": "linear", "rule": "gated_delta_net", "n_heads": 4, "d_key": 16, "d_value": 16}"#,
    ),
    ("Mamba", r#"{"kind": "mamba", "d_inner": 64, "d_state": 16, "d_conv": 4, "dt_rank": 4}"#),
];

const LENGTHS: [usize; 6] = [256, 512, 1024, 2048, 4096, 8192];

/// Above this many positions attention's scores of one layer take more than a gigabyte.
const MOST_FOR_ATTENTION: usize = 4096;

/// How the cost of one block grows with the length of the prompt, mixer by mixer.
pub(crate) fn growth() -> Result<(), Failure> {
    let device = Device::flex();
    println!(
        "| native, CPU, one block, d_model 64, ms | {} |",
        LENGTHS.map(|it| it.to_string()).join(" | ")
    );
    println!("|---{}|", "|---".repeat(LENGTHS.len()));
    for (name, mixer) in MIXERS {
        let text = format!(
            r#"{{"version": 1, "n_layers": 1, "d_model": 64, "n_heads": 4, "d_mlp": 64, "d_vocab": 64,
                "n_ctx": 8192, "positions": {{"kind": "none"}}, "mixers": [{mixer}]}}"#
        );
        let config: NetworkConfig = serde_json::from_str(&text)?;
        let network = Network::new(&config, &device)?;
        let cells = LENGTHS.map(|n_pos| {
            if name == "attention" && MOST_FOR_ATTENTION < n_pos {
                return "over 1 GB".to_owned();
            }
            let ids = vec![1; n_pos];
            let spent = median_ms(3, || {
                let tokens = token_tensor(&ids, &device);
                let logits = network.forward(tokens, &mut Probe::blind());
                let last: f32 = logits.sum().into_scalar();
                assert!(last.is_finite(), "the network gives numbers");
            });
            format!("{spent:.1}")
        });
        println!("| {name} | {} |", cells.join(" | "));
    }
    Ok(())
}

/// What the page asks on every keystroke.
fn questions(model: &Model) -> Vec<Question> {
    let (a, b) = (2, 3);
    let last = Question::Attribution(AskAttribution { pos: 0, a, b });
    let paths = model.basis.is_some().then_some(Question::Paths(AskPaths { basis: Basis::Stored }));
    [
        Question::Thumbnails(AskThumbnails { side: 32 }),
        Question::Lens(AskLens { a, b }),
        Question::Norms(AskNorms),
        Question::Next(AskNext),
        last,
    ]
    .into_iter()
    .chain(paths)
    .collect()
}
