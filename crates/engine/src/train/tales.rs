//! A seeded grammar of little English stories, which the model `tales` learns.
//!
//! A story is a row of lines about a few persons, things and places that come back. Some of its
//! words follow from the words before them: these are its [`Case`]s, and a model that has learned
//! the grammar says them. All else is chance, and [`Story::nats`] is how much of it.
//!
//! The words of a line are in `scenes`, how they are filled in is in `line`.

mod draft;
mod line;
mod scenes;
mod words;

use std::collections::BTreeSet;

use rand::Rng;

use draft::Draft;
use line::LISTINGS;
use scenes::SCENES;
use words::{
    COLOURS, FEELINGS, FIXTURES, MEN, NUMBERS, OPENERS, PLACES, PRONOUNS, STATES, SYLLABLES,
    THINGS, VERBS, WOMEN,
};

/// Stands before every story, so that it also ends the one before. Token 0.
pub const BOS: &str = "<bos>";

/// Stands for every word that is not in the vocabulary. Token 1.
pub const UNK: &str = "<unk>";

/// The most words of a story: with [`BOS`] and one more token it fits a context of 128.
pub const MAX_WORDS: usize = 126;

/// The most words of a line; no line starts where so many would not fit.
const MAX_LINE: usize = 33;

/// How likely a story ends after its first line, and after a line that took it to so many words.
const ENDINGS: [(usize, f64); 4] = [(0, 0.03), (30, 0.08), (50, 0.16), (70, 0.35)];

/// What a model has to have learned to say the word of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phenomenon {
    Recall,
    Induction,
    IndirectObject,
    Pronoun,
    Agreement,
    Quote,
}

impl Phenomenon {
    /// The name of every phenomenon and what it asks for, in the order of [`Phenomenon::ALL`].
    const TABLE: [(&'static str, &'static str); 6] = [
        ("recall", "the place where a thing was put last"),
        ("induction", "the next item of a list that is said again"),
        ("indirect_object", "the person who was given something, or who gave it"),
        ("pronoun", "the pronoun that agrees with the person it stands for"),
        ("agreement", "the verb that agrees with a subject further back"),
        ("quote", "what somebody said, who said it, and where the saying ends"),
    ];

    /// Every phenomenon.
    pub const ALL: [Phenomenon; 6] = [
        Phenomenon::Recall,
        Phenomenon::Induction,
        Phenomenon::IndirectObject,
        Phenomenon::Pronoun,
        Phenomenon::Agreement,
        Phenomenon::Quote,
    ];

    /// Its name, as in files and links.
    pub fn name(self) -> &'static str {
        Self::TABLE[self as usize].0
    }

    /// What it asks for, in one line.
    pub fn about(self) -> &'static str {
        Self::TABLE[self as usize].1
    }
}

/// One story of the grammar.
#[derive(Clone, Debug, PartialEq)]
pub struct Story {
    /// Its words, without the [`BOS`] before it.
    pub words: Vec<&'static str>,
    /// The words that follow from those before them, in order.
    pub cases: Vec<Case>,
    /// −ln of the probability of this very text, the end included: that the next token is [`BOS`].
    ///
    /// It is exact, for each text can be told in one way only. So, over whole stories, the sum of
    /// `nats` over that of `words.len() + 1` is the least loss per token that any model can have.
    /// Rows of tokens that cut stories short have a little more: beginnings hold more news.
    pub nats: f64,
}

/// A word of a story that follows from the words before it.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    pub phenomenon: Phenomenon,
    /// Which of [`Story::words`] it is; a model sees [`BOS`] and `words[..pos]`.
    pub pos: usize,
    /// Wrong answers that the story or the grammar suggests, the latest named first; may be empty.
    pub rivals: Vec<&'static str>,
}

