//! `undercurrent trace`: what passed the sites, as a file.

use std::{fs, path::PathBuf};

use clap::Args;
use engine::{
    load::{HostTensor, Precision, Weights},
    model::{Keep, Probe},
    session::token_tensor,
};
use trace::SitePattern;

use crate::{Failure, model::PromptArguments};

#[derive(Args)]
pub(crate) struct TraceArguments {
    #[command(flatten)]
    prompt: PromptArguments,
    /// Names of sites, `*` for any run of characters: `blocks.*.attn.pattern`.
    #[arg(long, num_args = 1.., required = true)]
    sites: Vec<String>,
    /// The file to write.
    #[arg(long)]
    out: PathBuf,
}

pub(crate) fn run(arguments: &TraceArguments) -> Result<(), Failure> {
    let prompted = arguments.prompt.open()?;
    let patterns = arguments.sites.iter().map(|it| SitePattern::from(it.as_str())).collect();
    let mut probe = Probe::new(Keep::Matching(patterns), Vec::new());
    prompted.model.network.forward(token_tensor(&prompted.ids, &prompted.device), &mut probe);
    let kept = pollster::block_on(probe.into_trace()?.read())?;
    if kept.is_empty() {
        let sites = arguments.sites.join(" ");
        return Err(format!("this network has no site like {sites}; try '*' to see all").into());
    }
    let mut all = Weights::default();
    for (site, array) in &kept {
        let dims: Vec<usize> = array.dims().iter().map(|it| it.1).collect();
        println!("{site} {dims:?}");
        let tensor = HostTensor { values: array.values().to_vec(), dims };
        all.0.insert(site.to_string(), tensor);
    }
    fs::write(&arguments.out, all.to_safetensors(Precision::Single, &[]))
        .map_err(|error| format!("cannot write the file ({error}): {}", arguments.out.display()))?;
    Ok(())
}
