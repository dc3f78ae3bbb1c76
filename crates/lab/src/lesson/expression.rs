//! Expressions over the reader's run, for checks, live values and predictions.
//!
//! ```text
//! prob("barn") < 0.3 and cut("head.2.1") and n_interventions == 1
//! abs(a_minus_b) > 1 or not top == "barn"
//! ```
//!
//! Facts are those of [`Fact`]; numbers, texts in double quotes, `== != < <= > >=`, `and or not`,
//! `+ - * /`, `abs` and brackets, which bind as usual. Kinds are checked when it is read. A fact
//! that is not there yet makes undecided what depends on it: undecided, not false.

use super::fact::{Fact, Facts, Kind, Value};
use crate::token::{Language, Read, TextError, Token, Tokens};

/// How an expression is written.
const LANGUAGE: Language = Language {
    signs: &[
        "==", "!=", "<=", ">=", "<", ">", "+", "-", "−", "*", "/", "(", ")", ",", "=", "&&", "||",
        "!",
    ],
    has_hyphens: false,
    has_points: false,
    has_quotes: true,
    most_characters: 2_000,
};

/// An expression that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression(Node);

#[derive(Clone, Debug, PartialEq)]
enum Node {
    Constant(Value),
    Fact(Fact, Vec<Node>),
    Negative(Box<Node>),
    Absolute(Box<Node>),
    Binary(Operator, Box<Node>, Box<Node>),
    Compare(Comparison, Box<Node>, Box<Node>),
    Not(Box<Node>),
    And(Box<Node>, Box<Node>),
    Or(Box<Node>, Box<Node>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Plus,
    Minus,
    Times,
    By,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equal,
    Different,
    Less,
    AtMost,
    More,
    AtLeast,
}

impl Expression {
    /// Reads an expression of any kind.
    ///
    /// # Errors
    /// [`TextError`].
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let mut parser = Parser { tokens: Tokens::of(text, LANGUAGE)? };
        let node = parser.either()?;
        parser.tokens.end()?;
        Ok(Self(node))
    }

    /// Reads an expression that is true or false.
    ///
    /// # Errors
    /// [`TextError`].
    pub fn parse_truth(text: &str) -> Result<Self, TextError> {
        let read = Self::parse(text)?;
        if read.0.kind() == Kind::Truth {
            return Ok(read);
        }
        let what = "compare this with something: == != < <= > >=".to_owned();
        Err(TextError { column: 1, what })
    }

    /// What it comes to; `None` while that is undecided.
    pub fn value(&self, facts: &dyn Facts) -> Option<Value> {
        self.0.value(facts)
    }

    /// Whether it holds; `None` while that is undecided.
    pub fn holds(&self, facts: &dyn Facts) -> Option<bool> {
        self.value(facts)?.truth()
    }

    /// Whether it names one of these facts.
    pub fn names(&self, facts: &[Fact]) -> bool {
        self.0.names(facts)
    }
}

impl Node {
    fn kind(&self) -> Kind {
        match self {
            Node::Constant(value) => value.kind(),
            Node::Fact(fact, _) => fact.gives(),
            Node::Negative(_) | Node::Absolute(_) | Node::Binary(..) => Kind::Number,
            Node::Compare(..) | Node::Not(_) | Node::And(..) | Node::Or(..) => Kind::Truth,
        }
    }

    fn names(&self, facts: &[Fact]) -> bool {
        match self {
            Node::Constant(_) => false,
            Node::Fact(fact, arguments) => {
                facts.contains(fact) || arguments.iter().any(|it| it.names(facts))
            }
            Node::Negative(it) | Node::Absolute(it) | Node::Not(it) => it.names(facts),
            Node::Binary(_, left, right)
            | Node::Compare(_, left, right)
            | Node::And(left, right)
            | Node::Or(left, right) => left.names(facts) || right.names(facts),
        }
    }

