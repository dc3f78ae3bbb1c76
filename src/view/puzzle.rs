//! Puzzles with known answers: what they ask, what is right, and what papers say of them.
//!
//! The rules themselves are those of `crates/lab`, which drew the rows that networks learned from.

use lab::task::Args;

/// What a family of networks learned.
#[derive(Debug, PartialEq, Eq)]
pub struct Task {
    pub puzzle: Puzzle,
    /// Fewest and most items of a row in training, as in the recipes.
    pub trained: [usize; 2],
    /// What is to be said, for those who never saw the puzzle.
    pub asks: &'static str,
    /// A prompt larger than every row of training.
    pub long: &'static str,
    pub claim: Claim,
}

/// What a row asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Puzzle {
    /// Letters, to be said again.
    Copying,
    /// Keys with values, then keys: multi-query associative recall.
    Recall,
    /// Whether the ones so far are even or odd.
    Parity,
    /// Where five things stand after the moves so far: the word problem of A5.
    A5,
}

/// What a paper found.
#[derive(Debug, PartialEq, Eq)]
pub struct Claim {
    pub text: &'static str,
    /// Authors, year, number and place in the paper.
    pub source: &'static str,
    pub address: &'static str,
    /// Networks and numbers as they are printed, with how the name of our network of that kind
    /// ends, where we have one.
    pub printed: &'static [(Option<&'static str>, &'static str, &'static str)],
    /// What is otherwise here.
    pub here: &'static str,
}

/// Jelassi et al.: no table, so words.
pub const COPYING: Task = Task {
    puzzle: Puzzle::Copying,
    trained: [2, 16],
    asks: "Letters, then a bar: say the letters again, one after another, and a full stop at the \
           end.",
    long: "s p h i n x o f b l a c k q u a r t z j u d g e m y v o w | s p h i n x o f b l a c k \
           q u a",
    claim: Claim {
        text: "Jelassi et al. prove that a transformer of two layers can copy strings of \
               exponential length, and that a state of fixed size must err on most strings that \
               are longer than it can hold. Trained on strings of up to 50 and tested on up to \
               1000, their LSTM and their Mamba fall to 0 almost at once beyond 50; \
               transformers fall off much more gradually, and with Hard-ALiBi hardly at all.",
        source: "“Repeat After Me”, Jelassi et al. 2024, arXiv 2402.01032, theorems 2.3 and 2.7 \
                 and the synthetic experiments",
        address: "https://arxiv.org/abs/2402.01032",
        printed: &[],
        here: "There the networks have some 160 million parameters (the LSTM 40), here two layers \
               of width 64. “All right” is their score: a row counts where all of its letters are \
               right.",
    },
};

/// Arora et al.: the numbers of the abstract.
pub const RECALL: Task = Task {
    puzzle: Puzzle::Recall,
    trained: [2, 16],
    asks: "Keys, each with a value, then a bar and the keys in another order: say the value that \
           was given with each.",
    long: "r 18 E 40 b 7 W 33 k 2 q 26 Z 11 f 49 C 5 n 21 H 38 u 14 y 9 T 30 d 45 L 17 a 3 P 28 s \
           12 J 41 | d 45 W 33 J 41 r",
    claim: Claim {
        text: "Arora et al. find that recall explains 82 % of the gap in perplexity between gated \
               convolutions and attention, and that attention of 70 million parameters recalls \
               better than a gated convolution of 1.4 billion. On this puzzle a constant width of \
               64 is enough for attention at every length that they try; gated convolutions need a \
               width that grows with the length.",
        source: "“Zoology”, Arora et al. 2023, arXiv 2312.04927, abstract and section 4",
        address: "https://arxiv.org/abs/2312.04927",
        printed: &[],
        here: "There one width after another, here width 64 alone and more and more pairs. A \
               state-space model is no gated convolution; what they share is that they keep a \
               fixed amount.",
    },
};

