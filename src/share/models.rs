//! The models that come with the page.

use super::Bookmark;

/// Models that learned the same task with the same words: they can stand side by side.
#[derive(Debug, PartialEq, Eq)]
pub struct Family {
    pub name: &'static str,
    /// Each model's name, which is its folder's, and what it is.
    pub models: &'static [(&'static str, &'static str)],
    /// What stands in the prompt when the reader comes from another family.
    pub prompt: &'static str,
    /// Tokens A and B of that prompt: the right answer, and a wrong one that tells something. `None`
    /// leaves both to the run.
    pub contrast: Option<[&'static str; 2]>,
}

impl Family {
    /// Puts the family's own prompt and question into a bookmark.
    pub fn ask(&self, bookmark: &mut Bookmark) {
        self.prompt.clone_into(&mut bookmark.prompt);
        let [a, b] = self.contrast.map_or([None, None], |it| it.map(|it| Some(it.to_owned())));
        (bookmark.a, bookmark.b) = (a, b);
    }
}

/// Every family, the first model of the first one being where the page begins.
pub const FAMILIES: &[Family] = &[
    Family {
        name: text!("Little stories"),
        models: &[
            ("tales", text!("transformer")),
            ("tales-mamba2", text!("state-space model: Mamba-2")),
            ("tales-hybrid", text!("hybrid: three layers of Mamba-2, one of attention")),
        ],
        prompt: "Anna put the lantern in the barn. Tom looked for the lantern in the",
        contrast: None,
    },
    Family {
        name: text!("Copying and recall"),
        models: &[
            ("recall-transformer", text!("transformer")),
            ("recall-mamba", text!("state-space model: Mamba")),
            ("recall-mamba2", text!("state-space model: Mamba-2")),
            ("recall-deltanet", text!("linear RNN: gated DeltaNet")),
        ],
        prompt: "q w e r t y u | q w e",
        contrast: Some(["r", "t"]),
    },
    Family {
        name: text!("Parity"),
        models: &[
            ("parity-transformer", text!("transformer")),
            ("parity-mamba", text!("state-space model: Mamba")),
            ("parity-deltanet", text!("gated DeltaNet, β to 1: eigenvalues from 0")),
            ("parity-deltanet-negative", text!("gated DeltaNet, β to 2: eigenvalues from −1")),
            ("parity-gru", text!("RNN: GRU")),
        ],
        prompt: "1 0 1 1 0 1 0 0 1",
        contrast: Some(["odd", "even"]),
    },
    Family {
        name: text!("A5 word problem"),
        models: &[
            ("a5-transformer", text!("transformer")),
            ("a5-mamba", text!("state-space model: Mamba")),
            ("a5-deltanet-negative", text!("gated DeltaNet, β to 2: eigenvalues from −1")),
            ("a5-gru", text!("RNN: GRU")),
        ],
        prompt: "a b a a b b a b",
        contrast: Some(["21435", "13425"]),
    },
];

/// The family of a model, where it is one of ours.
pub fn family_of(model: &str) -> Option<&'static Family> {
    FAMILIES.iter().find(|family| family.models.iter().any(|it| it.0 == model))
}

/// Whether two models are of one family or of one lab, so that one can take the other's place on
/// the same prompt.
pub fn are_fellows(one: &str, other: &str) -> bool {
    let kin = |name: &str| name.split(['-', '/']).next().map(str::to_owned);
    kin(one) == kin(other)
}

/// Whether `id`, as a model calls itself, is the model that a link names.
pub fn is_same_model(name: &str, id: &str) -> bool {
    name.replace('/', "-") == id
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    #[test]
    fn they_are_the_folders_that_are_there() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/models");
        let entries = fs::read_dir(folder).unwrap().map(|it| it.unwrap().file_name());
        let mut found: Vec<String> = entries.map(|it| it.into_string().unwrap()).collect();
        let mut named: Vec<&str> =
            FAMILIES.iter().flat_map(|it| it.models).map(|it| it.0).collect();
        found.sort();
        named.sort_unstable();
        assert_eq!(found, named);
    }

    /// The lab whose first networks a family has, where there is one.
    fn lab_of(family: &Family) -> Option<lab::format::Lab> {
        let id = family.models[0].0.split('-').next().unwrap();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/labs").join(id);
        let text = fs::read_to_string(folder.join("lab.json")).ok()?;
        Some(lab::format::Lab::parse(&text).unwrap())
    }

    #[test]
    fn families_but_the_stories_are_labs() {
        for family in &FAMILIES[1..] {
            let lab = lab_of(family).unwrap();
            assert_eq!(lab.title, family.name);
            let models: Vec<_> = lab.networks.iter().filter_map(|it| it.model.as_deref()).collect();
            assert_eq!(models, family.models.iter().map(|it| it.0).collect::<Vec<_>>());
        }
        assert_eq!(lab_of(&FAMILIES[0]), None);
    }

    #[test]
    fn what_a_family_asks_has_the_right_answer_as_a_and_a_word_of_its_own_as_b() {
        for family in FAMILIES {
            let Some(contrast) = family.contrast else { continue };
            let words: Vec<&str> = family.prompt.split_whitespace().collect();
            let lab = lab_of(family).unwrap();
            let mut tasks = lab.tasks.iter().map(|it| it.exercise().unwrap().task);
            let task = tasks.find(|it| it.is_meant(&words)).unwrap();
            let row = task.read(&words).unwrap();
            let vocab = task.words();
            let id = |word: &str| vocab.iter().position(|it| it == word).unwrap() as u32;
            let is_right = contrast.map(|it| row.is_right(row.n_positions() - 1, id(it)));
            assert_eq!(is_right, [true, false], "{}", family.name);
        }
    }

    #[test]
    fn a_model_has_one_name_in_links_and_on_its_card() {
        assert!(is_same_model("mess3/gru-2", "mess3-gru-2") && is_same_model("tales", "tales"));
        assert!(!is_same_model("tales", "tales-hybrid"));
        assert!(are_fellows("recall/mamba2-2", "recall-transformer"));
        assert!(are_fellows("tales", "tales-hybrid") && !are_fellows("tales", "a5-gru"));
    }

    /// The words of a model, as its folder has them.
    fn vocab_of(model: &str) -> Vec<serde_json::Value> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/models");
        let text = fs::read_to_string(folder.join(model).join("model.json")).unwrap();
        let file: serde_json::Value = serde_json::from_str(&text).unwrap();
        file["vocab"].as_array().unwrap().clone()
    }

    #[test]
    fn models_of_a_family_have_the_same_words() {
        for family in FAMILIES {
            let mut words = family.models.iter().map(|(model, _)| vocab_of(model));
            let first = words.next().unwrap();
            assert!(words.all(|it| it == first), "{}", family.name);
            assert_eq!(family_of(family.models[0].0), Some(family));
        }
        assert_eq!(family_of("nobody"), None);
    }
}
