//! How a line of the grammar becomes words.
//!
//! A line is a text of tokens. Most stand for themselves; `a|b_c` is `a` or `b c`; `$` fills in a
//! role, and `*` does so where a reader of the words before can know it, which makes it a [`Case`].
//!
//! | token | gives |
//! |---|---|
//! | `$S` | an opener or none, then person A or a pronoun for the person named last |
//! | `$A` `$B` | a person; another person |
//! | `$G`, `*R` | the giver, A or B; the other of the two |
//! | `$O`, `$a` | a thing; its article |
//! | `$P`, `*P` | a place; the place where the thing is |
//! | `$H`, `*H` | the person who has the thing |
//! | `*A`, `*Q` | person A; the person who spoke last |
//! | `*he.A` | a pronoun for A; so with `He`, `him`, `his`, and B |
//! | `*"` | the end of what somebody says |
//! | `$N`, `*is` | a noun, one or several; the verb for the first; so with `was`, `has` |
//! | `$C`, `$F` | a colour or another state of a noun; how a person feels |
//! | `$list`, `*list` | a verb and a new list; the latest list |
//!
//! [`Case`]: super::Case

use super::Phenomenon::{Agreement, IndirectObject, Induction, Pronoun, Quote, Recall};
use super::draft::{Draft, Kind, Spot};
use super::words::{
    COLOURS, FEELINGS, FIXTURES, MEN, NUMBERS, OPENERS, PRONOUNS, STATES, SYLLABLES, THINGS, VERBS,
    WOMEN, Word, article, is_woman,
};

/// A sentence of the grammar, or a few that belong together.
pub(super) struct Line {
    pub(super) weight: f64,
    pub(super) need: Need,
    pub(super) then: Then,
    pub(super) text: &'static str,
}

/// What a story must have for a line to be told, and so which thing the line is about.
#[derive(Clone, Copy, Default)]
pub(super) enum Need {
    /// Nothing; any thing will do that nobody but A has.
    #[default]
    Any,
    /// Nothing; the thing is nowhere yet.
    Loose,
    /// A thing in a place.
    Placed,
    /// A thing that somebody has.
    Held,
    /// A list.
    List,
    /// Somebody who spoke.
    Speaker,
}

/// What is true after a line.
#[derive(Clone, Copy)]
pub(super) enum Then {
    Nothing,
    /// The thing is in the place.
    Lies,
    /// A said that the thing is in the place, and it is.
    Told,
    /// A has the thing.
    WithA,
    /// B has the thing.
    WithB,
    /// The one of A and B who is not the giver has the thing.
    WithReceiver,
    /// A spoke.
    SaidA,
    /// B spoke.
    SaidB,
}

/// Who and what a line is about; each is drawn when the line first mentions it.
#[derive(Default)]
pub(super) struct Roles {
    need: Need,
    a: Option<Word>,
    b: Option<Word>,
    giver: Option<Word>,
    thing: Option<Word>,
    place: Option<Word>,
    nouns: Vec<[Word; 2]>,
    is_several: bool,
}

/// What a list can be of.
pub(super) struct Listing {
    pub(super) verb: Word,
    items: fn() -> Vec<Word>,
    has_commas: bool,
    weight: f64,
}

const fn listing(verb: Word, items: fn() -> Vec<Word>, has_commas: bool, weight: f64) -> Listing {
    Listing { verb, items, has_commas, weight }
}

/// All that is listed.
pub(super) const LISTINGS: [Listing; 5] = [
    listing("counted", || THINGS.map(|[one, _]| one).to_vec(), true, 0.3),
    listing("called", || [WOMEN, MEN].concat(), true, 0.2),
    listing("sang", || SYLLABLES.to_vec(), false, 0.25),
    listing("painted", || COLOURS.to_vec(), true, 0.1),
    listing("rolled", || NUMBERS.to_vec(), true, 0.15),
];

/// How long a list may be, with weights.
const LENGTHS: [(usize, f64); 4] = [(3, 0.3), (4, 0.3), (5, 0.25), (6, 0.15)];

/// How likely a subject is a pronoun, where somebody has been named.
const PRONOUN_SUBJECT: f64 = 0.12;