/// Grazzi et al.: a table.
pub const PARITY: Task = Task {
    puzzle: Puzzle::Parity,
    trained: [20, 20],
    asks: "Zeros and ones: after each, say whether the ones so far are even or odd in number. \
           Guessing is right half of the time.",
    long: "1 1 0 1 0 0 1 1 1 0 1 0 1 1 0 0 0 1 0 1 1 1 1 0 0 1 0 1 1 0 1 0 0 0 1 1 0 1 1 1",
    claim: Claim {
        text: "Grazzi et al. prove that a linear RNN of finite precision cannot follow parity for \
               ever where its state transitions have positive eigenvalues alone, and show that \
               with eigenvalues down to −1 it learns to. Trained on 3 to 40 symbols and tested on \
               40 to 256, the best of three runs reached, with 0 for guessing and 1 for all right:",
        source: "“Unlocking State-Tracking in Linear RNNs Through Negative Eigenvalues”, Grazzi et \
                 al. 2024, arXiv 2411.12537, theorem 1 and table 3",
        address: "https://arxiv.org/abs/2411.12537",
        printed: &[
            (Some("transformer"), "Transformer", "0.022"),
            (Some("mamba"), "Mamba [0, 1]", "0.000"),
            (None, "Mamba [−1, 1]", "1.000"),
            (Some("deltanet"), "DeltaNet [0, 1]", "0.017"),
            (Some("deltanet-negative"), "DeltaNet [−1, 1]", "1.000"),
            (Some("gru"), "sLSTM", "1.000"),
        ],
        here: "Ours are one run each, trained on 20 steps. They are gated DeltaNets, whose β goes \
               to 1 or, for eigenvalues down to −1, to 2; a GRU stands for the sLSTM, which is not \
               linear either.",
    },
};

/// Merrill et al.: a figure without numbers.
pub const A5: Task = Task {
    puzzle: Puzzle::A5,
    trained: [20, 20],
    asks: "Five things in a row and two moves: a carries each to the next place and the last to \
           the first, b does so with the first three places. After each move, say where they \
           stand: 23451 means that thing 1 stands at place 2, thing 2 at place 3, and so on. There \
           are 60 such words, so that guessing is right once in 60 times.",
    long: "a b b a b a a b a b b b a a b a b a a a b a b b a b a b b a a a b a b b a b a b",
    claim: Claim {
        text: "Merrill et al. prove that S4 and Mamba, as transformers, compute nothing outside \
               TC0, while this problem is complete for NC1: unless the two are one, no fixed number \
               of layers is enough for words of every length. In their experiment these three \
               need more layers for longer words, and an RNN with one layer learns them all.",
        source: "“The Illusion of State in State-Space Models”, Merrill et al. 2024, arXiv \
                 2404.08819, theorems 4.2 and 4.4 and figure 3",
        address: "https://arxiv.org/abs/2404.08819",
        printed: &[],
        here: "There each of the 60 elements is a word of the input and a row counts where all of \
               it is right; here the input is two moves, each network has two layers, and the \
               state after the last move counts.",
    },
};

/// What is right at the end of a prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Solution {
    pub word: String,
    /// Letters, pairs or steps of the prompt.
    pub n_items: usize,
}

/// What a model says, beside what is right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    pub text: String,
    /// Nothing where the prompt is no row of the puzzle.
    pub is_right: Option<bool>,
    /// How large the prompt is, measured by training.
    pub size: String,
}

impl Puzzle {
    /// Its id in `crates/lab`.
    fn id(self) -> &'static str {
        match self {
            Puzzle::Copying => "copying",
            Puzzle::Recall => "recall",
            Puzzle::Parity => "parity",
            Puzzle::A5 => "a5",
        }
    }

    fn task(self) -> Box<dyn lab::task::Task> {
        lab::task::task(self.id(), &Args::new()).expect("each of the four is a task")
    }

    /// What it is called.
    pub fn name(self) -> &'static str {
        self.task().name()
    }

    /// What the items of a row are called.
    pub fn items(self) -> &'static str {
        self.task().items().name
    }

    /// How often a guess is right.
    pub fn chance(self) -> f32 {
        self.task().chance() as f32
    }

    /// Whether what is said at a place is the state there, not the token that comes next.
    pub fn says_state(self) -> bool {
        matches!(self, Puzzle::Parity | Puzzle::A5)
    }

    /// The right answer after the last of `words`, which are without the beginning mark.
    ///
    /// # Errors
    /// Why there is none, and what to write instead.
    pub fn solve(self, words: &[&str]) -> Result<Solution, &'static str> {
        let task = self.task();
        let row = task.read(words).map_err(|why| why.0)?;
        let answer = row.answer(row.n_positions() - 1).expect("these tasks have one answer");
        let word = task.words()[answer as usize].clone();
        Ok(Solution { word, n_items: row.n_items })
    }
}

