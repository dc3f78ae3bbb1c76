//! Programs as text, for links and for writing by hand.
//!
//! One intervention after another, parted by `;`, each `where op source`; a leading `~` switches it
//! off. Text in quotes may hold anything; `\` stands before a quote or another `\` there.
//!
//! ```text
//! head.2.1 scale 0                            ablate head 1 of layer 2
//! ~mlp.3 set mean                             off: the MLP of layer 3 says its mean
//! write.0.3@7 scale 0                         head 3 of layer 0 skips token 7
//! blocks.2.resid_post@last add 4 token(barn)-token(garden)
//! blocks.*.attn.pattern freeze                patterns stay those of the unchanged run
//! blocks.1.attn.pattern:0,2@5-8 set previous  two heads read the token before
//! blocks.2#2.resid_pre set run("Tom looked")  second pass; another prompt's value
//! blocks.3.resid_post@9 set fact(belief:0.1,0.2,0.7)  what a probe reads there becomes this
//! ```
//!
//! where: `SITE[:heads][@positions]`, or `head.L.H`, `heads.L`, `mlp.L`, `layer.L`, `write.L.H`,
//! `state.L.H`, `carry.L.H`, a pass as `L#2` or `L#*`; positions as `4`, `2-5`, `6-`, `last`.
//! op: `scale F`, `set [F] SOURCE`, `freeze [F]`, `add F SOURCE`, `project-out [F] SOURCE`,
//! `clamp LOW HIGH [along SOURCE]`, `hide KEYS`.
//! source: `zero`, `mean`, `unchanged`, `run("…")`, `token(…)`, `token(…)-token(…)`, `axis(1)`,
//! `fact(NAME:F,F,…)`, and of patterns `uniform`, `first`, `self`, `previous`, `key(3)`.

use std::str::FromStr;

use super::{
    Component, Intervention, Op, Passes, Place, Row, Source, Span, Target, TextError, TextProblem,
};
use crate::{Site, SitePattern};

/// The version of this text form. One other than 1 stands first, as `v2;`.
pub const PROGRAM_VERSION: u32 = 1;

/// Largest number in a text.
pub(super) const MOST: usize = 1_000_000;

/// Most blocks that an order may name.
pub const MOST_BLOCKS: usize = 64;

use TextProblem::{
    Backwards, Empty, Newer, NoNumber, NoOp, NoSource, NotCount, NotNumber, OpenQuote,
    TooManyBlocks, TooMuch, UnknownOp, UnknownSite, UnknownSource,
};

/// The interventions of a text, and an error for each that could not be read.
pub fn read_program(text: &str) -> (Vec<Intervention>, Vec<TextError>) {
    let (mut found, mut errors) = (Vec::new(), Vec::new());
    for (place, piece) in pieces(text).into_iter().enumerate() {
        let version = piece.strip_prefix('v').and_then(|it| it.parse::<u32>().ok());
        match version {
            Some(version) if place == 0 && version <= PROGRAM_VERSION => continue,
            Some(version) if place == 0 => {
                errors.push(TextError { text: piece.to_owned(), problem: Newer(version) });
                continue;
            }
            _ => {}
        }
        match piece.parse() {
            Ok(intervention) => found.push(intervention),
            Err(error) => errors.push(error),
        }
    }
    (found, errors)
}

/// An order of blocks: `0,1,2,2,3`.
///
/// # Errors
/// [`TextError`] where it names no blocks, too many, or something that is not a number.
pub fn read_blocks(text: &str) -> Result<Vec<usize>, TextError> {
    let told = |problem: TextProblem| TextError { text: text.to_owned(), problem };
    if text.trim().is_empty() {
        return Err(told(Empty));
    }
    let blocks: Vec<usize> =
        text.split(',').map(|it| count(it.trim())).collect::<Result<_, _>>().map_err(told)?;
    if MOST_BLOCKS < blocks.len() { Err(told(TooManyBlocks)) } else { Ok(blocks) }
}

