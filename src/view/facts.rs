//! What a network is made of, in words.

use trace::{MixerShape, ModelShape, PositionKind};

/// What kind of network this is: of attention, of states, or of both.
pub fn kind_of(shape: &ModelShape) -> &'static str {
    match (shape.has_attention(), shape.has_recurrence()) {
        (true, true) => text!("hybrid"),
        (_, true) if has_matrix(shape) => text!("state-space model"),
        (_, true) => text!("recurrent network"),
        _ => text!("transformer"),
    }
}

/// Whether some recurrent layer goes on linearly; what does not is older than state-space models.
fn has_matrix(shape: &ModelShape) -> bool {
    shape.mixers.iter().filter_map(|it| it.ssm.as_ref()).any(|it| it.has_matrix)
}

/// What mixes positions: "Mamba-2 in every layer".
pub fn mixers_in_words(shape: &ModelShape) -> String {
    let name = |it: &MixerShape| match (&it.ssm, it.n_attention_heads) {
        (Some(ssm), 0) => ssm.kind.name().to_owned(),
        (Some(ssm), _) => tr!("attention beside {mixer}", mixer = ssm.kind.name()),
        (None, _) => tr!("attention").to_owned(),
    };
    let names: Vec<String> = shape.mixers.iter().map(name).collect();
    match names.first() {
        Some(first) if names.iter().all(|it| it == first) => {
            tr!("{mixer} in every layer", mixer = first)
        }
        _ => tr!("from the first layer up {mixers}", mixers = names.join(", ")),
    }
}

/// The norm and where it stands: where sums stay as they are, before what reads them.
pub fn norm_in_words(shape: &ModelShape) -> String {
    let norm = shape.norm.name();
    if shape.is_additive {
        tr!("{norm} before each sub-block", norm)
    } else {
        tr!("{norm} after each sum", norm)
    }
}

/// How positions come in.
pub fn positions_in_words(shape: &ModelShape) -> &'static str {
    match shape.positions {
        PositionKind::Learned => tr!("learned positions"),
        PositionKind::Sinusoidal => tr!("sinusoidal positions"),
        PositionKind::Rotary => tr!("rotary positions"),
        PositionKind::Alibi => "ALiBi",
        PositionKind::None => tr!("no positions"),
    }
}