/// A prompt as one types it and the word that comes next, for each phenomenon in turn.
pub const PROMPTS: [(&str, &str); 6] = [
    ("Anna put the lantern in the barn. Tom looked for the lantern in the", "barn"),
    ("Anna counted: rope, apple, drum, lantern. Again: rope, apple, drum,", "lantern"),
    ("When Mary and John went to the market, John gave the apple to", "Mary"),
    ("Anna met Tom in the garden. She smiled at", "him"),
    ("The keys near the door", "are"),
    ("Anna said: \"the lamp is in the well.\" Where is the lamp? In the", "well"),
];

/// Every token: [`BOS`], [`UNK`], then all words that a story can have, sorted.
pub fn vocabulary() -> Vec<&'static str> {
    let of_lines = SCENES
        .iter()
        .flat_map(|scene| scene.lines)
        .flat_map(|line| line.text.split(' '))
        .filter(|token| !token.starts_with(['$', '*']))
        .flat_map(|token| token.split(['|', '_']));
    let of_openers = OPENERS.iter().flat_map(|(opener, _)| opener.split('_'));
    let of_lists = LISTINGS.iter().map(|it| it.verb).chain([":", ","]);
    let alone = [&WOMEN[..], &MEN, &PLACES, &SYLLABLES, &COLOURS, &STATES, &FEELINGS, &NUMBERS];
    let in_pairs = [&THINGS[..], &FIXTURES, &PRONOUNS, &VERBS];
    let words: BTreeSet<&'static str> = of_lines
        .chain(of_openers)
        .chain(of_lists)
        .chain(alone.into_iter().flatten().copied())
        .chain(in_pairs.into_iter().flatten().flatten().copied())
        .chain(["a", "an"])
        .filter(|word| !word.is_empty())
        .collect();
    [BOS, UNK].into_iter().chain(words).collect()
}

/// The next story that `rng` brings forth.
pub fn story(rng: &mut impl Rng) -> Story {
    story_from(&mut |weights| weighted_index(rng, weights))
}

fn story_from(dice: &mut dyn FnMut(&[f64]) -> usize) -> Story {
    let mut draft = Draft::new(dice);
    while !ends(&mut draft) {
        tell_line(&mut draft);
    }
    Story { words: draft.words, cases: draft.cases, nats: draft.nats }
}

fn ends(draft: &mut Draft<'_>) -> bool {
    let n_words = draft.words.len();
    if n_words == 0 || n_words + MAX_LINE > MAX_WORDS {
        return n_words > 0;
    }
    let ending = ENDINGS.iter().rev().find(|&&(least, _)| least <= n_words);
    let (_, prob) = ending.expect("the first ending is for any number of words");
    draft.choose(&[1.0 - prob, *prob]) == 1
}

/// Tells one line of those whose needs the story meets.
fn tell_line(draft: &mut Draft<'_>) {
    let n_placed = draft.placed().len().min(3);
    let scenes: Vec<_> = SCENES
        .iter()
        .map(|scene| {
            let lines: Vec<_> = scene.lines.iter().filter(|line| draft.has(line.need)).collect();
            (if lines.is_empty() { 0.0 } else { scene.weights[n_placed] }, lines)
        })
        .collect();
    let weights: Vec<f64> = scenes.iter().map(|&(weight, _)| weight).collect();
    let (_, lines) = &scenes[draft.choose(&weights)];
    let weights: Vec<f64> = lines.iter().map(|line| line.weight).collect();
    let line = lines[draft.choose(&weights)];
    draft.tell(line);
}

