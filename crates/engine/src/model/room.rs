//! How much memory a run takes, so that a prompt too long for it is refused before it starts.

use super::{Join, Mixer, NetworkConfig, SsmConfig};

/// What a run may take. A browser gives WebAssembly 4 GB at most, and phones less.
const ROOM_BYTES: f64 = 1e9;
const BYTES_OF_A_NUMBER: f64 = 4.0;
/// Scores and weights are kept, of this run and the one before it.
const KEPT_MAPS: f64 = 4.0;
/// Maps of one layer that are there at a time while it is computed or shown.
const PASSING_MAPS: f64 = 4.0;
/// Vectors of the width of the stream that a layer keeps or passes on for each position.
const VECTORS: f64 = 24.0;

/// How many positions fit into memory where the blocks run in this order.
pub(crate) fn most_that_fit(config: &NetworkConfig, order: &[usize]) -> usize {
    let fits = |n_pos: usize| run_bytes(config, order, n_pos) <= ROOM_BYTES;
    let (mut most, mut too_many) = (1, 1 << 24);
    while 1 < too_many - most {
        let middle = usize::midpoint(most, too_many);
        *(if fits(middle) { &mut most } else { &mut too_many }) = middle;
    }
    most
}

/// About as many bytes as a run of so many positions takes with all that is kept for the panels:
/// what grows with the square of the length, and what grows with it.
fn run_bytes(config: &NetworkConfig, order: &[usize], n_pos: usize) -> f64 {
    let n_pos = n_pos as f64;
    let n_blocks = order.len();
    let layers = || order.iter().map(|&layer| config.mixer(layer));
    let kept: f64 = layers().map(|it| attention_heads(config, &it)).sum();
    let passing = layers().map(|it| maps_at_once(config, &it)).fold(0.0, f64::max);
    let maps = (KEPT_MAPS * kept + PASSING_MAPS * passing) * n_pos * n_pos;
    let widths = config.d_model.max(config.d_mlp) as f64 * VECTORS * n_blocks as f64;
    // The lens says every word at every depth.
    let words = config.d_vocab as f64 * (2 * n_blocks + 1) as f64;
    (maps + (widths + words) * n_pos) * BYTES_OF_A_NUMBER
}

fn attention_heads(config: &NetworkConfig, mixer: &Mixer) -> f64 {
    match mixer {
        Mixer::Ssm(_) => 0.0,
        // As many heads again read context states.
        Mixer::Parallel { join: Join::BlockState(_), .. } => 2.0 * config.n_heads as f64,
        Mixer::Attention(_) | Mixer::Parallel { .. } => config.n_heads as f64,
    }
}

/// Maps of `[query, key]` that a layer amounts to; one for each slot where slots fade apart.
fn maps_at_once(config: &NetworkConfig, mixer: &Mixer) -> f64 {
    let own = attention_heads(config, mixer);
    let (Mixer::Ssm(ssm) | Mixer::Parallel { ssm, .. }) = mixer else { return own };
    own + match ssm {
        SsmConfig::S4d(it) => (config.d_model * it.n_filters) as f64,
        SsmConfig::Mamba(it) => (it.d_inner * it.d_state) as f64,
        SsmConfig::Mamba2(it) => it.n_heads as f64,
        SsmConfig::Linear(it) => (it.n_heads * it.d_key) as f64,
        SsmConfig::Rwkv7(it) => (it.n_heads * it.d_head) as f64,
        // No matrix says what these do.
        SsmConfig::Gru(_) | SsmConfig::Lstm(_) => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(rest: &str) -> NetworkConfig {
        let text = format!(
            r#"{{"version": 1, "n_layers": 4, "d_model": 128, "n_heads": 4, "d_mlp": 512,
                "d_vocab": 443, "n_ctx": 128, "positions": {{"kind": "rope"}}{rest}}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn what_fits_fits_and_one_more_does_not() {
        for rest in ["", r#", "mixers": [{"kind": "gru", "d_state": 64}]"#] {
            let config = config(rest);
            let most = most_that_fit(&config, &[0, 1, 2, 3]);
            assert!(run_bytes(&config, &[0, 1, 2, 3], most) <= ROOM_BYTES, "{most}");
            assert!(ROOM_BYTES < run_bytes(&config, &[0, 1, 2, 3], most + 1), "{most}");
            let twice = most_that_fit(&config, &[0, 1, 2, 3, 0, 1, 2, 3]);
            assert!(twice < most, "{twice} and {most}");
        }
    }

    #[test]
    fn a_state_has_room_for_far_longer_prompts_than_attention() {
        let mamba2 = r#", "mixers": [{"kind": "mamba2", "n_heads": 4, "d_head": 32, "d_state": 64,
            "d_conv": 4}]"#;
        let [attention, mamba2] =
            [config(""), config(mamba2)].map(|it| most_that_fit(&it, &[0, 1, 2, 3]));
        assert!(1_000 < attention && attention * 3 / 2 < mamba2, "{attention} and {mamba2}");
    }
}
