//! From the text of a claim to an expression.

use std::fmt::{self, Display};

use crate::token::{Language, Read, TextError, Token, Tokens};

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

/// What stands before the name of a site.
const SITE: &str = "site";

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
    /// [`TextError`].
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let mut parser = Parser { tokens: Tokens::of(text, LANGUAGE)? };
        let column = parser.tokens.column();
        let tree = parser.either()?;
        parser.tokens.end()?;
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

/// How a claim is written.
const LANGUAGE: Language = Language {
    signs: &[
        "&&", "||", "<=", ">=", "<", ">", "+", "-", "−", "*", "/", "(", ")", ",", ";", "=", "·",
    ],
    has_hyphens: true,
    has_points: true,
    has_quotes: false,
    most_characters: 2_000,
};

/// What stands in a place of the text, before it is known what may stand there.
enum Tree {
    Test(Test),
    Number(Number),
    Series(Metric),
}

impl Tree {
    fn test(self, column: usize) -> Result<Test, TextError> {
        match self {
            Tree::Test(test) => Ok(test),
            _ => Err(TextError { column, what: "compare this with something: < <= > >=".into() }),
        }
    }

    fn number(self, column: usize) -> Result<Number, TextError> {
        let what = match self {
            Tree::Number(number) => return Ok(number),
            Tree::Test(_) => "a comparison is not a number".to_owned(),
            Tree::Series(it) => {
                format!("{it} is a series; take min, max, slope or corr of it, or name one size")
            }
        };
        Err(TextError { column, what })
    }
}

fn dotted(name: &str) -> String {
    format!("`{name}` can only be the name of a site, after `{SITE}=`")
}

struct Parser {
    tokens: Tokens,
}

impl Parser {
    fn either(&mut self) -> Read<Tree> {
        let column = self.tokens.column();
        let mut left = self.both()?;
        while self.tokens.take(&["||"]).is_some() {
            let at = self.tokens.column();
            let right = self.both()?.test(at)?;
            left = Tree::Test(Test::Or(Box::new(left.test(column)?), Box::new(right)));
        }
        Ok(left)
    }

    fn both(&mut self) -> Read<Tree> {
        let column = self.tokens.column();
        let mut left = self.comparison()?;
        while self.tokens.take(&["&&"]).is_some() {
            let at = self.tokens.column();
            let right = self.comparison()?.test(at)?;
            left = Tree::Test(Test::And(Box::new(left.test(column)?), Box::new(right)));
        }
        Ok(left)
    }

    fn comparison(&mut self) -> Read<Tree> {
        let column = self.tokens.column();
        let left = self.sum()?;
        let sign = match self.tokens.take(&["<", "<=", ">", ">="]) {
            Some("<") => Sign::Less,
            Some("<=") => Sign::AtMost,
            Some(">") => Sign::More,
            Some(_) => Sign::AtLeast,
            None => return Ok(left),
        };
        let at = self.tokens.column();
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
        let column = self.tokens.column();
        let mut left = part(self)?;
        let names: Vec<_> = signs.iter().map(|it| it.0).collect();
        while let Some(sign) = self.tokens.take(&names) {
            let operator = signs.iter().find(|it| it.0 == sign).expect("it is one of these").1;
            let at = self.tokens.column();
            let right = part(self)?.number(at)?;
            let pair = (Box::new(left.number(column)?), Box::new(right));
            left = Tree::Number(Number::Binary(operator, pair.0, pair.1));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Read<Tree> {
        if self.tokens.take(&["-", "−"]).is_none() {
            return self.primary();
        }
        self.deeper(|it| {
            let column = it.tokens.column();
            let number = it.unary()?.number(column)?;
            Ok(Tree::Number(Number::Negative(Box::new(number))))
        })
    }

    fn deeper(&mut self, part: impl FnOnce(&mut Self) -> Read<Tree>) -> Read<Tree> {
        self.tokens.enter()?;
        let found = part(self);
        self.tokens.leave();
        found
    }

    fn primary(&mut self) -> Read<Tree> {
        match self.tokens.peek().clone() {
            Token::Number(value) => {
                self.tokens.skip();
                Ok(Tree::Number(Number::Constant(value)))
            }
            Token::Name(name) if name.contains('.') => self.tokens.fail(dotted(&name)),
            Token::Name(name) => {
                let column = self.tokens.column();
                self.tokens.skip();
                self.tokens.need("(")?;
                match name.as_str() {
                    "min" | "max" | "slope" | "corr" => self.function(&name, column),
                    _ => self.metric(name),
                }
            }
            Token::Sign("(") => {
                self.tokens.skip();
                let inner = self.deeper(Self::either)?;
                self.tokens.need(")")?;
                Ok(inner)
            }
            found => self.tokens.fail(format!("a number or a measure is missing before {found}")),
        }
    }

    /// What follows the bracket of a function.
    fn function(&mut self, name: &str, column: usize) -> Read<Tree> {
        let (mut series, mut numbers) = (Vec::new(), Vec::new());
        loop {
            let at = self.tokens.column();
            match self.deeper(Self::sum)? {
                Tree::Series(it) => series.push(it),
                other => numbers.push(other.number(at)?),
            }
            if self.tokens.take(&[","]).is_none() {
                break;
            }
        }
        self.tokens.need(")")?;
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
                return Err(TextError { column, what });
            }
            _ => {
                let most = if name == "corr" { "one series or two" } else { "one series" };
                let what = format!("{name} takes {most}, such as m(n; size=*), and no numbers");
                return Err(TextError { column, what });
            }
        };
        Ok(Tree::Number(number))
    }

    /// A name without points.
    fn name(&mut self, what: &str) -> Read<String> {
        match self.tokens.peek().clone() {
            Token::Name(name) if name.contains('.') => self.tokens.fail(dotted(&name)),
            _ => self.tokens.name(what),
        }
    }

    /// What follows the bracket of a measure.
    fn metric(&mut self, measure: String) -> Read<Tree> {
        let network = self.name("the name of a network")?;
        let mut keys: Vec<(String, Option<usize>)> = Vec::new();
        let mut site = None;
        if self.tokens.take(&[";"]).is_some() {
            loop {
                let column = self.tokens.column();
                let name = self.name("the name of a size")?;
                let is_site = name == SITE;
                if keys.iter().any(|it| it.0 == name) || (is_site && site.is_some()) {
                    return Err(TextError { column, what: format!("{name} is named twice") });
                }
                self.tokens.need("=")?;
                if is_site {
                    site = Some(self.tokens.name("the name of a site")?);
                } else {
                    keys.push((name, self.size()?));
                }
                if self.tokens.take(&[","]).is_none() {
                    break;
                }
            }
        }
        self.tokens.need(")")?;
        keys.sort();
        if 1 < keys.iter().filter(|it| it.1.is_none()).count() {
            return self.tokens.fail("only one size can be left open");
        }
        let metric = Metric { measure, network, keys, site };
        Ok(if metric.is_series() {
            Tree::Series(metric)
        } else {
            Tree::Number(Number::Measured(metric))
        })
    }

    fn size(&mut self) -> Read<Option<usize>> {
        if self.tokens.take(&["*"]).is_some() {
            return Ok(None);
        }
        match *self.tokens.peek() {
            Token::Number(value) if value.fract() == 0.0 && value < 1e9 => {
                self.tokens.skip();
                Ok(Some(value as usize))
            }
            _ => {
                let found = self.tokens.peek().clone();
                self.tokens.fail(format!("a size is a whole number or *, not {found}"))
            }
        }
    }
}