/// The interventions of links from before there were programs: `head.2.1-step.0.3.7`.
///
/// `head.L.H[.P]` ablates a head, `step.L.H.P` skips a token, `state.L.H.P` forgets what came before.
///
/// # Errors
/// [`TextError`] for the first that is none of these.
pub fn read_cuts(text: &str) -> Result<Vec<Intervention>, TextError> {
    let told = |piece: &str| TextError { text: piece.to_owned(), problem: TextProblem::OldCut };
    text.split('-').map(|it| read_cut(it).ok_or_else(|| told(it))).collect()
}

fn read_cut(text: &str) -> Option<Intervention> {
    let mut parts = text.split('.');
    let component = match parts.next()? {
        "head" => Component::Head,
        "step" => Component::Write,
        "state" => Component::Carry,
        _ => return None,
    };
    let numbers = parts.map(|it| count(it).ok()).collect::<Option<Vec<usize>>>()?;
    let (layer, head, pos) = match numbers[..] {
        [layer, head] if component == Component::Head => (layer, head, None),
        [layer, head, pos] => (layer, head, Some(pos)),
        _ => return None,
    };
    let place = Place::all(Target::part(component, layer, Some(head)));
    let place = match pos {
        Some(pos) => place.at(pos),
        None => place,
    };
    Some(Intervention::new(place, Op::Scale { factor: 0.0 }))
}

/// What stands between semicolons outside of quotes.
fn pieces(text: &str) -> Vec<&str> {
    let (mut found, mut start, mut quote) = (Vec::new(), 0, Quote::default());
    for (at, letter) in text.char_indices() {
        if !quote.passes(letter) && letter == ';' {
            found.push(&text[start..at]);
            start = at + 1;
        }
    }
    found.push(&text[start..]);
    found.into_iter().map(str::trim).filter(|it| !it.is_empty()).collect()
}

/// Whether letters that go by stand in quotes.
#[derive(Default)]
struct Quote {
    is_open: bool,
    is_escaped: bool,
}

impl Quote {
    /// Takes the next letter; says whether it is quoted.
    fn passes(&mut self, letter: char) -> bool {
        let was_open = self.is_open;
        match letter {
            _ if self.is_escaped => self.is_escaped = false,
            '\\' if self.is_open => self.is_escaped = true,
            '"' => self.is_open = !self.is_open,
            _ => {}
        }
        was_open
    }
}

impl FromStr for Intervention {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        read(text).map_err(|problem| TextError { text: text.to_owned(), problem })
    }
}

fn read(text: &str) -> Result<Intervention, TextProblem> {
    let text = text.trim();
    let (is_on, text) = match text.strip_prefix('~') {
        Some(rest) => (false, rest.trim_start()),
        None => (true, text),
    };
    let mut rest = Rest(text);
    let place = rest.word().ok_or(Empty)?;
    let place = read_place(place)?;
    let op = rest.op()?;
    match rest.0.trim() {
        "" => Ok(Intervention { is_on, place, op }),
        more => Err(TooMuch(more.to_owned())),
    }
}

fn read_place(text: &str) -> Result<Place, TextProblem> {
    let (text, positions) = match text.split_once('@') {
        Some((before, spans)) => (before, read_spans(spans)?),
        None => (text, Vec::new()),
    };
    let (name, heads) = match text.split_once(':') {
        Some((name, heads)) => {
            (name, heads.split(',').map(count).collect::<Result<Vec<usize>, _>>()?)
        }
        None => (text, Vec::new()),
    };
    let target = read_target(name)?;
    if !heads.is_empty() && matches!(target, Target::Part { .. }) {
        return Err(TextProblem::Place(name.to_owned(), "no heads after a colon"));
    }
    Ok(Place { target, heads, positions })
}

