//! From the text of a claim to an expression.

use std::fmt::{self, Display};

/// A claim that was read: comparisons, joined by `&&` and `||`.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    Compare(Box<Number>, Sign, Box<Number>),
    And(Box<Test>, Box<Test>),
    Or(Box<Test>, Box<Test>),
}

/// How two numbers are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    Less,
    AtMost,
    More,
    AtLeast,
}

/// An expression that has a value for every seed.
#[derive(Clone, Debug, PartialEq)]
pub enum Number {
    Constant(f64),
    Measured(Metric),
    Negative(Box<Number>),
    Binary(Operator, Box<Number>, Box<Number>),
    Least(Vec<Number>),
    Most(Vec<Number>),
    /// Of a series.
    LeastOf(Metric),
    MostOf(Metric),
    /// Least squares of values against sizes.
    Slope(Metric),
    /// Pearson's correlation: of values with sizes, or of two series where both have a size.
    Correlation(Metric, Option<Metric>),
}

/// Arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    Plus,
    Minus,
    Times,
    By,
}

/// `measure(network; size=value, site=name)`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Metric {
    pub measure: String,
    pub network: String,
    /// Sizes by name; `None` for `*`, which makes it a series.
    pub keys: Vec<(String, Option<usize>)>,
    /// Of a probe that reads each site alone.
    pub site: Option<String>,
}

/// Why a claim cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at character {column} of the test: {what}")]
pub struct ClaimError {
    /// Counted from 1.
    pub column: usize,
    pub what: String,
}

/// What stands before the name of a site.
const SITE: &str = "site";
/// Brackets in brackets that are read; more would need more stack than there may be.
const MOST_NESTED: usize = 50;
/// Characters of a test.
const MOST_CHARACTERS: usize = 2_000;

impl Metric {
    /// Whether a size is left open.
    pub fn is_series(&self) -> bool {
        self.keys.iter().any(|it| it.1.is_none())
    }
}

impl Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({}", self.measure, self.network)?;
        let mut mark = "; ";
        for (name, value) in &self.keys {
            match value {
                Some(value) => write!(f, "{mark}{name}={value}")?,
                None => write!(f, "{mark}{name}=*")?,
            }
            mark = ", ";
        }
        if let Some(site) = &self.site {
            write!(f, "{mark}{SITE}={site}")?;
        }
        f.write_str(")")
    }
}

impl Test {
    /// Reads a claim's test.
    ///
    /// # Errors
    /// [`ClaimError`].
    pub fn parse(text: &str) -> Result<Self, ClaimError> {
        if MOST_CHARACTERS < text.chars().count() {
            let what = format!("a test has at most {MOST_CHARACTERS} characters; make two claims");
            return Err(ClaimError { column: MOST_CHARACTERS + 1, what });
        }
        let mut parser = Parser { tokens: tokens(text)?, next: 0, depth: 0 };
        let column = parser.column();
        let tree = parser.either()?;
        if parser.peek() != &Token::End {
            let found = parser.peek().clone();
            return parser.fail(format!("{found} is one too many"));
        }
        tree.test(column)
    }

    /// Every metric that it names, each once, in the order of the text.
    pub fn metrics(&self) -> Vec<&Metric> {
        let mut found = Vec::new();
        self.collect(&mut found);
        let mut once: Vec<&Metric> = Vec::new();
        for metric in found {
            if !once.contains(&metric) {
                once.push(metric);
            }
        }
        once
    }

    fn collect<'a>(&'a self, found: &mut Vec<&'a Metric>) {
        match self {
            Test::Compare(left, _, right) => {
                left.collect(found);
                right.collect(found);
            }
            Test::And(left, right) | Test::Or(left, right) => {
                left.collect(found);
                right.collect(found);
            }
        }
    }
}

