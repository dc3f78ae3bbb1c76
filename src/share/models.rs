//! The models that come with the page.

/// Models that learned the same task with the same words: they can stand side by side.
#[derive(Debug, PartialEq, Eq)]
pub struct Family {
    pub name: &'static str,
    /// Each model's name, which is its folder's, and what it is.
    pub models: &'static [(&'static str, &'static str)],
}

/// Every family, the first model of the first one being where the page begins.
pub const FAMILIES: &[Family] = &[Family {
    name: "Little stories",
    models: &[
        ("tales", "transformer"),
        ("tales-mamba2", "state-space model: Mamba-2"),
        ("tales-hybrid", "hybrid: three layers of Mamba-2, one of attention"),
    ],
}];

/// The family of a model, where it is one of ours.
pub fn family_of(model: &str) -> Option<&'static Family> {
    FAMILIES.iter().find(|family| family.models.iter().any(|it| it.0 == model))
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::{FAMILIES, family_of};

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

    #[test]
    fn models_of_a_family_have_the_same_words() {
        for family in FAMILIES {
            let mut words = family.models.iter().map(|(model, _)| {
                let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/models");
                let text = fs::read_to_string(folder.join(model).join("model.json")).unwrap();
                let file: serde_json::Value = serde_json::from_str(&text).unwrap();
                file["vocab"].clone()
            });
            let first = words.next().unwrap();
            assert!(words.all(|it| it == first), "{}", family.name);
            assert_eq!(family_of(family.models[0].0), Some(family));
        }
        assert_eq!(family_of("nobody"), None);
    }
}