fn read_target(name: &str) -> Result<Target, TextProblem> {
    let first = name.split('.').next().unwrap_or_default();
    let Some(&(component, _)) = Component::ALL.iter().find(|row| row.1 == first) else {
        return read_sites(name);
    };
    let mut parts = name.split('.').skip(1);
    let wanted = |what| TextProblem::Place(name.to_owned(), what);
    let layer = parts.next().ok_or_else(|| wanted("the number of a layer"))?;
    let (layer, pass) = match layer.split_once('#') {
        None => (layer, Passes::One(0)),
        Some((layer, "*")) => (layer, Passes::All),
        Some((layer, nth)) => {
            let nth = count(nth)?.checked_sub(1);
            (layer, Passes::One(nth.ok_or_else(|| wanted("a pass counted from 1"))?))
        }
    };
    let layer = count(layer)?;
    let head = match (component.has_head(), parts.next()) {
        (true, Some(head)) => Some(count(head)?),
        (true, None) => return Err(wanted("the number of a head after that of the layer")),
        (false, Some(_)) => return Err(wanted("no number after that of the layer")),
        (false, None) => None,
    };
    match parts.next() {
        Some(_) => Err(wanted("two numbers at most")),
        None => Ok(Target::Part { component, layer, pass, head }),
    }
}

fn read_sites(name: &str) -> Result<Target, TextProblem> {
    let pattern = SitePattern::from(name);
    let is_known = if name.contains('*') {
        Site::all(MOST_BLOCKS).into_iter().any(|it| pattern.matches(it))
    } else {
        name.parse::<Site>().is_ok()
    };
    if is_known { Ok(Target::Sites(pattern)) } else { Err(UnknownSite(name.to_owned())) }
}

fn read_spans(text: &str) -> Result<Vec<Span>, TextProblem> {
    text.split(',').map(read_span).collect()
}

fn read_span(text: &str) -> Result<Span, TextProblem> {
    if text == "last" {
        return Ok(Span::Last);
    }
    match text.split_once('-') {
        None => Ok(Span::One(count(text)?)),
        Some((from, "")) => Ok(Span::From(count(from)?)),
        Some((from, to)) => {
            let (from, to) = (count(from)?, count(to)?);
            if from <= to { Ok(Span::Through(from, to)) } else { Err(Backwards(text.to_owned())) }
        }
    }
}

fn count(text: &str) -> Result<usize, TextProblem> {
    let is_plain = text.bytes().all(|it| it.is_ascii_digit());
    let number = if is_plain { text.parse().ok() } else { None };
    number.filter(|it| *it <= MOST).ok_or_else(|| NotCount(text.to_owned()))
}

