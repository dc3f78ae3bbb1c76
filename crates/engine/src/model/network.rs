//! A whole network: embedding, blocks, unembedding.

use burn::{
    module::{Initializer, ModuleMapper, Param},
    nn::{Linear, LinearConfig},
    prelude::*,
};
use trace::Site;

use super::{
    attention::Attention,
    block::Block,
    config::{ConfigError, NetworkConfig, Placement, Positions, Unembed},
    norm::Norm,
    positions::sinusoidal,
    probe::Probe,
    ssm::Ssm,
};

/// A network made from a [`NetworkConfig`].
#[derive(Module, Debug)]
pub struct Network {
    embed: Table,
    pos_embed: Option<Table>,
    blocks: Vec<Block>,
    final_norm: Option<Norm>,
    unembed: Option<Linear>,
    #[module(skip)]
    positions: Positions,
    most_positions: Option<usize>,
}

/// Vectors by number.
#[derive(Module, Debug)]
struct Table {
    weight: Param<Tensor<2>>,
}

impl Table {
    fn new(count: usize, width: usize, std: f64, device: &Device) -> Self {
        let initializer = Initializer::Normal { mean: 0.0, std };
        Self { weight: initializer.init([count, width], device) }
    }
}

/// Has every parameter drawn, which else happens where it is first read.
struct Drawn;

impl ModuleMapper for Drawn {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        drop(param.val());
        param
    }
}

/// Standard deviation of the weights of a new unembedding: logits start small.
const UNEMBED_STD: f64 = 0.02;

impl Network {
    /// A network with new, random weights from the device's generator: normal, with variance one
    /// over the number of inputs, so that scores of attention differ from the start; matrices that
    /// write to the stream start smaller by the square root of their number (Radford et al. 2019).
    ///
    /// # Errors
    /// [`ConfigError`] where the config makes no network.
    pub fn new(config: &NetworkConfig, device: &Device) -> Result<Self, ConfigError> {
        config.check()?;
        let write_gain = 1.0 / (2.0 * config.n_layers as f64).sqrt();
        // Vectors of length one: as an unembedding too, they give logits of about one.
        let embed_std = 1.0 / (config.d_model as f64).sqrt();
        let is_learned = config.positions == Positions::Learned;
        let unembed = || {
            let initializer = Initializer::Normal { mean: 0.0, std: UNEMBED_STD };
            LinearConfig::new(config.d_model, config.d_vocab)
                .with_bias(config.bias.unembed)
                .with_initializer(initializer)
                .init(device)
        };
        let norm = || Norm::new(config.norm, config.d_model, device);
        Ok(Self {
            embed: Table::new(config.d_vocab, config.d_model, embed_std, device),
            pos_embed: is_learned
                .then(|| Table::new(config.n_ctx, config.d_model, embed_std, device)),
            blocks: (0..config.n_layers)
                .map(|layer| Block::new(layer, config, write_gain, device))
                .collect(),
            final_norm: (config.placement == Placement::Pre).then(norm),
            unembed: (config.unembed == Unembed::Own).then(unembed),
            positions: config.positions,
            most_positions: config.most_positions(),
        })
    }

    /// A network as training with this seed begins with, all its weights drawn at once.
    ///
    /// On the CPU a seed gives the same weights natively and in a browser, for burn draws them with
    /// one generator there. WebGPU has another: there a seed gives another network of the same kind.
    /// The generator is one for all threads, so nobody else may draw from it meanwhile.
    ///
    /// # Errors
    /// [`ConfigError`] where the config makes no network.
    pub fn untrained(
        config: &NetworkConfig,
        seed: u64,
        device: &Device,
    ) -> Result<Self, ConfigError> {
        device.seed(seed);
        Ok(Self::new(config, device)?.map(&mut Drawn))
    }

    /// The logits of the next token at each position.
    ///
    /// # Shapes
    /// `tokens`: `[batch, pos]`; what returns: `[batch, pos, vocab]`
    ///
    /// # Sites
    /// `embed`, `pos_embed`, `final_norm`, `logits`, and those of every block
    ///
    /// # Panics
    /// Where there are more positions than [`NetworkConfig::most_positions`], or the probe's order
    /// names a block that is not there.
    pub fn forward(&self, tokens: Tensor<2, Int>, probe: &mut Probe) -> Tensor<3> {
        let mut stream = self.embedded(tokens, probe);
        for visit in probe.begin(self.blocks.len()) {
            probe.enter(visit);
            stream = self.blocks[visit.layer].forward(visit.layer, stream, probe);
        }
        let normed = probe.see(Site::FinalNorm, self.normed(stream));
        probe.see(Site::Logits, self.unembedded(normed))
    }

