//! What an expression can name: facts of the reader's own run.

/// What an expression comes to.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Number(f64),
    Text(String),
    Truth(bool),
}

impl Value {
    pub fn kind(&self) -> Kind {
        match self {
            Value::Number(_) => Kind::Number,
            Value::Text(_) => Kind::Text,
            Value::Truth(_) => Kind::Truth,
        }
    }

    pub fn number(&self) -> Option<f64> {
        if let Value::Number(it) = self { Some(*it) } else { None }
    }

    pub fn text(&self) -> Option<&str> {
        if let Value::Text(it) = self { Some(it) } else { None }
    }

    pub fn truth(&self) -> Option<bool> {
        if let Value::Truth(it) = self { Some(*it) } else { None }
    }
}

/// What sort of value it is, known before there is a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Number,
    Text,
    Truth,
}

impl Kind {
    /// With its article.
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Number => "a number",
            Kind::Text => "a text",
            Kind::Truth => "a comparison",
        }
    }
}

/// Who knows the facts of a run.
pub trait Facts {
    /// A fact, with arguments of the kinds that [`Fact::wants`] names; `None` where the run does not
    /// say it, or not yet.
    fn get(&self, fact: Fact, arguments: &[Value]) -> Option<Value>;
}

/// Name, arguments, kind and meaning of every fact.
macro_rules! facts {
    ($($(#[doc = $about:literal])+ $fact:ident = $name:literal ($($wants:ident),*) $gives:ident),+ $(,)?) => {
        /// A fact of a run.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Fact { $($(#[doc = $about])+ $fact),+ }

        impl Fact {
            /// Every fact.
            pub const ALL: &'static [Fact] = &[$(Fact::$fact),+];

            /// Its name in expressions.
            pub fn name(self) -> &'static str {
                match self { $(Fact::$fact => $name),+ }
            }

            /// The kinds of its arguments.
            pub fn wants(self) -> &'static [Kind] {
                match self { $(Fact::$fact => &[$(Kind::$wants),*]),+ }
            }

            /// The kind of its value.
            pub fn gives(self) -> Kind {
                match self { $(Fact::$fact => Kind::$gives),+ }
            }
        }
    };
}

facts! {
    /// The most probable next word.
    Top = "top" () Text,
    /// The probability of a word to come next.
    Prob = "prob" (Text) Number,
    /// The logit of a word at the last position.
    Logit = "logit" (Text) Number,
    /// The logit difference of tokens A and B at the last position.
    AMinusB = "a_minus_b" () Number,
    /// The layer of the locked cursor.
    Layer = "layer" () Number,
    /// Its head.
    Head = "head" () Number,
    /// Its position, the one that reads.
    Pos = "pos" () Number,
    /// The position that is read.
    Source = "source" () Number,
    /// The weight from the cursor's position to its source.
    Weight = "weight" () Number,
    /// Whether an intervention that is on touches a place, such as `"head.2.1"`.
    Cut = "cut" (Text) Truth,
    /// How many interventions are on.
    NInterventions = "n_interventions" () Number,
    /// The model that ran.
    Model = "model" () Text,
    /// The prompt that ran.
    Prompt = "prompt" () Text,
    /// How many tokens it has.
    NTokens = "n_tokens" () Number,
    /// The token at a position.
    Token = "token" (Number) Text,
    /// The step of a recurrent layer's head at a position.
    StepSize = "step_size" (Number, Number, Number) Number,
    /// Its half-life there, in tokens.
    HalfLife = "half_life" (Number, Number, Number) Number,
    /// Bytes that the run keeps in order to go on.
    KeptBytes = "kept_bytes" () Number,
    /// The same in words: what grows, then what does not.
    Kept = "kept" () Text,
    /// What the cursor's head takes most of, in words.
    MostRead = "most_read" () Text,
    /// The share of cases that the model had right in an exam of its card, by the exam's name.
    Exam = "exam" (Text) Number,
    /// How many cases that exam had.
    ExamCases = "exam_cases" (Text) Number,
}

impl Fact {
    /// The fact of this name.
    pub fn named(name: &str) -> Option<Fact> {
        Self::ALL.iter().copied().find(|it| it.name() == name)
    }
}