impl Task {
    /// How large a prompt is, measured by training.
    pub fn size_in_words(&self, n_items: usize) -> String {
        let (items, most) = (self.puzzle.items(), self.trained[1]);
        let items = if n_items == 1 { items.trim_end_matches('s') } else { items };
        if most < n_items {
            format!("{n_items} {items}, beyond the {most} of training")
        } else {
            format!("{n_items} {items}, no more than in training")
        }
    }
}

/// The task that a prompt is a row of, where a family has several.
fn task_of<'a>(tasks: &'a [Task], words: &[&str]) -> Option<&'a Task> {
    tasks.iter().find(|it| it.puzzle.task().is_meant(words)).or(tasks.first())
}

/// How large a prompt is, measured by training; nothing where it is no row.
pub fn size_of_prompt(tasks: &[Task], words: &[&str]) -> Option<String> {
    let task = task_of(tasks, words)?;
    Some(task.size_in_words(task.puzzle.solve(words).ok()?.n_items))
}

/// What a model says at the end of a prompt, beside what is right there.
pub fn verdict(tasks: &[Task], words: &[&str], said: &str) -> Verdict {
    let Some(task) = task_of(tasks, words) else { return Verdict::default() };
    match task.puzzle.solve(words) {
        Ok(Solution { word, n_items }) => Verdict {
            text: format!("says {said}; the answer is {word}"),
            is_right: Some(said == word),
            size: task.size_in_words(n_items),
        },
        Err(why) => Verdict {
            text: format!("says {said}; this prompt has no answer: {why}"),
            ..Verdict::default()
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(prompt: &str) -> Vec<&str> {
        prompt.split_whitespace().collect()
    }

    #[test]
    fn what_is_right_is_what_the_task_says() {
        for (puzzle, prompt, word, n_items) in [
            (Puzzle::Copying, "m n | m n", ".", 2),
            (Puzzle::Recall, "a 7 b 12 c 3 | b 12 c", "3", 3),
            (Puzzle::Parity, "", "even", 0),
            (Puzzle::A5, "a b", "31452", 2),
        ] {
            let expected = Solution { word: word.to_owned(), n_items };
            assert_eq!(puzzle.solve(&words(prompt)), Ok(expected), "{prompt}");
            assert!(puzzle.solve(&["é"]).is_err(), "{puzzle:?}");
        }
    }

    #[test]
    fn long_prompts_are_rows_beyond_training() {
        for task in [COPYING, RECALL, PARITY, A5] {
            let solution = task.puzzle.solve(&words(task.long)).unwrap();
            assert!(task.trained[1] < solution.n_items, "{:?}: {solution:?}", task.puzzle);
            assert_eq!(task_of(&[COPYING, RECALL], &words(COPYING.long)), Some(&COPYING));
            assert_eq!(task_of(&[COPYING, RECALL], &words(RECALL.long)), Some(&RECALL));
        }
    }

    #[test]
    fn a_verdict_says_what_is_said_and_what_is_right() {
        let of = |prompt: &str, said: &str| verdict(&[PARITY], &words(prompt), said);
        let right = of("1 0", "odd");
        assert_eq!(right.text, "says odd; the answer is odd");
        assert_eq!(right.is_right, Some(true));
        assert_eq!(right.size, "2 steps, no more than in training");
        assert_eq!(of("1", "even").is_right, Some(false));
        assert_eq!(of("1", "even").size, "1 step, no more than in training");
        assert!(of(PARITY.long, "odd").size.ends_with("beyond the 20 of training"));
        let none = of("Anna put the", "odd");
        assert!(none.is_right.is_none() && none.text.contains("write only 0 and 1"), "{none:?}");
        assert_eq!(verdict(&[], &["1"], "odd"), Verdict::default());
    }
}