    fn embedded(&self, tokens: Tensor<2, Int>, probe: &mut Probe) -> Tensor<3> {
        let [batch, n_pos] = tokens.dims();
        let fits = self.most_positions.is_none_or(|most| n_pos <= most);
        assert!(fits, "the caller cuts prompts to the positions that were learned");
        let flat = tokens.reshape([batch * n_pos]);
        let table = self.embed.weight.val();
        let [_, d_model] = table.dims();
        let words = table.select(0, flat).reshape([batch, n_pos, d_model]);
        let words = probe.see(Site::Embed, words);
        let places = match (self.positions, &self.pos_embed) {
            (Positions::Learned, Some(table)) => table.weight.val().narrow(0, 0, n_pos),
            (Positions::Sinusoidal, _) => sinusoidal(n_pos, d_model, &words.device()),
            _ => return words,
        };
        words + probe.see(Site::PosEmbed, places.unsqueeze())
    }

    /// The stream as the unembedding reads it.
    pub fn normed<const D: usize>(&self, stream: Tensor<D>) -> Tensor<D> {
        match &self.final_norm {
            Some(norm) => norm.forward(stream),
            None => stream,
        }
    }

    /// The logits of a normed stream.
    ///
    /// # Shapes
    /// `[.., d_model]` to `[.., vocab]`
    pub fn unembedded<const D: usize>(&self, normed: Tensor<D>) -> Tensor<D> {
        match &self.unembed {
            Some(unembed) => unembed.forward(normed),
            None => burn::tensor::module::linear(normed, self.embed.weight.val().transpose(), None),
        }
    }

    /// The final norm, where the config has one.
    pub fn final_norm(&self) -> Option<&Norm> {
        self.final_norm.as_ref()
    }

    /// The direction of the stream that the logit of `token` reads, `[d_model]`.
    pub fn unembed_direction(&self, token: usize) -> Tensor<1> {
        match &self.unembed {
            Some(unembed) => unembed.weight.val().narrow(1, token, 1).squeeze_dim(1),
            None => self.embed.weight.val().narrow(0, token, 1).squeeze_dim(0),
        }
    }

    /// The direction of the stream that moves the logit of `token`, `[d_model]`: its row of the
    /// unembedding through the final norm's gain and centring.
    pub fn read_direction(&self, token: usize) -> Tensor<1> {
        let direction = self.unembed_direction(token);
        match &self.final_norm {
            Some(norm) => norm.centred(direction * norm.gain()),
            None => direction,
        }
    }

    /// The unembedding's own bias, `[vocab]`, where it has one.
    pub fn unembed_bias(&self) -> Option<Tensor<1>> {
        self.unembed.as_ref().and_then(|it| it.bias.as_ref()).map(|it| it.val())
    }

    /// The attention of block `layer`, where it has one.
    pub fn attention(&self, layer: usize) -> Option<&Attention> {
        self.blocks[layer].attn.as_ref()
    }

    /// The matrix that the recurrent mixer of block `layer` writes with, `[head · value, d_model]`,
    /// where it has one: its own, or attention's.
    pub fn ssm_output(&self, layer: usize) -> Option<Tensor<2>> {
        self.blocks[layer].ssm_output()
    }

    /// The bias of a recurrent mixer's own output matrix, `[d_model]`, where it has one.
    pub fn ssm_output_bias(&self, layer: usize) -> Option<Tensor<1>> {
        let output = self.blocks[layer].ssm.as_ref()?.output()?;
        output.bias.as_ref().map(Param::val)
    }

    /// Whether attention and recurrence of block `layer` write by one matrix, with a norm before it.
    pub fn shares_output(&self, layer: usize) -> bool {
        self.blocks[layer].share.is_some()
    }

    /// What the norm after the recurrence of block `layer` makes of parts of what the heads from
    /// `first` read, where more than norm and gate stand between them and the output matrix. Not in
    /// Hymba's layer: the norm that follows there is of all heads together.
    ///
    /// # Shapes
    /// `y`, the whole: `[1, head, value]`; `parts`, and what returns: `[part, head, value]`
    pub fn ssm_normed_part(
        &self,
        layer: usize,
        first: usize,
        y: &Tensor<3>,
        parts: Tensor<3>,
    ) -> Option<Tensor<3>> {
        match self.blocks[layer].ssm.as_ref()? {
            Ssm::Rwkv7(it) if !self.shares_output(layer) => Some(it.normed_part(first, y, parts)),
            _ => None,
        }
    }

    /// What a channel of block `layer` reads of its input so many positions ago, `[channel, pos]`,
    /// where the block is a convolution.
    pub fn s4d_kernel(&self, layer: usize, n_pos: usize) -> Option<Tensor<2>> {
        match self.blocks[layer].ssm.as_ref()? {
            Ssm::S4d(it) => Some(it.kernel(n_pos)),
            _ => None,
        }
    }

    /// What a channel's slots of block `layer` are multiplied by from one position to the next, real
    /// and imaginary part, `[channel, slot]`, where that is the same everywhere.
    pub fn s4d_poles(&self, layer: usize) -> Option<[Tensor<2>; 2]> {
        match self.blocks[layer].ssm.as_ref()? {
            Ssm::S4d(it) => Some(it.poles()),
            _ => None,
        }
    }

    /// How many blocks there are.
    pub fn n_layers(&self) -> usize {
        self.blocks.len()
    }
}
