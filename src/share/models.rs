//! The models that come with the page.

/// Each model's name, which is its folder's, and what it is.
pub const MODELS: &[(&str, &str)] = &[
    ("tales", "transformer"),
    ("tales-mamba2", "state-space model: Mamba-2"),
    ("tales-hybrid", "hybrid: three layers of Mamba-2, one of attention"),
];

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::MODELS;

    #[test]
    fn they_are_the_folders_that_are_there() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/models");
        let entries = fs::read_dir(folder).unwrap().map(|it| it.unwrap().file_name());
        let mut found: Vec<String> = entries.map(|it| it.into_string().unwrap()).collect();
        let mut named: Vec<&str> = MODELS.iter().map(|it| it.0).collect();
        found.sort();
        named.sort_unstable();
        assert_eq!(found, named);
    }
}