/// What has not been read yet.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    /// The text up to the next space.
    fn word(&mut self) -> Option<&'a str> {
        let text = self.0.trim_start();
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        self.0 = rest;
        (!word.is_empty()).then_some(word)
    }

    fn number(&mut self) -> Result<f32, TextProblem> {
        let word = self.word().ok_or(NoNumber)?;
        let number = word.parse().ok().filter(|it: &f32| it.is_finite());
        number.ok_or_else(|| NotNumber(word.to_owned()))
    }

    /// The number that stands next, or 1 where a word does.
    fn strength(&mut self) -> Result<f32, TextProblem> {
        let begins = self.0.trim_start().chars().next();
        let is_number = begins.is_some_and(|it| it.is_ascii_digit() || "+-.".contains(it));
        if is_number { self.number() } else { Ok(1.0) }
    }

    fn op(&mut self) -> Result<Op, TextProblem> {
        match self.word().ok_or(NoOp)? {
            "scale" => Ok(Op::Scale { factor: self.number()? }),
            "set" => Ok(Op::Set { strength: self.strength()?, source: self.source()? }),
            "freeze" => Ok(Op::Set { strength: self.strength()?, source: Source::Unchanged }),
            "add" => Ok(Op::Add { strength: self.strength()?, source: self.source()? }),
            "project-out" => {
                Ok(Op::ProjectOut { strength: self.strength()?, source: self.source()? })
            }
            "clamp" => {
                let (low, high) = (self.number()?, self.number()?);
                let along = match self.word() {
                    None => None,
                    Some("along") => Some(self.source()?),
                    Some(more) => return Err(TooMuch(more.to_owned())),
                };
                Ok(Op::Clamp { low, high, along })
            }
            "hide" => Ok(Op::Hide { keys: read_spans(self.word().ok_or(NoNumber)?)? }),
            other => Err(UnknownOp(other.to_owned())),
        }
    }

    fn source(&mut self) -> Result<Source, TextProblem> {
        let text = self.0.trim_start();
        let is_name = |it: char| it.is_ascii_alphanumeric() || it == '-';
        let end = text.find(|it| !is_name(it)).unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        self.0 = rest;
        match name {
            "" if rest.is_empty() => Err(NoSource),
            "zero" => Ok(Source::Zero),
            "mean" => Ok(Source::Mean),
            "unchanged" => Ok(Source::Unchanged),
            "uniform" => Ok(Source::Row(Row::Uniform)),
            "first" => Ok(Source::Row(Row::First)),
            "self" => Ok(Source::Row(Row::Own)),
            "previous" => Ok(Source::Row(Row::Previous)),
            "key" => Ok(Source::Row(Row::Key(count(&self.argument(name)?)?))),
            "axis" => Ok(Source::Axis { number: count(&self.argument(name)?)? }),
            "run" => Ok(Source::Run { prompt: self.argument(name)? }),
            "token" => self.tokens(),
            "fact" => read_fact(&self.argument(name)?),
            _ => Err(UnknownSource(text.split_whitespace().next().unwrap_or(text).to_owned())),
        }
    }

    /// One token, or the difference of two; the first `token` has been read.
    fn tokens(&mut self) -> Result<Source, TextProblem> {
        let a = self.argument("token")?;
        let Some(second) = self.0.trim_start().strip_prefix('-') else {
            return Ok(Source::Token { token: a });
        };
        let second = second.trim_start();
        let rest = second.strip_prefix("token");
        self.0 = rest.ok_or_else(|| UnknownSource(second.to_owned()))?;
        Ok(Source::Difference { a, b: self.argument("token")? })
    }

    /// What stands in brackets, in quotes or without.
    fn argument(&mut self, name: &str) -> Result<String, TextProblem> {
        let lacking = || UnknownSource(name.to_owned());
        let text = self.0.strip_prefix('(').ok_or_else(lacking)?;
        let Some(quoted) = text.strip_prefix('"') else {
            let (inner, rest) = text.split_once(')').ok_or_else(lacking)?;
            self.0 = rest;
            let is_bare = !inner.is_empty() && inner.chars().all(is_bare);
            return if is_bare { Ok(inner.to_owned()) } else { Err(lacking()) };
        };
        let (mut found, mut is_escaped) = (String::new(), false);
        for (at, letter) in quoted.char_indices() {
            match letter {
                _ if is_escaped => {
                    found.push(letter);
                    is_escaped = false;
                }
                '\\' => is_escaped = true,
                '"' => {
                    self.0 = quoted[at + 1..].strip_prefix(')').ok_or_else(lacking)?;
                    return Ok(found);
                }
                _ => found.push(letter),
            }
        }
        Err(OpenQuote)
    }
}

/// A fact and its value: `belief:0.1,0.2,0.7`.
fn read_fact(text: &str) -> Result<Source, TextProblem> {
    let (fact, value) = text.rsplit_once(':').ok_or(NoNumber)?;
    let number = |word: &str| {
        let number = word.trim().parse().ok().filter(|it: &f32| it.is_finite());
        number.ok_or_else(|| NotNumber(word.to_owned()))
    };
    let value = value.split(',').map(number).collect::<Result<Vec<f32>, _>>()?;
    Ok(Source::Fact { fact: fact.to_owned(), value })
}

