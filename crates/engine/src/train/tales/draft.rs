//! A story while it is being told: its words, what is true in it, and the chance it has used up.

use std::collections::BTreeMap;

use super::line::Roles;
use super::words::{MEN, PLACES, THINGS, WOMEN, Word};
use super::{Case, Phenomenon};

/// Where a thing is.
#[derive(Clone, Copy)]
pub(super) enum Spot {
    /// In a place; `told` where only somebody's words say so.
    In { place: Word, told: bool },
    /// With a person.
    With(Word),
}

/// What a story names and may name again.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Person,
    Thing,
    Place,
}

impl Kind {
    fn all(self) -> Vec<Word> {
        match self {
            Kind::Person => [WOMEN, MEN].concat(),
            Kind::Thing => THINGS.map(|[one, _]| one).to_vec(),
            Kind::Place => PLACES.to_vec(),
        }
    }

    /// How likely the next one is new, where the story knows `n_known` that would do.
    fn newness(self, n_known: usize) -> f64 {
        let odds = match self {
            Kind::Person => [1.0, 0.7, 0.35, 0.15, 0.07],
            Kind::Thing => [1.0, 0.8, 0.6, 0.4, 0.25],
            Kind::Place => [1.0, 0.85, 0.65, 0.4, 0.2],
        };
        odds[n_known.min(odds.len() - 1)]
    }
}

/// A story while it is being told.
pub(super) struct Draft<'a> {
    /// Given weights, says which. The only source of chance.
    dice: &'a mut dyn FnMut(&[f64]) -> usize,
    pub(super) nats: f64,
    pub(super) words: Vec<Word>,
    pub(super) cases: Vec<Case>,
    /// What has been named, by [`Kind`], the latest last.
    known: [Vec<Word>; 3],
    pub(super) spots: BTreeMap<Word, Spot>,
    /// The latest list, and whether commas part it.
    pub(super) list: (Vec<Word>, bool),
    /// Who spoke last, until the story has asked.
    pub(super) speaker: Option<Word>,
    /// Who and what the line being told is about.
    pub(super) roles: Roles,
}

impl<'a> Draft<'a> {
    /// A story without words, which takes its chances from `dice`.
    pub(super) fn new(dice: &'a mut dyn FnMut(&[f64]) -> usize) -> Self {
        Self {
            dice,
            nats: 0.0,
            words: Vec::new(),
            cases: Vec::new(),
            known: [const { Vec::new() }; 3],
            spots: BTreeMap::new(),
            list: (Vec::new(), true),
            speaker: None,
            roles: Roles::default(),
        }
    }

    /// The index of one of `weights`. Every choice of the grammar is made here and is paid here.
    pub(super) fn choose(&mut self, weights: &[f64]) -> usize {
        if weights.len() == 1 {
            return 0;
        }
        let chosen = (self.dice)(weights);
        self.nats -= (weights[chosen] / weights.iter().sum::<f64>()).ln();
        chosen
    }

    /// One of `options`, all as likely.
    pub(super) fn pick<T: Copy>(&mut self, options: &[T]) -> T {
        options[self.choose(&vec![1.0; options.len()])]
    }

    /// One that the story knows or a new one, and none of `barred`.
    pub(super) fn draw(&mut self, kind: Kind, barred: &[Word]) -> Word {
        let known = &self.known[kind as usize];
        let fresh: Vec<Word> = kind
            .all()
            .into_iter()
            .filter(|it| !known.contains(it) && !barred.contains(it))
            .collect();
        let known: Vec<Word> = known.iter().copied().filter(|it| !barred.contains(it)).collect();
        let newness = kind.newness(known.len());
        let is_new = known.is_empty() || self.choose(&[1.0 - newness, newness]) == 1;
        self.pick(if is_new { &fresh } else { &known })
    }

    /// Says one word.
    pub(super) fn say(&mut self, word: Word) {
        self.words.push(word);
    }

    /// Says a word of `kind`, which the story knows from now on.
    pub(super) fn name(&mut self, kind: Kind, word: Word) {
        let known = &mut self.known[kind as usize];
        known.retain(|&it| it != word);
        known.push(word);
        self.say(word);
    }

    /// Notes that `word`, said next, follows from the words before it; `rivals` may hold it.
    pub(super) fn expect(&mut self, phenomenon: Phenomenon, word: Word, rivals: &[Word]) {
        let rivals = rivals.iter().copied().filter(|&it| it != word).collect();
        self.cases.push(Case { phenomenon, pos: self.words.len(), rivals });
    }

    /// Says a word of `kind` that follows; its rivals are the others, the latest named first.
    pub(super) fn answer(&mut self, phenomenon: Phenomenon, kind: Kind, word: Word) {
        let rivals: Vec<Word> = self.known[kind as usize].iter().rev().copied().collect();
        self.expect(phenomenon, word, &rivals);
        self.name(kind, word);
    }

    /// The person named last.
    pub(super) fn last_person(&self) -> Option<Word> {
        self.known[Kind::Person as usize].last().copied()
    }

    /// The things that lie in a place.
    pub(super) fn placed(&self) -> Vec<Word> {
        self.things(|spot| matches!(spot, Spot::In { .. }))
    }

    /// The things that somebody has.
    pub(super) fn held(&self) -> Vec<Word> {
        self.things(|spot| matches!(spot, Spot::With(_)))
    }

    /// The things whose spot `fits`.
    pub(super) fn things(&self, fits: impl Fn(Spot) -> bool) -> Vec<Word> {
        self.spots.iter().filter(|&(_, &spot)| fits(spot)).map(|(&thing, _)| thing).collect()
    }
}