impl Draft<'_> {
    /// Whether the story has what a line needs.
    pub(super) fn has(&self, need: Need) -> bool {
        match need {
            Need::Any | Need::Loose => true,
            Need::Placed => !self.placed().is_empty(),
            Need::Held => !self.held().is_empty(),
            Need::List => !self.list.0.is_empty(),
            Need::Speaker => self.speaker.is_some(),
        }
    }

    /// Says the words of `line`, and makes true what it says.
    pub(super) fn tell(&mut self, line: &Line) {
        self.roles = Roles { need: line.need, ..Roles::default() };
        for token in line.text.split(' ') {
            match (token.strip_prefix('$'), token.strip_prefix('*')) {
                (Some(slot), _) => self.fill(slot),
                (_, Some(slot)) => self.ask(slot),
                _ => self.say_one_of(token),
            }
        }
        self.conclude(line.then);
    }

    fn say_one_of(&mut self, token: Word) {
        let options: Vec<Word> = token.split('|').collect();
        let phrase = self.pick(&options);
        phrase.split('_').for_each(|word| self.say(word));
    }

    fn fill(&mut self, slot: Word) {
        let (kind, word) = match slot {
            "S" => return self.say_subject(),
            "N" => return self.say_noun(),
            "C" => {
                let state = self.pick(&[&COLOURS[..], &STATES].concat());
                return self.say(state);
            }
            "F" => {
                let feeling = self.pick(&FEELINGS);
                return self.say(feeling);
            }
            "list" => return self.say_list(),
            "a" => {
                let thing = self.thing();
                return self.say(article(thing));
            }
            "A" | "B" | "G" | "H" => (Kind::Person, self.person(slot)),
            "O" => (Kind::Thing, self.thing()),
            "P" => (Kind::Place, self.place()),
            _ => unreachable!("a line has the slot ${slot}"),
        };
        self.name(kind, word);
    }

    fn ask(&mut self, slot: Word) {
        match slot {
            "A" | "R" | "H" => {
                let person = self.person(slot);
                self.answer(IndirectObject, Kind::Person, person);
            }
            "Q" => {
                let speaker = self.speaker.take().expect("the line needs a speaker");
                self.answer(Quote, Kind::Person, speaker);
            }
            "P" => {
                let thing = self.thing();
                let Some(&Spot::In { place, told }) = self.spots.get(thing) else {
                    unreachable!("the line needs a placed thing")
                };
                self.answer(if told { Quote } else { Recall }, Kind::Place, place);
            }
            "\"" => {
                self.expect(Quote, "\"", &[]);
                self.say("\"");
            }
            "list" => self.repeat_list(),
            _ => self.inflect(slot),
        }
    }

    /// Says a pronoun for a person of the line or a verb for its first noun.
    fn inflect(&mut self, slot: Word) {
        let (form, person) = slot.split_once('.').unwrap_or((slot, ""));
        let (phenomenon, table, is_second) = if person.is_empty() {
            (Agreement, &VERBS[..], self.roles.is_several)
        } else {
            (Pronoun, &PRONOUNS[..], is_woman(self.person(person)))
        };
        let forms = table.iter().find(|it| it[0] == form).expect("lines use forms of the tables");
        let word = forms[usize::from(is_second)];
        self.expect(phenomenon, word, forms);
        self.say(word);
    }

    fn say_subject(&mut self) {
        let n_words = self.words.len();
        if n_words > 0 {
            let (opener, _) = OPENERS[self.choose(&OPENERS.map(|(_, weight)| weight))];
            opener.split('_').filter(|it| !it.is_empty()).for_each(|word| self.say(word));
        }
        match self.last_person() {
            Some(last) if self.choose(&[1.0 - PRONOUN_SUBJECT, PRONOUN_SUBJECT]) == 1 => {
                // The first form stands after an opener, the second begins a sentence.
                let forms = PRONOUNS[usize::from(self.words.len() == n_words)];
                self.roles.a = Some(last);
                self.say(forms[usize::from(is_woman(last))]);
            }
            _ => self.fill("A"),
        }
    }

    fn say_noun(&mut self) {
        let nouns = &self.roles.nouns;
        let options: Vec<_> =
            THINGS.iter().chain(&FIXTURES).filter(|it| !nouns.contains(it)).copied().collect();
        let noun = self.pick(&options);
        let is_several = self.choose(&[1.0, 1.0]) == 1;
        if self.roles.nouns.is_empty() {
            self.roles.is_several = is_several;
        }
        self.roles.nouns.push(noun);
        self.say(noun[usize::from(is_several)]);
    }

    fn say_list(&mut self) {
        let listing = &LISTINGS[self.choose(&LISTINGS.map(|it| it.weight))];
        let (n_items, _) = LENGTHS[self.choose(&LENGTHS.map(|(_, weight)| weight))];
        self.say(listing.verb);
        self.say(":");
        let (mut left, mut items) = ((listing.items)(), Vec::new());
        for slot in 0..n_items {
            if slot > 0 && listing.has_commas {
                self.say(",");
            }
            let item = self.pick(&left);
            left.retain(|&it| it != item);
            items.push(item);
            self.say(item);
        }
        self.list = (items, listing.has_commas);
    }

    /// Says the list again; every item but the first is a case.
    fn repeat_list(&mut self) {
        let (items, has_commas) = self.list.clone();
        self.say(items[0]);
        for &item in &items[1..] {
            if has_commas {
                self.say(",");
            }
            self.expect(Induction, item, &items);
            self.say(item);
        }
    }

    fn person(&mut self, slot: &str) -> Word {
        let (role, barred) = match slot {
            "A" => (self.roles.a, self.roles.b),
            "B" => (self.roles.b, self.roles.a),
            "G" | "R" => return self.party(slot == "G"),
            "H" => {
                let thing = self.thing();
                let Some(&Spot::With(holder)) = self.spots.get(thing) else {
                    unreachable!("the line needs a held thing")
                };
                self.roles.a = Some(holder);
                return holder;
            }
            _ => unreachable!("a line has the person {slot}"),
        };
        let person = role.unwrap_or_else(|| self.draw(Kind::Person, barred.as_slice()));
        *(if slot == "A" { &mut self.roles.a } else { &mut self.roles.b }) = Some(person);
        person
    }

    /// The giver, or the one of A and B who is not.
    fn party(&mut self, is_giver: bool) -> Word {
        let pair = ["A", "B"].map(|slot| self.person(slot));
        let giver = self.roles.giver.unwrap_or_else(|| self.pick(&pair));
        self.roles.giver = Some(giver);
        if (pair[0] == giver) == is_giver { pair[0] } else { pair[1] }
    }

    fn thing(&mut self) -> Word {
        if let Some(thing) = self.roles.thing {
            return thing;
        }
        let (a, here) = (self.roles.a, self.roles.place);
        let thing = match self.roles.need {
            Need::Placed => self.pick(&self.placed()),
            Need::Held => self.pick(&self.held()),
            Need::Loose => self.draw(Kind::Thing, &self.things(|_| true)),
            Need::Any | Need::List | Need::Speaker => {
                let barred = self.things(|spot| match spot {
                    Spot::In { place, .. } => Some(place) == here,
                    Spot::With(person) => Some(person) != a,
                });
                self.draw(Kind::Thing, &barred)
            }
        };
        self.roles.thing = Some(thing);
        thing
    }

    fn place(&mut self) -> Word {
        if let Some(place) = self.roles.place {
            return place;
        }
        let barred = match self.roles.thing.and_then(|thing| self.spots.get(thing)) {
            Some(&Spot::In { place, .. }) => vec![place],
            _ => Vec::new(),
        };
        let place = self.draw(Kind::Place, &barred);
        self.roles.place = Some(place);
        place
    }

    fn conclude(&mut self, then: Then) {
        let speaker = match then {
            Then::Told | Then::SaidA => Some(self.person("A")),
            Then::SaidB => Some(self.person("B")),
            _ => None,
        };
        self.speaker = speaker.or(self.speaker);
        let spot = match then {
            Then::Lies => Spot::In { place: self.place(), told: false },
            Then::Told => Spot::In { place: self.place(), told: true },
            Then::WithA => Spot::With(self.person("A")),
            Then::WithB => Spot::With(self.person("B")),
            Then::WithReceiver => Spot::With(self.person("R")),
            Then::Nothing | Then::SaidA | Then::SaidB => return,
        };
        let thing = self.thing();
        self.spots.insert(thing, spot);
    }
}
