//! Which language the page speaks: the first of the reader's that there is.

use leptos::{logging, prelude::*};

use super::browser::fetched;
use crate::text;

/// The page's own, whose texts are the keys.
const ENGLISH: &str = "en";

/// The reader's language, where that is one that `index.html` lists.
pub(in crate::app) fn readers() -> Option<String> {
    let meta = document().query_selector("meta[name=languages]").ok().flatten();
    let listed = meta.and_then(|it| it.get_attribute("content")).unwrap_or_default();
    let wanted = window().navigator().languages();
    let wanted: Vec<String> = wanted.iter().filter_map(|it| it.as_string()).collect();
    chosen(&listed, &wanted).map(str::to_owned)
}

/// Fetches the texts of a language. The page stays English where they do not come.
pub(in crate::app) async fn take(language: &str) {
    let texts = match fetched(&format!("text/{language}.txt")).await {
        Ok(bytes) => text::take(language, &String::from_utf8_lossy(&bytes)),
        Err(why) => Err(why),
    };
    match (texts, document().document_element()) {
        (Err(why), _) => logging::warn!("text/{language}.txt: {why}; the page is in English"),
        (Ok(()), Some(root)) => root.set_attribute("lang", language).unwrap_or_default(),
        (Ok(()), None) => {}
    }
}

/// The first language of the reader that is listed, or of which a more general form is; `None`
/// where that is English.
fn chosen<'a>(listed: &'a str, wanted: &[String]) -> Option<&'a str> {
    let find = |wanted: &str| {
        let is_it = |it: &&str| it.eq_ignore_ascii_case(wanted);
        listed.split_whitespace().find(is_it).or(wanted.eq(ENGLISH).then_some(ENGLISH))
    };
    let first = wanted.iter().find_map(|it| {
        let general = it.split('-').next().unwrap_or_default();
        find(it).or_else(|| find(general))
    });
    first.filter(|it| *it != ENGLISH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_language_of_the_reader_that_there_is_counts() {
        let chosen = |listed: &'static str, wanted: &str| {
            let wanted: Vec<String> = wanted.split(' ').map(str::to_owned).collect();
            chosen(listed, &wanted)
        };
        assert_eq!(chosen("de ja", "fr ja de"), Some("ja"));
        assert_eq!(chosen("de pt-br", "pt-BR de"), Some("pt-br"));
        assert_eq!(chosen("de", "de-CH en"), Some("de"));
        assert_eq!(chosen("de", "en-GB de"), None, "English is always there");
        assert_eq!(chosen("de", "fr"), None);
        assert_eq!(chosen("", "de"), None);
    }
}