/// Whether a letter needs no quotes.
pub(super) fn is_bare(letter: char) -> bool {
    !letter.is_whitespace() && !"\"\\();".contains(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One of each form, as it is written.
    const EACH: [&str; 28] = [
        "head.2.1 scale 0",
        "~mlp.3 set mean",
        "heads.0#2 set 0.5 zero",
        "layer.1#* scale -0.25",
        "write.0.3@7 scale 0",
        "state.1.0@2,4-6,9-,last set mean",
        "carry.1.0@0 scale 0",
        "blocks.2.resid_post@last add 4 token(barn)-token(garden)",
        "blocks.2.resid_post add -1.5 token(barn)",
        "blocks.2.resid_mid project-out axis(1)",
        "blocks.2.resid_mid project-out 0.5 token(\"a b\")",
        "blocks.*.attn.pattern freeze",
        "blocks.0.attn.pattern:1 freeze 0.5",
        "blocks.1.attn.pattern:0,2@5-8 set previous",
        "blocks.1.attn.pattern set uniform",
        "blocks.1.attn.pattern set first",
        "blocks.1.attn.pattern set 0.75 self",
        "blocks.1.attn.pattern@4 set key(2)",
        "blocks.1.attn.pattern hide 0,3-5",
        "blocks.2#2.resid_pre set run(\"Tom; \\\"looked\\\" \\\\ at\")",
        "blocks.2#*.attn.z:3 set mean",
        "blocks.0.mlp.act clamp -1 1",
        "blocks.0.resid_post clamp 2 2 along token(<bos>)",
        "embed scale 2",
        "final_norm add 1 axis(2)",
        "logits add 1e-7 run(\"\")",
        "blocks.3.resid_post@9 set fact(belief:0.1,0.2,0.7)",
        "blocks.3.resid_post set 0.5 fact(\"next word:-1\")",
    ];

    #[test]
    fn what_is_written_is_read() {
        for text in EACH {
            let read: Intervention = text.parse().unwrap();
            assert_eq!(read.to_string().parse::<Intervention>().as_ref(), Ok(&read), "{text}");
            let is_small = text.contains("1e-7");
            assert!(is_small || read.to_string() == text, "{read}");
        }
        let (all, errors) = read_program(&EACH.join(";"));
        assert_eq!((all.len(), errors), (EACH.len(), Vec::new()));
        assert!(!all[1].is_on && all[0].is_on);
    }

    #[test]
    fn a_hand_may_write_it_otherwise() {
        let same = [
            ("  ~  mlp.3   set  1  mean ", "~mlp.3 set mean"),
            ("head.2#1.1 scale .50", "head.2.1 scale 0.5"),
            ("blocks.2#1.attn.z scale +1", "blocks.2.attn.z scale 1"),
            ("mlp.0 set unchanged", "mlp.0 freeze"),
            (
                "embed add token(\"barn\") - token(\"garden\")",
                "embed add 1 token(barn)-token(garden)",
            ),
            ("embed set fact(\"belief: 1, 0\")", "embed set fact(belief:1,0)"),
        ];
        for (by_hand, written) in same {
            assert_eq!(by_hand.parse::<Intervention>().unwrap().to_string(), written);
        }
        let (found, errors) = read_program("v1; ;mlp.0 scale 0;;");
        assert_eq!((found.len(), errors.len()), (1, 0));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let cases = [
            ("mlp.0", "what is to be done is missing"),
            ("~", "it says nothing"),
            ("mlp.0 break", "“break” is no op"),
            ("mlp.0 scale", "a number is missing"),
            ("mlp.0 scale much", "“much” is no finite number"),
            ("mlp.0 scale NaN", "no finite number"),
            ("mlp.0 scale inf", "no finite number"),
            ("mlp.0 scale 1 2", "“2” is too much"),
            ("mlp scale 0", "wants the number of a layer"),
            ("mlp.0.1 scale 0", "wants no number after that of the layer"),
            ("head.0 scale 0", "wants the number of a head"),
            ("head.0.1.2 scale 0", "wants two numbers at most"),
            ("head.0.1:2 scale 0", "wants no heads after a colon"),
            ("head.0#0.1 scale 0", "wants a pass counted from 1"),
            ("head.x.1 scale 0", "“x” is not a number"),
            ("head.1.99999999999 scale 0", "not a number up to"),
            ("blocks.0.attn.queries scale 0", "no site is like “blocks.0.attn.queries”"),
            ("blocks.*.queries scale 0", "no site is like"),
            ("knee.1.2 scale 0", "no site is like “knee.1.2”"),
            ("mlp.0@ scale 0", "“” is not a number"),
            ("embed set fact", "“fact” is no source"),
            ("embed set fact(belief)", "a number is missing"),
            ("embed set fact(belief:1,x)", "“x” is no finite number"),
            ("embed set fact(belief:NaN)", "“NaN” is no finite number"),
            ("mlp.0@5-2 scale 0", "“5-2” goes down"),
            ("mlp.0@first scale 0", "“first” is not a number"),
            ("mlp.0 set", "a source is missing"),
            ("mlp.0 set median", "“median” is no source"),
            ("mlp.0 set run", "“run” is no source"),
            ("mlp.0 set run(\"Tom", "a quote is not closed"),
            ("mlp.0 add token()", "“token” is no source"),
            ("mlp.0 add token(a)-axis(1)", "“axis(1)” is no source"),
            ("mlp.0 add axis(one)", "“one” is not a number"),
            ("mlp.0 clamp 1", "a number is missing"),
            ("mlp.0 clamp 0 1 around mean", "“around” is too much"),
            ("mlp.0 hide", "a number is missing"),
        ];
        for (text, expected) in cases {
            let said = text.parse::<Intervention>().unwrap_err().to_string();
            assert!(said.contains(expected) && said.contains(text), "{text}: {said}");
        }
        let (found, errors) = read_program("mlp.0 scale 0; mlp.0 break; mlp.1 scale 0");
        assert_eq!((found.len(), errors.len()), (2, 1));
        let (_, errors) = read_program("v2; mlp.0 scale 0");
        assert!(errors[0].to_string().contains("version 2"), "{errors:?}");
    }

    #[test]
    fn an_order_of_blocks_is_numbers() {
        assert_eq!(read_blocks("0,1, 2,2,3"), Ok(vec![0, 1, 2, 2, 3]));
        let long = ["0"; MOST_BLOCKS + 1].join(",");
        let cases =
            [("", "nothing"), ("0,,1", "“” is no"), ("0,b", "“b” is no"), (&long, "at most")];
        for (text, expected) in cases {
            let said = read_blocks(text).unwrap_err().to_string();
            assert!(said.contains(expected), "{text}: {said}");
        }
    }

    #[test]
    fn old_links_say_interventions() {
        let said = |text: &str| -> Vec<String> {
            read_cuts(text).unwrap().iter().map(ToString::to_string).collect()
        };
        assert_eq!(said("head.2.1"), ["head.2.1 scale 0"]);
        assert_eq!(said("head.2.1.4"), ["head.2.1@4 scale 0"]);
        assert_eq!(
            said("head.2.1-step.0.3.7-state.1.0.0"),
            ["head.2.1 scale 0", "write.0.3@7 scale 0", "carry.1.0@0 scale 0"]
        );
        for text in ["", "head", "head.1", "step.1.2", "knee.1.2", "head.1.2.3.4", "head.a.2"] {
            let error = read_cuts(text).unwrap_err().to_string();
            assert!(error.contains("no intervention of an old link"), "{error}");
        }
    }

    /// A generator of numbers that are the same in every run.
    struct Dice(u64);

    impl Dice {
        fn below(&mut self, end: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (self.0 >> 33) as usize % end
        }

        fn number(&mut self) -> f32 {
            loop {
                let number =
                    f32::from_bits((self.below(1 << 16) as u32) << 16 | self.below(1 << 16) as u32);
                if number.is_finite() {
                    return number;
                }
            }
        }

        fn text(&mut self) -> String {
            let letters: Vec<char> = "ab;\"\\()~ ,.-@:#*é家\n=&%".chars().collect();
            (0..self.below(6)).map(|_| letters[self.below(letters.len())]).collect()
        }

        fn spans(&mut self) -> Vec<Span> {
            let mut span = || {
                let from = self.below(9);
                match self.below(4) {
                    0 => Span::One(from),
                    1 => Span::Through(from, from + self.below(3)),
                    2 => Span::From(from),
                    _ => Span::Last,
                }
            };
            (0..3).map(|_| span()).collect()
        }

        fn source(&mut self) -> Source {
            match self.below(10) {
                9 => {
                    let value = (0..=self.below(4)).map(|_| self.number()).collect();
                    Source::Fact { fact: self.text(), value }
                }
                0 => Source::Zero,
                1 => Source::Mean,
                2 => Source::Unchanged,
                3 => Source::Run { prompt: self.text() },
                4 => Source::Token { token: self.text() },
                5 => Source::Difference { a: self.text(), b: self.text() },
                6 => Source::Axis { number: self.below(3) },
                7 => Source::Row(Row::Key(self.below(9))),
                _ => {
                    Source::Row([Row::Uniform, Row::First, Row::Own, Row::Previous][self.below(4)])
                }
            }
        }

        fn op(&mut self) -> Op {
            match self.below(6) {
                0 => Op::Scale { factor: self.number() },
                1 => Op::Set { source: self.source(), strength: self.number() },
                2 => Op::Add { source: self.source(), strength: self.number() },
                3 => Op::ProjectOut { source: self.source(), strength: self.number() },
                4 => {
                    let along = (self.below(2) == 0).then(|| self.source());
                    Op::Clamp { low: self.number(), high: self.number(), along }
                }
                _ => Op::Hide { keys: self.spans() },
            }
        }

        fn place(&mut self) -> Place {
            let positions = if self.below(2) == 0 { self.spans() } else { Vec::new() };
            if self.below(2) == 0 {
                let sites = Site::all(4);
                let heads = (0..self.below(3)).collect();
                let site = sites[self.below(sites.len())].to_string();
                return Place { target: Target::Sites(site.as_str().into()), heads, positions };
            }
            let component = Component::ALL[self.below(Component::ALL.len())].0;
            let pass = if self.below(3) == 0 { Passes::All } else { Passes::One(self.below(3)) };
            let head = component.has_head().then(|| self.below(9));
            let target = Target::Part { component, layer: self.below(9), pass, head };
            Place { target, heads: Vec::new(), positions }
        }
    }

    #[test]
    fn any_program_survives_its_text() {
        let mut dice = Dice(3);
        for _ in 0..3_000 {
            let program: Vec<Intervention> = (0..3)
                .map(|_| Intervention {
                    is_on: dice.below(2) == 0,
                    place: dice.place(),
                    op: dice.op(),
                })
                .collect();
            let text = program.iter().map(ToString::to_string).collect::<Vec<_>>().join(";");
            assert_eq!(read_program(&text), (program, Vec::new()), "{text}");
        }
    }

    #[test]
    fn any_text_is_read_or_refused() {
        let mut dice = Dice(5);
        let mut n_refused = 0;
        for _ in 0..5_000 {
            // Pieces of true texts put together, and letters in between.
            let mut text = String::new();
            for _ in 0..dice.below(4) {
                let whole: Vec<char> = EACH[dice.below(EACH.len())].chars().collect();
                let (from, to) = (dice.below(whole.len()), dice.below(whole.len() + 1));
                text.extend(&whole[from.min(to)..to]);
                text.push_str(&dice.text());
            }
            let (found, errors) = read_program(&text);
            n_refused += errors.len();
            for it in found {
                assert_eq!(it.to_string().parse(), Ok(it));
            }
            read_blocks(&text).map(drop).unwrap_or_default();
            read_cuts(&text).map(drop).unwrap_or_default();
        }
        assert!(1_000 < n_refused, "{n_refused}");
    }
}
