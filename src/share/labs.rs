//! A lab as the page goes through it: its networks by the names of links, its prompts, and what its
//! task says of the reader's own.

use lab::{
    format::{Lab, Measured, Network, Prompt, TaskSpec},
    task::{Row, Size, Targets, Task, prompt_of},
};

/// A network of a lab with weights that the page can open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shipped {
    /// Its place among the lab's networks.
    pub place: usize,
    pub seed: u64,
    /// Its name in links.
    pub model: String,
}

/// Every network of every seed that has weights; others are made from their seed and only measured.
pub fn shipped(lab: &Lab, measured: &Measured) -> Vec<Shipped> {
    let networks = lab.networks.iter().enumerate();
    let seeds = networks.flat_map(|(place, network)| {
        lab.seeds(network).iter().map(move |&seed| (place, network, seed))
    });
    let has_weights = |network: &Network, seed: u64| {
        measured.run(&network.name, seed).is_some_and(|it| 0 < it.step)
    };
    seeds
        .filter(|(_, network, seed)| has_weights(network, *seed))
        .map(|(place, network, seed)| Shipped {
            place,
            seed,
            model: name_in_links(lab, network, seed),
        })
        .collect()
}

/// What links call a network: its folder, shortened.
fn name_in_links(lab: &Lab, network: &Network, seed: u64) -> String {
    let folder = lab.folder_of(network, seed);
    match folder.strip_prefix("models/") {
        Some(model) => model.to_owned(),
        None => format!("{}/{}-{seed}", lab.id, network.name),
    }
}

/// The text of a prompt of the lab: its own, or that of a row that its seed draws.
pub fn prompt_text(lab: &Lab, prompt: &Prompt) -> Option<String> {
    if let Some(text) = &prompt.text {
        return Some(text.clone());
    }
    let (name, &size) = prompt.size.as_ref()?.iter().next()?;
    let exercise = |it: &TaskSpec| it.exercise().ok().map(|it| it.task);
    let mut tasks = lab.tasks.iter().filter_map(exercise);
    let task = tasks.find(|it| it.items().name == *name)?;
    Some(prompt_of(task.as_ref(), Size(size), prompt.seed.unwrap_or(0)))
}

/// The first prompt of a lab, which is what opens with it.
pub fn first_prompt(lab: &Lab) -> Option<String> {
    lab.prompts.iter().find_map(|it| prompt_text(lab, it))
}

/// A row of the lab's first task in the size of its exam that training reached.
pub fn new_row(lab: &Lab, seed: u64) -> Option<String> {
    let exercise = lab.tasks.first()?.exercise().ok()?;
    let most = Size(exercise.trained[1]);
    Some(prompt_of(exercise.task.as_ref(), most, seed))
}

/// What the lab's task says of a prompt.
#[derive(Debug)]
pub enum Reading {
    /// The prompt is a row.
    Row {
        row: Box<Row>,
        words: Vec<String>,
        /// "9 steps, beyond the 20 of training".
        size: String,
    },
    /// It is none, and what to write instead.
    None(&'static str),
}

/// Reads the reader's prompt, which is without the beginning mark, as a row of the lab's task.
pub fn read(lab: &Lab, prompt: &[&str]) -> Option<Reading> {
    let exercises = lab.tasks.iter().filter_map(|it| it.exercise().ok());
    let mut all: Vec<_> = exercises.collect();
    let meant = all.iter().position(|it| it.task.is_meant(prompt)).unwrap_or(0);
    if all.is_empty() {
        return None;
    }
    let exercise = all.swap_remove(meant);
    Some(match exercise.task.read(prompt) {
        Ok(row) => {
            let size = size_in_words(exercise.task.as_ref(), row.n_items, exercise.trained[1]);
            Reading::Row { row: Box::new(row), words: exercise.task.words(), size }
        }
        Err(why) => Reading::None(why.0),
    })
}

fn size_in_words(task: &dyn Task, n_items: usize, most: usize) -> String {
    let items = task.items().name;
    let items = if n_items == 1 { items.trim_end_matches('s') } else { items };
    if most < n_items {
        tr!("{n_items} {items}, beyond the {most} of training", n_items, items, most)
    } else {
        tr!("{n_items} {items}, no more than in training", n_items, items)
    }
}

/// The exact distribution of the next word at the end of a row; nothing where the task has one right
/// word.
pub fn exact_next(row: &Row) -> Option<&[f32]> {
    let last = row.n_positions().checked_sub(1)?;
    match &row.targets {
        Targets::Distributions { width, values } => values.get(last * width..(last + 1) * width),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    fn parity() -> (Lab, Measured) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/labs/parity");
        let text = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
        let lab = Lab::parse(&text("lab.json")).unwrap();
        let measured = Measured::parse(&text("measured.json"), &lab).unwrap();
        (lab, measured)
    }

    #[test]
    fn networks_have_the_names_that_links_give_their_folders() {
        let (lab, measured) = parity();
        let all = shipped(&lab, &measured);
        assert_eq!(all[0], Shipped { place: 0, seed: 1, model: "parity-transformer".into() });
        assert_eq!(all[1], Shipped { place: 0, seed: 2, model: "parity/transformer-2".into() });
        for it in &all {
            let address = match it.model.split_once('/') {
                Some((lab, network)) => format!("assets/labs/{lab}/networks/{network}"),
                None => format!("assets/models/{}", it.model),
            };
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(address);
            assert!(folder.join("model.json").exists(), "{}", it.model);
        }
    }

    #[test]
    fn every_prompt_of_a_lab_is_a_row() {
        let (lab, _) = parity();
        for prompt in &lab.prompts {
            let text = prompt_text(&lab, prompt).unwrap();
            let words: Vec<&str> = text.split_whitespace().collect();
            assert!(matches!(read(&lab, &words), Some(Reading::Row { .. })), "{text}");
        }
        assert_eq!(first_prompt(&lab), prompt_text(&lab, &lab.prompts[0]));
        let row = new_row(&lab, 5).unwrap();
        assert_eq!(row, new_row(&lab, 5).unwrap());
        assert_ne!(row, new_row(&lab, 6).unwrap());
        assert_eq!(row.split_whitespace().count(), 20);
    }

    #[test]
    fn a_prompt_is_read_by_the_rules_of_the_task() {
        let (lab, _) = parity();
        let Some(Reading::Row { row, words, size }) = read(&lab, &["1", "0"]) else { panic!() };
        assert_eq!(words[row.answer(2).unwrap() as usize], "odd");
        assert_eq!(size, "2 steps, no more than in training");
        assert_eq!(exact_next(&row), None);
        let Some(Reading::None(why)) = read(&lab, &["Anna"]) else { panic!() };
        assert!(why.contains("write only 0 and 1"), "{why}");
        let long = ["1"; 30];
        let Some(Reading::Row { size, .. }) = read(&lab, &long) else { panic!() };
        assert_eq!(size, "30 steps, beyond the 20 of training");
    }
}
