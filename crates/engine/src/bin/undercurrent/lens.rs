//! `undercurrent lens`: what each depth would say, as a table.

use clap::Args;
use engine::{
    ask::{answer_all, kept_for},
    model::Probe,
    session::token_tensor,
};
use trace::{AskLens, Lens, LensSite, Reply};

use crate::{
    Failure,
    model::{PromptArguments, Prompted},
};

#[derive(Args)]
pub(crate) struct LensArguments {
    #[command(flatten)]
    prompt: PromptArguments,
    /// Which position to read, from 0; the last where not given.
    #[arg(long)]
    pos: Option<usize>,
}

pub(crate) fn run(arguments: &LensArguments) -> Result<(), Failure> {
    let prompted = arguments.prompt.open()?;
    let n_pos = prompted.ids.len();
    let pos = arguments.pos.unwrap_or(n_pos - 1);
    if n_pos <= pos {
        return Err(format!("there is no position {pos}; the last one is {}", n_pos - 1).into());
    }
    let mut probe = Probe::new(kept_for(&[]), Vec::new());
    prompted.model.network.forward(token_tensor(&prompted.ids, &prompted.device), &mut probe);
    let trace = probe.into_trace()?;
    let question = [AskLens { a: 0, b: 0 }.into()];
    let replies = pollster::block_on(answer_all(&prompted.model, &trace, &question))?;
    if let Some(lens) = replies.first().and_then(Reply::to::<AskLens>) {
        print_table(&prompted, lens, pos);
    }
    Ok(())
}

fn print_table(prompted: &Prompted, lens: &Lens, pos: usize) {
    let n_pos = prompted.ids.len();
    println!("after “{}” (position {pos}), most probable next token:", prompted.texts[pos]);
    println!("{:<8} {:<16} {:>7} {:>10} {:>10}", "site", "token", "prob", "entropy", "KL to out");
    for (depth, site) in lens.sites.iter().enumerate().rev() {
        let name = match site {
            LensSite::Embed => "embed".to_owned(),
            LensSite::Mid { layer, .. } => format!("L{layer} mid"),
            LensSite::Post { layer, .. } => format!("L{layer}"),
        };
        let id = lens.top[depth * n_pos + pos];
        let text = prompted.model.words.text(id).map_or_else(|| id.to_string(), str::to_owned);
        let value = |array: &trace::NamedArray| array.get(&[depth, pos]).unwrap_or(f32::NAN);
        let (prob, entropy, kl) = (value(&lens.top_prob), value(&lens.entropy), value(&lens.kl));
        println!("{name:<8} {text:<16} {prob:>7.4} {entropy:>10.4} {kl:>10.4}");
    }
    println!("entropy and divergence in nats");
}
