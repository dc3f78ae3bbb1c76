//! Which model and what prompt, as the command line says them.

use std::path::{Path, PathBuf};

use burn::prelude::*;
use clap::{ArgGroup, Args, ValueEnum};
use engine::load::{Model, open_folder};

use crate::Failure;

/// A model and what it reads.
#[derive(Args)]
#[command(group(ArgGroup::new("read").required(true)))]
pub(crate) struct PromptArguments {
    /// A shipped model by name, or a folder: ours, or GPT-2, GPT-NeoX, Llama, Mamba or Mamba-2 as transformers saves it.
    #[arg(long)]
    model: String,
    /// The text to read.
    #[arg(long, group = "read")]
    prompt: Option<String>,
    /// Token numbers to read instead, with commas between.
    #[arg(long, group = "read", value_delimiter = ',')]
    tokens: Option<Vec<u32>>,
    /// What computes; `gpu` in programs that were built with `--features gpu`.
    #[arg(long, value_enum, default_value_t = DeviceName::Cpu)]
    device: DeviceName,
}

#[derive(Clone, Copy, ValueEnum)]
enum DeviceName {
    Cpu,
    #[cfg(feature = "gpu")]
    Gpu,
}

impl DeviceName {
    fn start(self) -> Result<Device, Failure> {
        match self {
            DeviceName::Cpu => Ok(Device::flex()),
            #[cfg(feature = "gpu")]
            DeviceName::Gpu => {
                let options = Device::wgpu_options().tasks_max(64);
                let (device, setup) = pollster::block_on(options.init_with_setup_async())
                    .map_err(|error| format!("no graphics device could be started: {error}"))?;
                eprintln!("on {}", setup.adapter.get_info().name);
                Ok(device)
            }
        }
    }
}

/// A model with the tokens that it shall read.
pub(crate) struct Prompted {
    pub(crate) model: Model,
    pub(crate) ids: Vec<u32>,
    /// The tokens in words, where the model has words.
    pub(crate) texts: Vec<String>,
    pub(crate) device: Device,
}

impl PromptArguments {
    /// Opens the model and reads the prompt.
    pub(crate) fn open(&self) -> Result<Prompted, Failure> {
        let device = self.device.start()?;
        let model = open_folder(&folder_of(&self.model), &device)?;
        let ids = self.ids(&model)?;
        let config = &model.file.config;
        let most = config.most_positions().unwrap_or(usize::MAX);
        if ids.is_empty() || most < ids.len() {
            let n = ids.len();
            let range =
                if most == usize::MAX { "at least 1".to_owned() } else { format!("1 to {most}") };
            return Err(format!("the prompt has {n} tokens; this model reads {range}").into());
        }
        if let Some(id) = ids.iter().find(|&&id| config.d_vocab <= id as usize) {
            return Err(
                format!("there is no token {id}; the last one is {}", config.d_vocab - 1).into()
            );
        }
        let text = |id: &u32| model.words.text(*id).map_or_else(|| id.to_string(), str::to_owned);
        let texts = ids.iter().map(text).collect();
        Ok(Prompted { texts, ids, model, device })
    }

    fn ids(&self, model: &Model) -> Result<Vec<u32>, Failure> {
        let Some(prompt) = &self.prompt else { return Ok(self.tokens.clone().unwrap_or_default()) };
        if model.words.texts().is_empty() {
            return Err("this folder has no list of words; give --tokens 1,2,3 instead".into());
        }
        let tokens = model.words.tokens(prompt);
        for token in tokens.iter().filter(|it| !it.is_known) {
            let near = token.near.join(", ");
            let hint =
                if near.is_empty() { String::new() } else { format!("; near words: {near}") };
            eprintln!("“{}” is not in the vocabulary{hint}", token.typed);
        }
        Ok(tokens.iter().map(|it| it.id).collect())
    }
}

/// The folder of a shipped model, or the text as a folder.
fn folder_of(name: &str) -> PathBuf {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/models").join(name);
    if shipped.is_dir() { shipped } else { PathBuf::from(name) }
}
