//! The labs that are shipped: networks are what `lab.json` says, and a tenth of the exam on the
//! stored weights gives what `measured.json` says of all of it.

use std::{fs, path::Path};

use burn::prelude::*;
use engine::{
    load::{Precision, collect, digest, open_folder},
    train::{Recipe, measure_network, untrained},
};
use lab::format::{Lab, Measured};

use crate::tiny::generator;

fn assets() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../assets"))
}

/// Every lab that was measured, with its numbers.
fn labs() -> Vec<(Lab, Measured)> {
    let mut found = Vec::new();
    let mut folders: Vec<_> =
        fs::read_dir(assets().join("labs")).unwrap().map(|it| it.unwrap().path()).collect();
    folders.sort();
    for folder in folders {
        let text = fs::read_to_string(folder.join("lab.json")).unwrap();
        let lab = Lab::parse(&text).unwrap_or_else(|it| panic!("{}: {it:?}", folder.display()));
        if let Ok(text) = fs::read_to_string(folder.join("measured.json")) {
            let measured = Measured::parse(&text, &lab);
            found.push((lab.clone(), measured.unwrap_or_else(|it| panic!("{}: {it:?}", lab.id))));
        }
    }
    assert!(!found.is_empty());
    found
}

#[test]
fn a_tenth_of_the_exam_gives_what_is_written_of_all_of_it() {
    let device = Device::flex();
    for (lab, measured) in labs() {
        for run in &measured.runs {
            let network = lab.network(&run.network).unwrap();
            let recipe = Recipe::of_lab(&lab, network, run.seed).unwrap();
            assert_eq!(recipe.n_steps, run.step, "{} {}", lab.id, run.network);
            let net = if run.step == 0 {
                let _held = generator();
                let net = untrained(&recipe).unwrap();
                let bytes = collect(&net).to_safetensors(Precision::Half, &[]);
                assert_eq!(digest(&bytes), run.sha256, "{} before training", lab.id);
                net
            } else {
                let model = open_folder(&assets().join(lab.folder_of(network, run.seed)), &device);
                let model = model.unwrap();
                assert_eq!(model.file.weights_sha256, run.sha256, "{} {}", lab.id, run.network);
                assert_eq!(model.file.config, recipe.network, "{} {}", lab.id, run.network);
                assert_eq!(model.n_params, run.n_params, "{} {}", lab.id, run.network);
                model.network
            };
            for tenth in measure_network(&net, &recipe, 0.1, &device).unwrap() {
                let site = tenth.site.as_deref();
                let whole = run.value_of(&tenth.measure, &tenth.at, site).unwrap();
                // A tenth of the rows has an interval of its own, about three times as wide. Twice
                // that is four standard errors, which none of some hundred numbers should miss.
                let [low, high] = tenth.interval;
                let reach = [2.0 * (tenth.value - low), 2.0 * (high - tenth.value)];
                let is_near = tenth.value - reach[0] <= whole.interval[1]
                    && whole.interval[0] <= tenth.value + reach[1];
                assert!(
                    is_near,
                    "{} {} {}: {tenth:?}, not {whole:?}",
                    lab.id, run.network, run.seed
                );
            }
        }
    }
}

#[test]
fn a_path_that_is_no_field_of_a_network_is_named() {
    let (mut lab, _) = labs().remove(0);
    let value = lab::format::Json("3".to_owned());
    lab.networks[0].set.insert("n_wheels".to_owned(), value);
    let network = lab.networks[0].clone();
    let said = Recipe::of_lab(&lab, &network, 1).unwrap_err().to_string();
    assert!(said.contains("network: unknown field `n_wheels`"), "{said}");
}