impl Number {
    pub(super) fn collect<'a>(&'a self, found: &mut Vec<&'a Metric>) {
        match self {
            Number::Constant(_) => {}
            Number::Negative(it) => it.collect(found),
            Number::Binary(_, left, right) => {
                left.collect(found);
                right.collect(found);
            }
            Number::Least(all) | Number::Most(all) => all.iter().for_each(|it| it.collect(found)),
            Number::Measured(it)
            | Number::LeastOf(it)
            | Number::MostOf(it)
            | Number::Slope(it)
            | Number::Correlation(it, None) => found.push(it),
            Number::Correlation(first, Some(second)) => found.extend([first, second]),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Number(f64),
    Name(String),
    /// A sign of one or two characters.
    Sign(&'static str),
    End,
}

impl Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Token::Number(it) => write!(f, "{it}"),
            Token::Name(it) => write!(f, "`{it}`"),
            Token::Sign(it) => write!(f, "`{it}`"),
            Token::End => f.write_str("the end"),
        }
    }
}

const SIGNS: [&str; 17] =
    ["&&", "||", "<=", ">=", "<", ">", "+", "-", "−", "*", "/", "(", ")", ",", ";", "=", "·"];

/// Tokens with the columns at which they begin, and an end.
fn tokens(text: &str) -> Result<Vec<(usize, Token)>, ClaimError> {
    let mut found = Vec::new();
    let mut rest = text;
    loop {
        let column = text.chars().count() - rest.chars().count() + 1;
        rest = rest.trim_start();
        let column = column + (text.chars().count() + 1 - column - rest.chars().count());
        let Some(first) = rest.chars().next() else {
            found.push((column, Token::End));
            return Ok(found);
        };
        let length = match first {
            '0'..='9' | '.' => number_length(rest),
            'a'..='z' | 'A'..='Z' | '_' => name_length(rest),
            _ => match SIGNS.iter().find(|it| rest.starts_with(**it)) {
                Some(sign) => {
                    found.push((column, Token::Sign(sign)));
                    rest = &rest[sign.len()..];
                    continue;
                }
                None => {
                    let what = format!("{first:?} has no meaning here");
                    return Err(ClaimError { column, what });
                }
            },
        };
        let (word, after) = rest.split_at(length);
        let is_number = first.is_ascii_digit() || first == '.';
        found.push((
            column,
            if is_number { number(word, column)? } else { Token::Name(word.to_owned()) },
        ));
        rest = after;
    }
}

fn number(word: &str, column: usize) -> Result<Token, ClaimError> {
    let value = word.parse::<f64>().ok().filter(|it| it.is_finite());
    let what = || ClaimError { column, what: format!("{word:?} is not a number") };
    value.map(Token::Number).ok_or_else(what)
}

/// Bytes of the number at the beginning: digits, a point, an exponent.
fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let is_in = |place: usize| match bytes[place] {
        b'0'..=b'9' | b'.' => true,
        b'e' | b'E' => bytes.get(place + 1).is_some_and(|it| it.is_ascii_digit() || *it == b'-'),
        b'-' => matches!(bytes[place - 1], b'e' | b'E'),
        _ => false,
    };
    (0..bytes.len()).find(|&it| !is_in(it)).unwrap_or(bytes.len())
}

/// Bytes of the name at the beginning: letters, digits, `_`, and hyphens and points between them.
fn name_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let is_letter = |it: &u8| it.is_ascii_alphanumeric() || *it == b'_';
    let is_in = |place: usize| {
        is_letter(&bytes[place])
            || (b"-.".contains(&bytes[place]) && bytes.get(place + 1).is_some_and(is_letter))
    };
    (0..bytes.len()).find(|&it| !is_in(it)).unwrap_or(bytes.len())
}

/// What stands in a place of the text, before it is known what may stand there.
enum Tree {
    Test(Test),
    Number(Number),
    Series(Metric),
}

impl Tree {
    fn test(self, column: usize) -> Result<Test, ClaimError> {
        match self {
            Tree::Test(test) => Ok(test),
            _ => Err(ClaimError { column, what: "compare this with something: < <= > >=".into() }),
        }
    }

    fn number(self, column: usize) -> Result<Number, ClaimError> {
        let what = match self {
            Tree::Number(number) => return Ok(number),
            Tree::Test(_) => "a comparison is not a number".to_owned(),
            Tree::Series(it) => {
                format!("{it} is a series; take min, max, slope or corr of it, or name one size")
            }
        };
        Err(ClaimError { column, what })
    }
}

