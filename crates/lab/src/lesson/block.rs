//! The fenced blocks of a step, by their keys.

use super::{
    Block, Choice, Chunk, Expression, MOST_HINTS, Predict, Right, Stage, Step, Task, Template,
    Trouble, front::clipped, prose,
};
use crate::token::TextError;

/// Every key with what its block is for.
pub const KEYS: [(&str, &str); 9] = [
    ("stage", "what the page is to show, as parts of a link; its label is that of the button"),
    ("spotlight", "the place or the panel that the text speaks of"),
    ("observe", "an expression, or a sentence with expressions in braces, shown live"),
    ("predict", "a question and a list of answers, the right one with a * at its end"),
    ("task", "what to do"),
    ("check", "an expression that holds when the task above it is done"),
    ("hint", "a hint, shown on request"),
    ("show", "a stage on which the task is done"),
    ("further", "further reading"),
];

pub(super) fn is_key(word: &str) -> bool {
    KEYS.iter().any(|it| it.0 == word)
}

/// Reads a block whose first line of text has this number into its step.
pub(super) fn read(
    step: &mut Step,
    info: &str,
    text: &str,
    line: usize,
    troubles: &mut Vec<Trouble>,
) {
    let (key, label) = info.split_once(char::is_whitespace).unwrap_or((info, ""));
    if text.trim().is_empty() && is_key(key) {
        let what = format!("the block `{key}` is empty");
        return troubles.push(Trouble::new(line - 1, what, "write into it, or leave it out"));
    }
    let found = match key {
        "stage" => stage(text, label.trim(), line).map(Block::Stage),
        "show" => show(step, text, line).map(Block::Show),
        "spotlight" => Ok(Block::Spotlight { name: text.trim().to_owned(), line }),
        "observe" => {
            let read = Template::parse(&joined(text));
            read.map(Block::Observe).map_err(|error| unread("observe", &error, line))
        }
        "predict" => Ok(Block::Predict(predict(text, line, troubles))),
        "task" => {
            Ok(Block::Task(Task { text: prose::chunks(text, line, troubles), checks: Vec::new() }))
        }
        "check" => return check(step, text, line, troubles),
        "hint" => hint(step, text, line, troubles),
        "further" => Ok(Block::Further(prose::chunks(text, line, troubles))),
        _ => {
            let keys: Vec<&str> = KEYS.iter().map(|it| it.0).collect();
            let fix =
                format!("there are: {}; plain code has no word after the fence", keys.join(", "));
            let what = format!("`{}` is no key", clipped(key));
            troubles.push(Trouble::new(line - 1, what, fix));
            Ok(Block::Prose(vec![Chunk::Code(text.to_owned())]))
        }
    };
    match found {
        Ok(block) => step.blocks.push(block),
        Err(trouble) => troubles.push(trouble),
    }
}

/// Lines of one expression.
fn joined(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join(" ").trim().to_owned()
}

fn unread(key: &str, error: &TextError, line: usize) -> Trouble {
    let what = format!("the {key} cannot be read");
    Trouble::new(line, what, error.to_string())
}

fn stage(text: &str, label: &str, line: usize) -> Result<Stage, Trouble> {
    let mut link = String::new();
    for part in text.lines().map(|it| it.trim().trim_start_matches(['#', '&'])) {
        // A program goes on over several lines.
        if !link.is_empty() && !part.is_empty() && !link.ends_with([';', '&']) {
            link.push('&');
        }
        link.push_str(part);
    }
    let link = link.trim_end_matches('&').to_owned();
    if let Some(part) = link.split('&').find(|it| !it.contains('=')) {
        let what = format!("“{}” is no part of a link", clipped(part));
        return Err(Trouble::new(line, what, "write `name=value`, as in the address of the page"));
    }
    let label = (!label.is_empty()).then(|| label.to_owned());
    Ok(Stage { label, link, line })
}

fn show(step: &Step, text: &str, line: usize) -> Result<Stage, Trouble> {
    if step.blocks.iter().any(|it| matches!(it, Block::Show(_))) {
        return Err(Trouble::new(line, "the step has two `show`", "leave one of the two out"));
    }
    stage(text, "", line)
}

fn check(step: &mut Step, text: &str, line: usize, troubles: &mut Vec<Trouble>) {
    let task = step.blocks.iter_mut().rev().find_map(|it| match it {
        Block::Task(task) => Some(task),
        _ => None,
    });
    let Some(task) = task else {
        let fix = "put it below a `task` of the same step";
        return troubles.push(Trouble::new(line, "the check has no task", fix));
    };
    match Expression::parse_truth(&joined(text)) {
        Ok(read) => task.checks.push(read),
        Err(error) => troubles.push(unread("check", &error, line)),
    }
}

fn hint(
    step: &Step,
    text: &str,
    line: usize,
    troubles: &mut Vec<Trouble>,
) -> Result<Block, Trouble> {
    if MOST_HINTS <= step.blocks.iter().filter(|it| matches!(it, Block::Hint(_))).count() {
        let what = format!("the step has more than {MOST_HINTS} hints");
        return Err(Trouble::new(line, what, "leave this one out"));
    }
    Ok(Block::Hint(prose::chunks(text, line, troubles)))
}

/// A question, then answers that begin with `- `.
fn predict(text: &str, line: usize, troubles: &mut Vec<Trouble>) -> Predict {
    let lines: Vec<&str> = text.lines().collect();
    let first = lines.iter().position(|it| it.starts_with("- ")).unwrap_or(lines.len());
    let question = prose::chunks(&lines[..first].join("\n"), line, troubles);
    let mut answers: Vec<(usize, String)> = Vec::new();
    for (at, words) in lines.iter().enumerate().skip(first) {
        match (words.strip_prefix("- "), answers.last_mut()) {
            (Some(answer), _) => answers.push((line + at, answer.trim().to_owned())),
            (None, Some(before)) if !words.trim().is_empty() => {
                before.1.push(' ');
                before.1.push_str(words.trim());
            }
            _ => {}
        }
    }
    let choices: Vec<Choice> =
        answers.iter().map(|(line, text)| choice(text, *line, troubles)).collect();
    let is_right = |it: &&Choice| it.right != Right::No;
    let n_marked = choices.iter().filter(|it| it.right == Right::Yes).count();
    let mut fault = |what: &str, fix: &str| troubles.push(Trouble::new(line, what, fix));
    if choices.len() < 2 {
        fault("the prediction has no choice", "write two or more answers, each after `- `");
    } else if choices.iter().filter(is_right).count() == 0 {
        fault("no answer is right", "end the right one with ` *`, or with an expression in braces");
    } else if 1 < n_marked {
        fault("more than one answer is marked as right", "leave one `*`");
    }
    Predict { question, choices }
}

/// An answer with its mark: ` *`, or an expression in braces.
fn choice(text: &str, line: usize, troubles: &mut Vec<Trouble>) -> Choice {
    if let Some(text) = text.strip_suffix('*').filter(|it| it.ends_with(' ')) {
        return Choice { text: prose::line(text.trim(), line, troubles), right: Right::Yes };
    }
    let braces = text.strip_suffix('}').and_then(|it| it.rsplit_once(" {"));
    let Some((text, expression)) = braces else {
        return Choice { text: prose::line(text, line, troubles), right: Right::No };
    };
    let right = match Expression::parse_truth(expression) {
        Ok(read) => Right::When(read),
        Err(error) => {
            troubles.push(unread("answer", &error, line));
            Right::No
        }
    };
    Choice { text: prose::line(text.trim(), line, troubles), right }
}