    fn value(&self, facts: &dyn Facts) -> Option<Value> {
        let number = |node: &Node| node.value(facts)?.number();
        let truth = |node: &Node| node.value(facts).and_then(|it| it.truth());
        Some(match self {
            Node::Constant(value) => value.clone(),
            Node::Fact(fact, arguments) => {
                let all = arguments.iter().map(|it| it.value(facts));
                let value = facts.get(*fact, &all.collect::<Option<Vec<_>>>()?)?;
                // A fact that is NaN, or of another kind than it should be, is not there.
                let is_there = value.number().is_none_or(|it| !it.is_nan());
                return Some(value).filter(|it| is_there && it.kind() == fact.gives());
            }
            Node::Negative(it) => Value::Number(-number(it)?),
            Node::Absolute(it) => Value::Number(number(it)?.abs()),
            Node::Binary(operator, left, right) => {
                let value = operator.of(number(left)?, number(right)?);
                return Some(Value::Number(value)).filter(|_| !value.is_nan());
            }
            Node::Compare(comparison, left, right) => {
                Value::Truth(comparison.of(&left.value(facts)?, &right.value(facts)?))
            }
            Node::Not(it) => Value::Truth(!truth(it)?),
            Node::And(left, right) => Value::Truth(match (truth(left), truth(right)) {
                (Some(false), _) | (_, Some(false)) => false,
                (left, right) => left? && right?,
            }),
            Node::Or(left, right) => Value::Truth(match (truth(left), truth(right)) {
                (Some(true), _) | (_, Some(true)) => true,
                (left, right) => left? || right?,
            }),
        })
    }
}

impl Operator {
    fn of(self, left: f64, right: f64) -> f64 {
        match self {
            Operator::Plus => left + right,
            Operator::Minus => left - right,
            Operator::Times => left * right,
            Operator::By => left / right,
        }
    }
}

impl Comparison {
    fn of(self, left: &Value, right: &Value) -> bool {
        let order = match (left, right) {
            (Value::Number(left), Value::Number(right)) => left.partial_cmp(right),
            (Value::Text(left), Value::Text(right)) => Some(left.cmp(right)),
            (Value::Truth(left), Value::Truth(right)) => Some(left.cmp(right)),
            _ => None,
        };
        order.is_some_and(|order| match self {
            Comparison::Equal => order.is_eq(),
            Comparison::Different => order.is_ne(),
            Comparison::Less => order.is_lt(),
            Comparison::AtMost => order.is_le(),
            Comparison::More => order.is_gt(),
            Comparison::AtLeast => order.is_ge(),
        })
    }
}

struct Parser {
    tokens: Tokens,
}

impl Parser {
    /// Takes the next token if it is this word or this sign.
    fn word(&mut self, word: &str, sign: &'static str) -> bool {
        let is_word = matches!(self.tokens.peek(), Token::Name(name) if name == word);
        if is_word {
            self.tokens.skip();
        }
        is_word || self.tokens.take(&[sign]).is_some()
    }

    /// A part that has to be of this kind.
    fn of(&mut self, kind: Kind, part: fn(&mut Self) -> Read<Node>) -> Read<Node> {
        let column = self.tokens.column();
        let node = part(self)?;
        fits(node, kind, column)
    }

    fn either(&mut self) -> Read<Node> {
        let column = self.tokens.column();
        let mut left = self.both()?;
        while self.word("or", "||") {
            let right = self.of(Kind::Truth, Self::both)?;
            left = Node::Or(Box::new(fits(left, Kind::Truth, column)?), Box::new(right));
        }
        Ok(left)
    }

    fn both(&mut self) -> Read<Node> {
        let column = self.tokens.column();
        let mut left = self.negation()?;
        while self.word("and", "&&") {
            let right = self.of(Kind::Truth, Self::negation)?;
            left = Node::And(Box::new(fits(left, Kind::Truth, column)?), Box::new(right));
        }
        Ok(left)
    }

    fn negation(&mut self) -> Read<Node> {
        if !self.word("not", "!") {
            return self.comparison();
        }
        self.tokens.enter()?;
        let inner = self.of(Kind::Truth, Self::negation)?;
        self.tokens.leave();
        Ok(Node::Not(Box::new(inner)))
    }