fn dotted(name: &str) -> String {
    format!("`{name}` can only be the name of a site, after `{SITE}=`")
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    next: usize,
    depth: usize,
}

type Read<T> = Result<T, ClaimError>;

impl Parser {
    fn peek(&self) -> &Token {
        &self.tokens[self.next].1
    }

    fn column(&self) -> usize {
        self.tokens[self.next].0
    }

    fn fail<T>(&self, what: impl Into<String>) -> Read<T> {
        Err(ClaimError { column: self.column(), what: what.into() })
    }

    /// Takes the next token if it is one of these signs.
    fn take(&mut self, signs: &[&'static str]) -> Option<&'static str> {
        let Token::Sign(sign) = *self.peek() else { return None };
        signs.contains(&sign).then(|| {
            self.next += 1;
            sign
        })
    }

    fn need(&mut self, sign: &'static str) -> Read<()> {
        if self.take(&[sign]).is_some() {
            return Ok(());
        }
        let found = self.peek().clone();
        self.fail(format!("`{sign}` is missing before {found}"))
    }

    /// A name without points.
    fn name(&mut self, what: &str) -> Read<String> {
        match self.peek().clone() {
            Token::Name(name) if name.contains('.') => self.fail(dotted(&name)),
            _ => self.word(what),
        }
    }

    fn word(&mut self, what: &str) -> Read<String> {
        let Token::Name(name) = self.peek().clone() else {
            let found = self.peek().clone();
            return self.fail(format!("{what} is missing before {found}"));
        };
        self.next += 1;
        Ok(name)
    }

    fn either(&mut self) -> Read<Tree> {
        let column = self.column();
        let mut left = self.both()?;
        while self.take(&["||"]).is_some() {
            let at = self.column();
            let right = self.both()?.test(at)?;
            left = Tree::Test(Test::Or(Box::new(left.test(column)?), Box::new(right)));
        }
        Ok(left)
    }

    fn both(&mut self) -> Read<Tree> {
        let column = self.column();
        let mut left = self.comparison()?;
        while self.take(&["&&"]).is_some() {
            let at = self.column();
            let right = self.comparison()?.test(at)?;
            left = Tree::Test(Test::And(Box::new(left.test(column)?), Box::new(right)));
        }
        Ok(left)
    }

    fn comparison(&mut self) -> Read<Tree> {
        let column = self.column();
        let left = self.sum()?;
        let sign = match self.take(&["<", "<=", ">", ">="]) {
            Some("<") => Sign::Less,
            Some("<=") => Sign::AtMost,
            Some(">") => Sign::More,
            Some(_) => Sign::AtLeast,
            None => return Ok(left),
        };
        let at = self.column();
        let right = self.sum()?.number(at)?;
        let left = left.number(column)?;
        Ok(Tree::Test(Test::Compare(Box::new(left), sign, Box::new(right))))
    }

    fn sum(&mut self) -> Read<Tree> {
        self.chain(
            &[("+", Operator::Plus), ("-", Operator::Minus), ("−", Operator::Minus)],
            Self::product,
        )
    }

    fn product(&mut self) -> Read<Tree> {
        self.chain(
            &[("*", Operator::Times), ("·", Operator::Times), ("/", Operator::By)],
            Self::unary,
        )
    }

    fn chain(
        &mut self,
        signs: &[(&'static str, Operator)],
        part: fn(&mut Self) -> Read<Tree>,
    ) -> Read<Tree> {
        let column = self.column();
        let mut left = part(self)?;
        let names: Vec<_> = signs.iter().map(|it| it.0).collect();
        while let Some(sign) = self.take(&names) {
            let operator = signs.iter().find(|it| it.0 == sign).expect("it is one of these").1;
            let at = self.column();
            let right = part(self)?.number(at)?;
            let pair = (Box::new(left.number(column)?), Box::new(right));
            left = Tree::Number(Number::Binary(operator, pair.0, pair.1));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Read<Tree> {
        if self.take(&["-", "−"]).is_none() {
            return self.primary();
        }
        self.deeper(|it| {
            let column = it.column();
            let number = it.unary()?.number(column)?;
            Ok(Tree::Number(Number::Negative(Box::new(number))))
        })
    }

    fn deeper(&mut self, part: impl FnOnce(&mut Self) -> Read<Tree>) -> Read<Tree> {
        if self.depth == MOST_NESTED {
            return self.fail(format!("brackets are more than {MOST_NESTED} deep"));
        }
        self.depth += 1;
        let found = part(self);
        self.depth -= 1;
        found
    }

    fn primary(&mut self) -> Read<Tree> {
        match self.peek().clone() {
            Token::Number(value) => {
                self.next += 1;
                Ok(Tree::Number(Number::Constant(value)))
            }
            Token::Name(name) if name.contains('.') => self.fail(dotted(&name)),
            Token::Name(name) => {
                let column = self.column();
                self.next += 1;
                self.need("(")?;
                match name.as_str() {
                    "min" | "max" | "slope" | "corr" => self.function(&name, column),
                    _ => self.metric(name),
                }
            }
            Token::Sign("(") => {
                self.next += 1;
                let inner = self.deeper(Self::either)?;
                self.need(")")?;
                Ok(inner)
            }
            found => self.fail(format!("a number or a measure is missing before {found}")),
        }
    }

    /// What follows the bracket of a function.
    fn function(&mut self, name: &str, column: usize) -> Read<Tree> {
        let (mut series, mut numbers) = (Vec::new(), Vec::new());
        loop {
            let at = self.column();
            match self.deeper(Self::sum)? {
                Tree::Series(it) => series.push(it),
                other => numbers.push(other.number(at)?),
            }
            if self.take(&[","]).is_none() {
                break;
            }
        }
        self.need(")")?;
        let mut series = series.into_iter();
        let parts = (series.next(), series.next(), series.next(), numbers.len());
        let number = match (name, parts) {
            ("min", (None, None, None, 1..)) => Number::Least(numbers),
            ("max", (None, None, None, 1..)) => Number::Most(numbers),
            ("min", (Some(it), None, None, 0)) => Number::LeastOf(it),
            ("max", (Some(it), None, None, 0)) => Number::MostOf(it),
            ("slope", (Some(it), None, None, 0)) => Number::Slope(it),
            ("corr", (Some(first), second, None, 0)) => Number::Correlation(first, second),
            ("min" | "max", _) => {
                let what = format!("{name} takes numbers, or one series such as m(n; size=*)");
                return Err(ClaimError { column, what });
            }
            _ => {
                let most = if name == "corr" { "one series or two" } else { "one series" };
                let what = format!("{name} takes {most}, such as m(n; size=*), and no numbers");
                return Err(ClaimError { column, what });
            }
        };
        Ok(Tree::Number(number))
    }

    /// What follows the bracket of a measure.
    fn metric(&mut self, measure: String) -> Read<Tree> {
        let network = self.name("the name of a network")?;
        let mut keys: Vec<(String, Option<usize>)> = Vec::new();
        let mut site = None;
        if self.take(&[";"]).is_some() {
            loop {
                let column = self.column();
                let name = self.name("the name of a size")?;
                let is_site = name == SITE;
                if keys.iter().any(|it| it.0 == name) || (is_site && site.is_some()) {
                    return Err(ClaimError { column, what: format!("{name} is named twice") });
                }
                self.need("=")?;
                if is_site {
                    site = Some(self.word("the name of a site")?);
                } else {
                    keys.push((name, self.size()?));
                }
                if self.take(&[","]).is_none() {
                    break;
                }
            }
        }
        self.need(")")?;
        keys.sort();
        if 1 < keys.iter().filter(|it| it.1.is_none()).count() {
            return self.fail("only one size can be left open");
        }
        let metric = Metric { measure, network, keys, site };
        Ok(if metric.is_series() {
            Tree::Series(metric)
        } else {
            Tree::Number(Number::Measured(metric))
        })
    }

    fn size(&mut self) -> Read<Option<usize>> {
        if self.take(&["*"]).is_some() {
            return Ok(None);
        }
        match *self.peek() {
            Token::Number(value) if value.fract() == 0.0 && value < 1e9 => {
                self.next += 1;
                Ok(Some(value as usize))
            }
            _ => {
                let found = self.peek().clone();
                self.fail(format!("a size is a whole number or *, not {found}"))
            }
        }
    }
}
