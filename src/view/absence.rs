//! Why there is nothing to show, in words.

use trace::{Absence, Counted, Lack};

/// A sentence that stands in the answer's place: what the model or the run lacks, and what to do
/// where anything can be done.
pub fn absence_in_words(absence: &Absence) -> String {
    match absence {
        Absence::NotKept(site) => tr!("The run did not keep {site}.", site),
        Absence::Skipped(layer) => {
            tr!("Block {layer} does not run: the order of blocks leaves it out.", layer)
        }
        Absence::Outside { what, index, size } => outside(*what, *index, *size),
        Absence::NoHead { layer, head } => {
            tr!("Layer {layer} has no head {head}.", layer, head)
        }
        Absence::NoBasis => tr!(
            "This model came without a stored sample: choose two different words as directions."
        )
        .to_owned(),
        Absence::NoPlane => {
            tr!("The two directions point the same way: choose two different words.").to_owned()
        }
        Absence::NotAdditive => {
            tr!("With norms after each sum, contributions do not add up to the output.").to_owned()
        }
        Absence::NoAttention(layer) => tr!("Layer {layer} has no attention.", layer),
        Absence::NoState { layer, has_attention } if *has_attention => {
            tr!("Layer {layer} has no state: attention keeps every key and value instead.", layer)
        }
        Absence::NoState { layer, .. } => {
            tr!("Layer {layer} has no state: it mixes no positions.", layer)
        }
        Absence::NoStateInHead { layer, head } => tr!(
            "Head {head} of layer {layer} has no state: attention keeps every key and value instead.",
            head,
            layer
        ),
        Absence::NotOfMixer { layer, mixer, lacks } => {
            let lacks = match lacks {
                Lack::Eigenvalues => tr!("a state that is not linear has no eigenvalues"),
                Lack::OtherForms => tr!("it has this one form only"),
                Lack::StateByKeys => tr!("it keeps no state of values by keys"),
            };
            tr!("Layer {layer} is {mixer}: {lacks}.", layer, mixer = mixer.name(), lacks)
        }
        Absence::NoMatrix { layer, head } => tr!(
            "Head {head} of layer {layer} amounts to no matrix from token to token.",
            head,
            layer
        ),
        Absence::NoProbe { fact, site } => {
            tr!("No probe of “{fact}” is fitted at {site} yet.", fact, site)
        }
        Absence::NothingChanged => tr!("Nothing is changed, so the run is as trained.").to_owned(),
        Absence::Cut => no_row(tr!("it was cut")),
        Absence::NoTask => no_row(tr!("there is no such task")),
        Absence::NoRow(why) => no_row(why),
    }
}

fn outside(what: Counted, index: usize, size: usize) -> String {
    match what {
        Counted::Layer => {
            tr!("This model has no layer {index}: it has {size}, counted from 0.", index, size)
        }
        Counted::Head => {
            tr!("This model has no head {index}: it has {size}, counted from 0.", index, size)
        }
        Counted::Token => {
            tr!("This model has no token {index}: it has {size}, counted from 0.", index, size)
        }
    }
}

fn no_row(why: &str) -> String {
    tr!("The prompt is no row of the task: {why}.", why)
}

#[cfg(test)]
mod tests {
    use trace::{Part, Site, SsmKind};

    use super::*;

    #[test]
    fn every_absence_is_a_sentence_that_names_what_is_missing() {
        let site = Site::block(1, Part::ResidPost);
        let named = [
            (Absence::NotKept(site), "blocks.1.resid_post"),
            (Absence::Skipped(3), "Block 3"),
            (
                Absence::Outside { what: Counted::Token, index: 99, size: 17 },
                "no token 99: it has 17",
            ),
            (Absence::NoHead { layer: 1, head: 5 }, "Layer 1 has no head 5"),
            (Absence::NoState { layer: 2, has_attention: true }, "keeps every key"),
            (Absence::NoState { layer: 2, has_attention: false }, "mixes no positions"),
            (Absence::NoStateInHead { layer: 1, head: 0 }, "Head 0 of layer 1"),
            (
                Absence::NotOfMixer { layer: 0, mixer: SsmKind::Gru, lacks: Lack::Eigenvalues },
                "Layer 0 is GRU: a state that is not linear",
            ),
            (
                Absence::NoProbe { fact: "belief".to_owned(), site },
                "“belief” is fitted at blocks.1",
            ),
            (Absence::Cut, "no row of the task: it was cut"),
        ];
        for (absence, part) in named {
            let said = absence_in_words(&absence);
            assert!(said.contains(part) && said.ends_with('.'), "{said}");
        }
    }
}
