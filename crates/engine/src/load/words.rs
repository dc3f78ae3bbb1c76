//! Text to tokens, where every word is a token of its own.

use std::collections::BTreeMap;

use trace::Token;

/// A list of words, each with its number.
#[derive(Clone, Debug)]
pub struct Words {
    texts: Vec<String>,
    ids: BTreeMap<String, u32>,
    bos: Option<u32>,
    unknown: u32,
}

/// Begins every text.
pub const BOS: &str = "<bos>";
/// Stands for every word that is not in the list.
pub const UNKNOWN: &str = "<unk>";

/// How many near words are offered for an unknown one.
const N_NEAR: usize = 3;

impl Words {
    /// The words in the order of their numbers. Without [`UNKNOWN`] among them, unknown words are
    /// number 0.
    pub fn new(texts: Vec<String>) -> Self {
        let ids: BTreeMap<_, _> = (0..).zip(&texts).map(|(id, text)| (text.clone(), id)).collect();
        let bos = ids.get(BOS).copied();
        let unknown = ids.get(UNKNOWN).copied().unwrap_or(0);
        Self { texts, ids, bos, unknown }
    }

    /// The tokens of a typed text, the beginning mark first.
    pub fn tokens(&self, text: &str) -> Vec<Token> {
        let bos = self.bos.map(|id| self.token(id, BOS));
        bos.into_iter().chain(split(text).map(|typed| self.word(typed))).collect()
    }

    /// The word with this number, or `None` past the end of the list.
    pub fn text(&self, id: u32) -> Option<&str> {
        self.texts.get(id as usize).map(String::as_str)
    }

    /// The number of a word.
    pub fn id(&self, text: &str) -> Option<u32> {
        self.ids.get(text).copied()
    }

    /// All words in the order of their numbers.
    pub fn texts(&self) -> &[String] {
        &self.texts
    }

    fn word(&self, typed: &str) -> Token {
        match self.id(typed) {
            Some(id) => self.token(id, typed),
            None => {
                Token { is_known: false, near: self.near(typed), ..self.token(self.unknown, typed) }
            }
        }
    }

    fn token(&self, id: u32, typed: &str) -> Token {
        let text = self.text(id).unwrap_or(UNKNOWN).to_owned();
        Token { id, text, typed: typed.to_owned(), is_known: true, near: Vec::new() }
    }

    /// Words within two typing errors, nearest first; the same word in other case before all.
    fn near(&self, typed: &str) -> Vec<String> {
        let lower = typed.to_lowercase();
        if MAX_TYPED < lower.len() {
            return Vec::new();
        }
        let allowed = if lower.chars().count() < 4 { 1 } else { 2 };
        let mut found: Vec<_> = self
            .texts
            .iter()
            .filter(|it| it.chars().all(char::is_alphabetic))
            .map(|it| (strsim::osa_distance(&lower, &it.to_lowercase()), it))
            .filter(|it| it.0 <= allowed)
            .collect();
        found.sort();
        found.into_iter().take(N_NEAR).map(|it| it.1.clone()).collect()
    }
}

/// Longer words than this are not compared with the list.
const MAX_TYPED: usize = 24;

/// Words and marks of a text: white space parts them, and every mark stands alone.
fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace().flat_map(|chunk| {
        let mut rest = chunk;
        std::iter::from_fn(move || {
            let first = rest.chars().next()?;
            let is_word = |it: char| it.is_alphanumeric() || it == '\'' || it == '<' || it == '>';
            let end = if is_word(first) {
                rest.find(|it| !is_word(it)).unwrap_or(rest.len())
            } else {
                first.len_utf8()
            };
            let (piece, after) = rest.split_at(end);
            rest = after;
            Some(piece)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> Words {
        let texts = [BOS, UNKNOWN, "Anna", "put", "the", "lantern", ".", "barn", "\""];
        Words::new(texts.map(str::to_owned).to_vec())
    }

    fn ids(text: &str) -> Vec<u32> {
        words().tokens(text).iter().map(|it| it.id).collect()
    }

    #[test]
    fn marks_stand_alone() {
        assert_eq!(ids("Anna put the \"lantern\"."), [0, 2, 3, 4, 8, 5, 8, 6]);
    }

    #[test]
    fn an_empty_text_is_its_beginning() {
        assert_eq!(ids(""), [0]);
        assert_eq!(ids(" \n\t "), [0]);
    }

    #[test]
    fn an_unknown_word_offers_near_ones() {
        let tokens = words().tokens("anna put teh latern");
        assert!(!tokens[1].is_known);
        assert_eq!((tokens[1].id, tokens[1].typed.as_str()), (1, "anna"));
        assert_eq!(tokens[1].near, ["Anna"]);
        assert_eq!(tokens[3].near, ["the"]);
        assert_eq!(tokens[4].near, ["lantern"]);
    }

    #[test]
    fn letters_of_any_script_and_pictures_are_one_unknown_piece_each() {
        assert_eq!(ids("家 🦀🦀"), [0, 1, 1, 1]);
    }
}
