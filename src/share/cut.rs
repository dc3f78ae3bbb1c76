//! What a reader takes away from a run: a head, the writing of a token, what a state held.

use trace::{Edit, EditKind, ModelShape, Part, Site};

use super::link::{name_of, named};

/// Something that is set to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    pub kind: CutKind,
    pub layer: usize,
    /// As it is shown: attention's heads first, then recurrent ones.
    pub head: usize,
    /// The position, where the cut is at one.
    pub pos: Option<usize>,
}

/// What is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CutKind {
    /// All that a head writes to the stream.
    Head,
    /// The step of a recurrent head at a position: the token is passed over, the state stays.
    Step,
    /// The state of a recurrent head after a position: all before is forgotten.
    State,
}

impl CutKind {
    /// Every kind with its name in links.
    const ALL: [(CutKind, &'static str); 3] =
        [(CutKind::Head, "head"), (CutKind::Step, "step"), (CutKind::State, "state")];
}

impl Cut {
    /// The changes that make it, none where the model has no such thing.
    pub fn edits(&self, shape: &ModelShape) -> Vec<Edit> {
        let Some(mixer) = shape.mixers.get(self.layer) else { return Vec::new() };
        let edit = |part: Part, head: usize| Edit {
            site: Site::Block { layer: self.layer, part },
            head: Some(head),
            pos: self.pos,
            kind: EditKind::Scale(0.0),
        };
        let Some(behind) = self.head.checked_sub(mixer.n_attention_heads) else {
            let is_head = self.kind == CutKind::Head;
            return is_head.then(|| edit(Part::AttnZ, self.head)).into_iter().collect();
        };
        let Some(ssm) = mixer.ssm.as_ref().filter(|it| behind < it.n_heads) else {
            return Vec::new();
        };
        let part = match self.kind {
            CutKind::Head => Part::SsmZ,
            CutKind::Step if ssm.has_step => Part::SsmStep,
            CutKind::Step => return Vec::new(),
            CutKind::State => Part::SsmState,
        };
        let first = behind * ssm.together;
        (first..first + ssm.together).map(|head| edit(part, head)).collect()
    }

    /// As links have it: `step.2.1.4`.
    pub fn write(&self) -> String {
        let name = name_of(self.kind, &CutKind::ALL);
        let pos = self.pos.map(|it| format!(".{it}")).unwrap_or_default();
        format!("{name}.{}.{}{pos}", self.layer, self.head)
    }

    /// The cut that a text says.
    pub fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let kind = named(parts.next()?, &CutKind::ALL)?;
        let mut number = || parts.next().map(str::parse::<usize>);
        let (layer, head) = (number()?.ok()?, number()?.ok()?);
        let pos = number().transpose().ok()?;
        let is_whole = parts.next().is_none() && (pos.is_some() || kind == CutKind::Head);
        is_whole.then_some(Self { kind, layer, head, pos })
    }
}

#[cfg(test)]
mod tests {
    use trace::{MixerShape, SsmShape};

    use super::*;

    fn shape() -> ModelShape {
        let ssm = SsmShape {
            name: "Mamba".to_owned(),
            n_heads: 2,
            together: 3,
            d_value: 3,
            n_slots: 4,
            state_size: 24,
            has_matrix: true,
            has_step: true,
            has_decay: true,
        };
        let attention = MixerShape { n_attention_heads: 2, window: None, cache_size: 8, ssm: None };
        let both = MixerShape { ssm: Some(ssm), ..attention.clone() };
        ModelShape {
            n_layers: 2,
            n_heads: 4,
            mixers: vec![attention, both],
            n_kv_heads: 2,
            d_model: 4,
            d_head: 2,
            d_mlp: 4,
            d_vocab: 5,
            n_ctx: 8,
            is_parallel: false,
            is_additive: true,
            has_mlp: true,
            norm: String::new(),
            positions: String::new(),
        }
    }

    fn said(text: &str) -> Vec<String> {
        let edits = Cut::read(text).unwrap().edits(&shape());
        let each = |it: &Edit| format!("{} {:?} {:?}", it.site, it.head.unwrap(), it.pos);
        edits.iter().map(each).collect()
    }

    #[test]
    fn a_cut_is_read_as_it_is_written() {
        for text in ["head.2.1", "step.0.3.7", "state.1.0.0", "head.2.1.4"] {
            assert_eq!(Cut::read(text).unwrap().write(), text);
        }
        for text in ["", "head", "head.1", "step.1.2", "knee.1.2", "head.1.2.3.4", "head.a.2"] {
            assert_eq!(Cut::read(text), None, "{text}");
        }
    }

    #[test]
    fn a_cut_is_made_where_the_model_has_such_a_thing() {
        assert_eq!(said("head.0.1"), ["blocks.0.attn.z 1 None"]);
        assert_eq!(said("head.1.0"), ["blocks.1.attn.z 0 None"]);
        let [z, step] = ["ssm.z", "ssm.step"].map(|part| {
            let pos = if part == "ssm.z" { "None" } else { "Some(4)" };
            [3, 4, 5].map(|head| format!("blocks.1.{part} {head} {pos}"))
        });
        assert_eq!(said("head.1.3"), z);
        assert_eq!(said("step.1.3.4"), step);
        for absent in ["step.0.1.4", "state.0.1.4", "head.0.2", "head.1.4", "head.2.0"] {
            assert_eq!(said(absent), Vec::<String>::new(), "{absent}");
        }
    }
}