    fn comparison(&mut self) -> Read<Node> {
        let left = self.sum()?;
        let comparison = match self.tokens.take(&["==", "=", "!=", "<", "<=", ">", ">="]) {
            Some("==" | "=") => Comparison::Equal,
            Some("!=") => Comparison::Different,
            Some("<") => Comparison::Less,
            Some("<=") => Comparison::AtMost,
            Some(">") => Comparison::More,
            Some(_) => Comparison::AtLeast,
            None => return Ok(left),
        };
        let is_order = !matches!(comparison, Comparison::Equal | Comparison::Different);
        if is_order && left.kind() != Kind::Number {
            return self.tokens.fail(format!("{} has no order; use == or !=", left.kind().name()));
        }
        let right = self.of(left.kind(), Self::sum)?;
        Ok(Node::Compare(comparison, Box::new(left), Box::new(right)))
    }

    fn sum(&mut self) -> Read<Node> {
        let signs = [("+", Operator::Plus), ("-", Operator::Minus), ("−", Operator::Minus)];
        self.chain(&signs, Self::product)
    }

    fn product(&mut self) -> Read<Node> {
        self.chain(&[("*", Operator::Times), ("/", Operator::By)], Self::unary)
    }

    fn chain(
        &mut self,
        signs: &[(&'static str, Operator)],
        part: fn(&mut Self) -> Read<Node>,
    ) -> Read<Node> {
        let column = self.tokens.column();
        let mut left = part(self)?;
        while let Some(&(_, operator)) =
            signs.iter().find(|it| *self.tokens.peek() == Token::Sign(it.0))
        {
            self.tokens.skip();
            let right = self.of(Kind::Number, part)?;
            let left_number = fits(left, Kind::Number, column)?;
            left = Node::Binary(operator, Box::new(left_number), Box::new(right));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Read<Node> {
        if self.tokens.take(&["-", "−"]).is_none() {
            return self.primary();
        }
        self.tokens.enter()?;
        let inner = self.of(Kind::Number, Self::unary)?;
        self.tokens.leave();
        Ok(Node::Negative(Box::new(inner)))
    }

    fn primary(&mut self) -> Read<Node> {
        let column = self.tokens.column();
        match self.tokens.peek().clone() {
            Token::Number(value) => {
                self.tokens.skip();
                Ok(Node::Constant(Value::Number(value)))
            }
            Token::Quoted(text) => {
                self.tokens.skip();
                Ok(Node::Constant(Value::Text(text)))
            }
            Token::Name(name) => {
                self.tokens.skip();
                self.named(&name, column)
            }
            Token::Sign("(") => {
                self.tokens.skip();
                self.tokens.enter()?;
                let inner = self.either()?;
                self.tokens.leave();
                self.tokens.need(")")?;
                Ok(inner)
            }
            found => {
                self.tokens.fail(format!("a number, a text or a fact is missing before {found}"))
            }
        }
    }

    /// What a name stands for, with the arguments that follow it.
    fn named(&mut self, name: &str, column: usize) -> Read<Node> {
        if name == "abs" {
            let mut inner = self.arguments(name, &[Kind::Number])?;
            return Ok(Node::Absolute(Box::new(inner.remove(0))));
        }
        if let "true" | "false" = name {
            return Ok(Node::Constant(Value::Truth(name == "true")));
        }
        let Some(fact) = Fact::named(name) else {
            let known: Vec<&str> = Fact::ALL.iter().map(|it| it.name()).collect();
            let what = format!("`{name}` is not known; there are: {}", known.join(" "));
            return Err(TextError { column, what });
        };
        let arguments =
            if fact.wants().is_empty() { Vec::new() } else { self.arguments(name, fact.wants())? };
        Ok(Node::Fact(fact, arguments))
    }

    fn arguments(&mut self, name: &str, wants: &[Kind]) -> Read<Vec<Node>> {
        self.tokens.need("(")?;
        self.tokens.enter()?;
        let mut found = Vec::new();
        for (place, kind) in wants.iter().enumerate() {
            if 0 < place && self.tokens.take(&[","]).is_none() {
                let count = wants.len();
                return self.tokens.fail(format!("{name} takes {count} values, such as (0, 1, 2)"));
            }
            found.push(self.of(*kind, Self::sum)?);
        }
        self.tokens.leave();
        self.tokens.need(")")?;
        Ok(found)
    }
}

/// A node of this kind, or what is wrong.
fn fits(node: Node, kind: Kind, column: usize) -> Read<Node> {
    if node.kind() == kind {
        return Ok(node);
    }
    let what = format!("{} is needed here, and this is {}", kind.name(), node.kind().name());
    Err(TextError { column, what })
}