/// An index, each with a probability in proportion to its weight.
fn weighted_index(rng: &mut impl Rng, weights: &[f64]) -> usize {
    let mut left = rng.random::<f64>() * weights.iter().sum::<f64>();
    for (index, &weight) in weights.iter().enumerate() {
        if left < weight {
            return index;
        }
        left -= weight;
    }
    // Rounding can leave a crumb; the last possible one takes it.
    weights.iter().rposition(|&weight| weight > 0.0).expect("some weight is positive")
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::collections::BTreeMap;

    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    const SEED: u64 = 20;
    const N_STORIES: usize = 2000;
    const N_LINES: u64 = 2000;

    fn stories(n_stories: usize) -> Vec<Story> {
        let mut rng = ChaCha8Rng::seed_from_u64(SEED);
        (0..n_stories).map(|_| story(&mut rng)).collect()
    }

    /// Each case of `phenomenon` in many stories: the words before it and the word itself.
    fn cases(phenomenon: Phenomenon) -> Vec<(Vec<&'static str>, &'static str)> {
        let of_story = |story: Story| {
            let Story { words, cases, .. } = story;
            cases
                .into_iter()
                .filter(move |case| case.phenomenon == phenomenon)
                .map(move |case| (words[..case.pos].to_vec(), words[case.pos]))
        };
        stories(N_STORIES).into_iter().flat_map(of_story).collect()
    }

    fn tokens(prompt: &str) -> Vec<String> {
        let mut spaced = prompt.to_owned();
        for mark in [".", ",", ":", "?", "\""] {
            spaced = spaced.replace(mark, &format!(" {mark} "));
        }
        spaced.split_whitespace().map(str::to_owned).collect()
    }

    /// Reads a text and gives the place of the thing that it names last.
    fn place_of_last_thing<'a>(words: &[&'a str]) -> Option<&'a str> {
        let (mut places, mut last) = (BTreeMap::new(), None);
        for (pos, &word) in words.iter().enumerate() {
            let moved = match words[..pos] {
                [.., "put" | "left" | "hid", "the", thing, "in", "the"]
                | [.., "carried", "the", thing, "to", "the"]
                | [.., "moved", "the", thing, "from", "the", _, "to", "the"]
                | [.., "There", "was", _, thing, "in", "the"]
                | [.., "the" | "The", thing, "is", "in", "the"] => Some((thing, word)),
                [.., "put", "it", "in", "the"] => last.map(|thing| (thing, word)),
                [.., "In", "the", place, _, "hid", "the"] => Some((word, place)),
                _ => None,
            };
            places.extend(moved);
            if THINGS.iter().any(|[one, _]| *one == word) {
                last = Some(word);
            }
        }
        places.get(last?).copied()
    }

    /// Reads a text and gives who got `thing` last, `None` where it was fetched from a place.
    fn holder_of<'a>(thing: &str, words: &[&'a str]) -> Option<Option<&'a str>> {
        let mut reading = (0..words.len()).filter_map(|pos| match words[..=pos] {
            [.., "gave" | "handed" | "offered" | "sent", "the", it, "to", who]
            | [.., "gave", who, "a" | "an", it]
                if it == thing =>
            {
                Some(Some(who))
            }
            [.., "fetched", "the", it] if it == thing => Some(None),
            _ => None,
        });
        reading.next_back()
    }

    #[test]
    fn the_same_seed_tells_the_same_story() {
        assert_eq!(stories(20), stories(20));
    }

    #[test]
    fn the_vocabulary_is_what_stories_say() {
        let vocabulary = vocabulary();
        let known: BTreeSet<_> = vocabulary[2..].iter().copied().collect();
        let said: BTreeSet<_> = stories(4000).into_iter().flat_map(|it| it.words).collect();
        assert_eq!(vocabulary[..2], [BOS, UNK]);
        assert_eq!(known.len() + 2, vocabulary.len());
        assert!((400..=600).contains(&vocabulary.len()));
        assert_eq!(said, known);
    }

    #[test]
    fn stories_fit_the_context_and_cost_something() {
        for Story { words, nats, .. } in stories(N_STORIES) {
            assert!((1..=MAX_WORDS).contains(&words.len()));
            assert!(nats.is_finite() && nats > 0.0);
        }
    }

    #[test]
    fn most_stories_have_what_the_model_is_for() {
        let stories = stories(N_STORIES);
        let share = |fits: &dyn Fn(Phenomenon) -> bool| {
            let has = |it: &&Story| it.cases.iter().any(|case| fits(case.phenomenon));
            stories.iter().filter(has).count() as f64 / stories.len() as f64
        };
        for phenomenon in Phenomenon::ALL {
            assert!(share(&|it| it == phenomenon) > 0.3, "{}", phenomenon.name());
        }
        let main = [Phenomenon::Recall, Phenomenon::Induction, Phenomenon::IndirectObject];
        assert!(share(&|it| main.contains(&it)) > 0.8);
    }

    #[test]
    fn rivals_are_wrong_and_in_the_story() {
        let of_grammar = [Phenomenon::Pronoun, Phenomenon::Agreement];
        for Story { words, cases, .. } in stories(N_STORIES) {
            for Case { phenomenon, pos, rivals } in cases {
                assert!(!rivals.contains(&words[pos]));
                let is_in_story = rivals.iter().all(|it| words[..pos].contains(it));
                assert!(is_in_story || of_grammar.contains(&phenomenon), "{rivals:?} {words:?}");
            }
        }
    }

    #[test]
    fn things_are_where_the_text_has_put_them() {
        for (before, answer) in cases(Phenomenon::Recall) {
            assert_eq!(place_of_last_thing(&before), Some(answer), "{}", before.join(" "));
        }
        let is_place = |(_, answer): &(_, &str)| PLACES.contains(answer);
        for (before, answer) in cases(Phenomenon::Quote).into_iter().filter(is_place) {
            assert_eq!(place_of_last_thing(&before), Some(answer), "{}", before.join(" "));
        }
    }

    #[test]
    fn lists_are_repeated_word_by_word() {
        for (before, answer) in cases(Phenomenon::Induction) {
            let parting = if before.ends_with(&[","]) { 2 } else { 1 };
            let repeated = [&before[before.len() - parting..], &[answer]].concat();
            assert!(before.windows(parting + 1).any(|it| it == repeated), "{}", before.join(" "));
        }
    }

    #[test]
    fn givers_and_receivers_are_told_apart() {
        for (before, answer) in cases(Phenomenon::IndirectObject) {
            let names =
                before.iter().rev().copied().filter(|it| [WOMEN, MEN].concat().contains(it));
            let named: Vec<_> = names.take(3).collect();
            match before[..] {
                // The giver is named twice, the receiver once.
                [.., "gave" | "handed" | "offered", "the", _, "to"] => {
                    assert!(named[0] != answer && named[1..].contains(&answer));
                }
                [.., "thanked"] => assert_eq!(named[1], answer),
                [.., thing, "was", "now", "with"] | [.., thing, "now", "?"] => {
                    let holder = holder_of(thing, &before).unwrap();
                    assert!(holder.is_none_or(|it| it == answer), "{}", before.join(" "));
                }
                _ => panic!("{}", before.join(" ")),
            }
        }
    }

    #[test]
    fn verbs_agree_with_the_first_noun_of_the_sentence() {
        let nouns = [&THINGS[..], &FIXTURES].concat();
        for (before, answer) in cases(Phenomenon::Agreement) {
            let sentence = before.rsplit(|&it| it == ".").next().unwrap();
            let first = sentence.iter().find_map(|word| nouns.iter().find(|it| it.contains(word)));
            let is_several = sentence.contains(&first.unwrap()[1]);
            assert_eq!(VERBS.iter().any(|it| it[1] == answer), is_several, "{}", before.join(" "));
        }
    }

    #[test]
    fn pronouns_agree_with_somebody_near() {
        for (before, answer) in cases(Phenomenon::Pronoun) {
            let is_of_woman = PRONOUNS.iter().any(|it| it[1] == answer);
            let people =
                if is_of_woman { [&WOMEN[..], &["She", "she"]] } else { [&MEN[..], &["He", "he"]] };
            let near: Vec<_> = before.rsplitn(3, |&it| it == ".").take(2).flatten().collect();
            assert!(people.concat().iter().any(|it| near.contains(&it)), "{}", before.join(" "));
        }
    }

    #[test]
    fn quotes_are_whole_sentences() {
        let starts = ["the", "The", "I", "in", "In", "where", "Where"];
        for Story { words, .. } in stories(N_STORIES) {
            let parts: Vec<_> = words.split(|&it| it == "\"").collect();
            assert!(parts.len() % 2 == 1, "{words:?}");
            for quote in parts.iter().skip(1).step_by(2) {
                assert!(starts.contains(&quote[0]), "{quote:?}");
                assert!([".", ",", "?"].contains(quote.last().unwrap()), "{quote:?}");
            }
        }
    }

    #[test]
    fn prompts_have_known_words_and_right_answers() {
        let vocabulary = vocabulary();
        for (prompt, answer) in PROMPTS {
            for token in tokens(prompt).iter().map(String::as_str).chain([answer]) {
                assert!(vocabulary.contains(&token), "{token}");
            }
        }
        for (prompt, answer) in [PROMPTS[0], PROMPTS[5]] {
            let tokens = tokens(prompt);
            let words: Vec<&str> = tokens.iter().map(String::as_str).collect();
            assert_eq!(place_of_last_thing(&words), Some(answer));
        }
    }

    /// What makes `nats` exact: after the same words, two lines that read the same were chosen in
    /// the same way, and none goes on where another ends.
    #[test]
    fn a_text_can_be_told_in_one_way_only() {
        for n_before in 0..5 {
            let mut ways = BTreeMap::new();
            for seed in 0..N_LINES {
                let (words, choices, _) = one_more_line(n_before, seed);
                let known = ways.entry(words.join(" ") + " ").or_insert_with(|| choices.clone());
                assert_eq!(*known, choices);
            }
            assert!(ways.len() < N_LINES as usize * 9 / 10, "too few lines meet");
            for (text, next) in ways.keys().zip(ways.keys().skip(1)) {
                assert!(!next.starts_with(text), "{text}| {next}");
            }
        }
    }

    /// What makes a case one: wherever a line begins with the words before it, it goes on with it.
    #[test]
    fn the_word_of_a_case_is_the_only_one_that_can_follow() {
        for n_before in 0..5 {
            let mut nexts = BTreeMap::<_, BTreeSet<_>>::new();
            let mut asked = Vec::new();
            for seed in 0..N_LINES {
                let (words, _, cases) = one_more_line(n_before, seed);
                for (pos, &word) in words.iter().enumerate() {
                    nexts.entry(words[..pos].to_vec()).or_default().insert(word);
                }
                asked.extend(cases.into_iter().map(|pos| words[..pos].to_vec()));
            }
            for words in asked {
                assert_eq!(nexts[&words].len(), 1, "{words:?} {:?}", nexts[&words]);
            }
        }
    }

    /// Tells `n_before` lines, always the same, and one by `seed`: its words, the choices that made
    /// it, and where its cases are. Few words are drawn from, so that lines of two seeds meet.
    fn one_more_line(n_before: usize, seed: u64) -> (Vec<&'static str>, Vec<usize>, Vec<usize>) {
        let (rng, choices) = (Cell::new(None), RefCell::new(Vec::new()));
        let mut rng_before = ChaCha8Rng::seed_from_u64(SEED + n_before as u64);
        let mut dice = |weights: &[f64]| {
            let is_draw = weights.len() > 3 && weights.iter().all(|&it| it == weights[0]);
            let weights = if is_draw { &weights[..2] } else { weights };
            let Some(mut rng_after) = rng.take() else {
                return weighted_index(&mut rng_before, weights);
            };
            let choice = weighted_index(&mut rng_after, weights);
            rng.set(Some(rng_after));
            choices.borrow_mut().push(choice);
            choice
        };
        let mut draft = Draft::new(&mut dice);
        (0..n_before).for_each(|_| tell_line(&mut draft));
        let (n_words, n_cases) = (draft.words.len(), draft.cases.len());
        rng.set(Some(ChaCha8Rng::seed_from_u64(seed)));
        tell_line(&mut draft);
        let (words, cases) = (draft.words.split_off(n_words), draft.cases.split_off(n_cases));
        assert!(words.len() <= MAX_LINE);
        (words, choices.into_inner(), cases.iter().map(|it| it.pos - n_words).collect())
    }
}
