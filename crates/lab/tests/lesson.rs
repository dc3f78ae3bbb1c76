//! Lessons: what is read of them, what is said of each fault, and that no text makes it panic.

#![allow(
    clippy::unwrap_used,
    clippy::too_many_lines,
    reason = "allow-unwrap-in-tests covers test functions only, and tables of cases are long"
)]

use std::{fs, path::Path};

use lab::lesson::{
    Block, Chunk, Expression, Fact, Facts, Inline, KEYS, Lesson, MOST_BYTES, Right, Template,
    Trouble, Value,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A run in which head 2.1 was ablated, and that has no attention row yet.
struct Run;

impl Facts for Run {
    fn get(&self, fact: Fact, arguments: &[Value]) -> Option<Value> {
        let number = |value: f64| Some(Value::Number(value));
        let words = |text: &str| Some(Value::Text(text.to_owned()));
        match fact {
            Fact::Top => words("barn"),
            Fact::Prob => number(if arguments[0].text() == Some("barn") { 0.75 } else { 0.25 }),
            Fact::AMinusB => number(1.5),
            Fact::Layer => number(2.0),
            Fact::Head => number(1.0),
            Fact::Cut => Some(Value::Truth(arguments[0].text() == Some("head.2.1"))),
            Fact::StepSize => {
                let sum: f64 = arguments.iter().filter_map(Value::number).sum();
                number(sum)
            }
            Fact::HalfLife => number(f64::NAN),
            // Of the wrong kind, which is none.
            Fact::Model => number(1.0),
            _ => None,
        }
    }
}

const HEAD: &str = "---\ntitle: Test\nversion: 1\n---\n";

/// A lesson of one step.
fn step(body: &str) -> (Vec<Block>, Vec<Trouble>) {
    let (mut lesson, troubles) = Lesson::read(&format!("{HEAD}# One\n{body}"));
    assert_eq!(lesson.steps.len(), 1, "{troubles:?}");
    (lesson.steps.remove(0).blocks, troubles)
}

/// The first block of a step without a fault.
fn block(body: &str) -> Block {
    let (blocks, troubles) = step(body);
    assert_eq!(troubles, [], "{body}");
    blocks.into_iter().next().unwrap()
}

fn text(words: &str) -> Inline {
    Inline::Text(words.to_owned())
}

#[test]
fn the_head_says_what_a_lesson_is() {
    let head = "---\ntitle: Where: the answer\nminutes: 5\nmodel: tales\nversion: 1\n---\n# A\nb";
    let (lesson, troubles) = Lesson::read(head);
    assert_eq!(troubles, []);
    assert_eq!(lesson.front.title, "Where: the answer");
    assert_eq!((lesson.front.minutes, lesson.front.model.as_deref()), (Some(5), Some("tales")));
    let (windows, troubles) = Lesson::read(&format!("\u{feff}{}", head.replace('\n', "\r\n")));
    assert_eq!((windows, troubles), (lesson, Vec::new()));
}

#[test]
fn prose_is_a_tree() {
    let (blocks, troubles) = step(
        "One *two* **three** `four`\n[five](https://example.org/a?b=c) $x^2$.\n\n\
         1. first\n2. second\n   - inner\n\n## Small\n\n    code\n\n```\nplain\n```\n",
    );
    assert_eq!(troubles, []);
    let [Block::Prose(chunks)] = &blocks[..] else { panic!("{blocks:?}") };
    let Chunk::Paragraph(line) = &chunks[0] else { panic!("{chunks:?}") };
    assert_eq!(line[0], text("One "));
    assert_eq!(line[1], Inline::Emphasis(vec![text("two")]));
    assert_eq!(line[3], Inline::Strong(vec![text("three")]));
    assert_eq!(line[5], Inline::Code("four".into()));
    let to = "https://example.org/a?b=c".to_owned();
    assert_eq!(line[7], Inline::Link { to, inner: vec![text("five")] });
    assert!(matches!(&line[9], Inline::Formula(it) if it.mathml.starts_with("<math")));
    let Chunk::List { first: Some(1), items } = &chunks[1] else { panic!("{chunks:?}") };
    assert_eq!(items[0], [Chunk::Paragraph(vec![text("first")])]);
    assert!(matches!(&items[1][1], Chunk::List { first: None, .. }), "{items:?}");
    assert_eq!(chunks[2], Chunk::Heading(vec![text("Small")]));
    assert_eq!(chunks[3..], ["code\n", "plain\n"].map(|it| Chunk::Code(it.into())));
}

#[test]
fn html_is_text_and_other_addresses_are_no_links() {
    let (blocks, troubles) = step(
        "<script>alert(1)</script>\n\na <b onclick=\"x\">c</b> [go](javascript:alert(1)) ![p](x.png)",
    );
    let [Block::Prose(chunks)] = &blocks[..] else { panic!("{blocks:?}") };
    let [Chunk::Paragraph(script), Chunk::Paragraph(line)] = &chunks[..] else {
        panic!("{chunks:?}")
    };
    assert_eq!(script[..], [text("<script>alert(1)</script>")]);
    assert_eq!(line[0], text("a <b onclick=\"x\">c</b> "));
    assert!(!format!("{line:?}").contains("Link"), "{line:?}");
    assert_eq!(troubles.len(), 2, "{troubles:?}");
    assert!(troubles[0].what.contains("javascript") && troubles[1].what.contains("pictures"));
}

#[test]
fn every_block_is_read() {
    let Block::Stage(stage) = block(
        "```stage Show the transformer\nmodel=tales\n#prompt=a b&\na=x&b=y\ndo=mlp.0 scale 0;\nmlp.1 set mean\n```",
    ) else {
        panic!()
    };
    assert_eq!(stage.label.as_deref(), Some("Show the transformer"));
    let link = "model=tales&prompt=a b&a=x&b=y&do=mlp.0 scale 0;mlp.1 set mean";
    assert_eq!((stage.link.as_str(), stage.line), (link, 7));

    let spotlight = block("```spotlight\nsecond\n```");
    assert_eq!(spotlight, Block::Spotlight { name: "second".into(), line: 7 });
    let Block::Observe(observe) = block("```observe\nL{layer}:\n{prob(\"barn\")} {weight}\n```")
    else {
        panic!()
    };
    assert_eq!(observe.say(&Run, |it| format!("{it:?}")), "LNumber(2.0): Number(0.75) —");

    let body = "```predict\nWhat *happens*?\n- It grows\n  by much\n- It falls *\n- It stays {layer == 2}\n```";
    let Block::Predict(predict) = block(body) else { panic!() };
    assert_eq!(predict.question.len(), 1);
    assert_eq!(predict.choices[0].text, [text("It grows by much")]);
    assert_eq!(predict.choices[1].right, Right::Yes);
    assert_eq!(predict.choices[2].is_right(&Run), Some(true));
    assert_eq!(predict.choices[2].text, [text("It stays")]);

    let (blocks, troubles) = step(
        "```task\nDo it.\n```\n```check\ncut(\"head.2.1\") and\na_minus_b < 2\n```\n```check\nweight > 0\n```\n\
         ```hint\nLook.\n```\n```show\nmodel=tales\n```\n```further\n- [a](https://b.org)\n```",
    );
    assert_eq!(troubles, []);
    let [Block::Task(task), Block::Hint(_), Block::Show(_), Block::Further(_)] = &blocks[..] else {
        panic!("{blocks:?}")
    };
    assert_eq!((task.checks.len(), task.is_done(&Run)), (2, None));
    assert!(task.checks[0].names(&[Fact::Cut]) && !task.checks[0].names(&[Fact::Weight]));
}

#[test]
fn every_fault_is_said_with_its_line_and_the_rest_is_read() {
    for (body, line, said) in [
        ("```stge\nx=1\n```", 6, "`stge` is no key"),
        ("```stage\n```", 6, "is empty"),
        ("```stage\nmodel\n```", 7, "“model” is no part of a link"),
        ("```observe\nprobability(\"a\")\n```", 7, "the observe cannot be read"),
        ("```observe\n{layer\n```", 7, "the observe cannot be read"),
        ("```check\nlayer == 1\n```", 7, "the check has no task"),
        ("```task\na\n```\n```check\nlayer ==\n```", 10, "the check cannot be read"),
        ("```task\na\n```\n```check\nlayer\n```", 10, "the check cannot be read"),
        ("```predict\nWhy?\n- a *\n```", 7, "no choice"),
        ("```predict\nWhy?\n- a\n- b\n```", 7, "no answer is right"),
        ("```predict\nWhy?\n- a *\n- b *\n```", 7, "more than one answer"),
        ("```predict\nWhy?\n- a *\n- b {layr == 1}\n```", 9, "the answer cannot be read"),
        (
            "```hint\na\n```\n```hint\na\n```\n```hint\na\n```\n```hint\na\n```",
            16,
            "more than 3 hints",
        ),
        ("```show\na=1\n```\n```show\na=1\n```", 10, "two `show`"),
        ("- in a list\n  ```stage\n  a=1\n  ```", 7, "inside a list"),
        ("line\nline $\\frac{1}$ line", 7, "the formula"),
        ("$\\unknown$", 6, "the formula"),
        ("$$\\operatorname{<img src=x>}$$", 6, "the formula"),
        ("[a](ftp://b)", 6, "no address of http"),
        ("```task\none\n[a](ftp://b)\n```", 8, "no address of http"),
    ] {
        let (blocks, troubles) = step(&format!("{body}\n\nthe rest"));
        assert_eq!(troubles.len(), 1, "{body}: {troubles:?}");
        let Trouble { line: at, what, fix } = &troubles[0];
        assert!(*at == line && what.contains(said) && !fix.is_empty(), "{body}: {troubles:?}");
        let last = format!("{:?}", blocks.last().unwrap());
        assert!(last.contains("the rest"), "{body}: {last}");
    }
}

#[test]
fn faults_of_the_head_and_of_the_whole_are_said() {
    let one = "# One\ntext";
    for (text, line, said) in [
        (one.to_owned(), 1, "no head"),
        (format!("---\ntitle: a\nversion: 1\n{one}"), 1, "does not end"),
        (format!("---\ntitle: a\n---\n{one}"), 1, "says no version"),
        (format!("---\nversion: 1\n---\n{one}"), 1, "says no title"),
        (format!("---\ntitle: a\nversion: 2\n---\n{one}"), 3, "of version 2"),
        (format!("---\ntitle: a\nversion: x\n---\n{one}"), 3, "“x” is no version"),
        (format!("---\ntitle:\nversion: 1\n---\n{one}"), 2, "the title is empty"),
        (format!("---\ntitle: a\nversion: 1\nminutes: few\n---\n{one}"), 4, "number of minutes"),
        (format!("---\ntitle: a\nversion: 1\ncolour: red\n---\n{one}"), 4, "`colour` is no key"),
        (format!("---\ntitle: a\nversion: 1\ntitle: b\n---\n{one}"), 4, "said twice"),
        (format!("---\ntitle: a\nversion: 1\nhello\n---\n{one}"), 4, "no `key: value`"),
        (format!("{HEAD}early\n\nand early\n{one}"), 5, "before the first step"),
        (format!("{HEAD}#\ntext\n{one}"), 5, "no title"),
        (format!("{HEAD}no step"), 5, "before the first step"),
        (HEAD.to_owned(), 5, "no step"),
        (String::new(), 1, "no head"),
        (format!("{HEAD}{one}{}", " ".repeat(MOST_BYTES)), 1, "bytes"),
    ] {
        let (_, troubles) = Lesson::read(&text);
        let found = troubles.iter().find(|it| it.what.contains(said));
        let start: String = text.chars().take(80).collect();
        assert_eq!(found.map(|it| it.line), Some(line), "{start}: {troubles:?}");
    }
    // What can be shown is shown.
    let (lesson, _) = Lesson::read(&format!("---\ntitle: a\nversion: 2\n---\n{one}"));
    assert_eq!((lesson.steps.len(), lesson.front.title.as_str()), (1, "a"));
    let (lesson, _) = Lesson::read(one);
    assert_eq!(lesson.steps.len(), 1);
}

#[test]
fn expressions_bind_as_usual_and_know_what_is_undecided() {
    for (text, wanted) in [
        ("1 + 2 * 3 == 7", Some(true)),
        ("-2 - -3 == 1 and (1 - 2) / 4 == -0.25", Some(true)),
        ("layer == 2 and head == 1", Some(true)),
        ("top == \"barn\" and prob(top) > 0.5", Some(true)),
        ("not top == \"barn\" or layer != 2", Some(false)),
        ("abs(-a_minus_b) >= 1.5 && !(head > 1)", Some(true)),
        ("cut(\"head.2.1\") == true", Some(true)),
        ("step_size(1, layer, 3) = 6", Some(true)),
        ("1 < 2 or weight > 1", Some(true)),
        ("1 > 2 and weight > 1", Some(false)),
        // Undecided, not false.
        ("weight > 1", None),
        ("not weight > 1", None),
        ("1 < 2 and weight > 1", None),
        ("1 > 2 or weight > 1", None),
        ("half_life(0, 0, 0) < 3", None),
        ("model == \"tales\"", None),
        ("0 / 0 == 1", None),
    ] {
        let read = Expression::parse_truth(text).unwrap_or_else(|why| panic!("{text}: {why}"));
        assert_eq!(read.holds(&Run), wanted, "{text}");
    }
}

#[test]
fn what_cannot_be_an_expression_is_said_with_its_place() {
    for (text, column, said) in [
        ("", 1, "missing before the end"),
        ("layer", 1, "compare this"),
        ("layr == 1", 1, "`layr` is not known; there are: top prob"),
        ("layer == \"a\"", 10, "a number is needed here, and this is a text"),
        ("top + 1 == 2", 1, "a number is needed here, and this is a text"),
        ("top < \"a\"", 7, "has no order"),
        ("prob(3) > 1", 6, "a text is needed"),
        ("prob > 1", 6, "`(` is missing"),
        ("step_size(1, 2) > 1", 15, "takes 3 values"),
        ("layer == 1 and 2", 16, "a comparison is needed"),
        ("layer == 1 2", 12, "one too many"),
        ("top == \"barn", 8, "not closed"),
        ("layer == 1 ; 2", 12, "has no meaning"),
        ("(layer == 1", 12, "`)` is missing"),
    ] {
        let error = Expression::parse_truth(text).unwrap_err();
        assert!(error.what.contains(said) && error.column == column, "{text}: {error:?}");
    }
    let deep = format!("{}1{} == 1", "(".repeat(200), ")".repeat(200));
    assert!(Expression::parse(&deep).unwrap_err().what.contains("deep"));
    assert!(Expression::parse(&"1+".repeat(2000)).unwrap_err().what.contains("at most"));
    let error = Template::parse("Δ is {step_size(1)}").unwrap_err();
    assert_eq!(error.column, 18, "{error}");
}

/// Every lesson of the page.
fn ours() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/lessons");
    let files = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
    let read = |path: std::path::PathBuf| {
        (
            path.file_name().unwrap().to_string_lossy().into_owned(),
            fs::read_to_string(path).unwrap(),
        )
    };
    files.map(read).collect()
}

#[test]
fn our_lessons_have_no_fault() {
    let all = ours();
    assert!(all.iter().any(|it| it.0 == "states.md"));
    for (name, text) in all {
        let (lesson, troubles) = Lesson::read(&text);
        assert_eq!(troubles, [], "{name}");
        assert!(lesson.front.minutes.is_some() && !lesson.steps.is_empty(), "{name}");
    }
}

#[test]
fn no_text_makes_it_panic() {
    let mut chance = ChaCha8Rng::seed_from_u64(7);
    let words = [
        "---\n",
        "title: a\n",
        "version: 1\n",
        "# ",
        "## ",
        "\n",
        "\n\n",
        "```",
        "```stage\n",
        "```check\n",
        "```task\n",
        "```predict\n",
        "```hint\n",
        "```observe\n",
        "- ",
        "1. ",
        "> ",
        "*",
        "**",
        "_",
        "`",
        "$",
        "$$",
        "\\frac",
        "\\sqrt",
        "{",
        "}",
        "^",
        "_",
        "\\left(",
        "\\begin{cases}",
        "\\end{cases}",
        "&",
        "<",
        ">",
        "[a](",
        ")",
        "![",
        "<b>",
        "</b>",
        "<!--",
        "layer",
        "==",
        "\"",
        "(",
        "prob(",
        "1",
        "1e9",
        ".",
        "and ",
        "not ",
        "é",
        "家",
        "\u{301}",
        "\0",
        "\t",
        "    ",
        "~~~",
        "a=b",
        "\\",
        "\\text{",
        "%",
        "#",
        "\u{feff}",
        "|",
        "--",
    ];
    for _ in 0..20_000 {
        let count = chance.random_range(1..40);
        let text: String = (0..count).map(|_| words[chance.random_range(0..words.len())]).collect();
        let (_, troubles) = Lesson::read(&format!("{HEAD}# a\n{text}"));
        assert!(troubles.iter().all(|it| !it.what.is_empty()));
        Lesson::read(&text);
        let said = Template::parse(&text).map(|it| it.say(&Run, |_| String::new()));
        assert!(said.is_ok() || said.is_err_and(|it| 0 < it.column));
        let value = Expression::parse(&text).map(|it| it.value(&Run));
        assert!(value.is_ok() || value.is_err_and(|it| 0 < it.column));
    }
    // Our own lessons with letters left out, put in or exchanged.
    for (_, text) in ours() {
        let letters: Vec<char> = text.chars().collect();
        for _ in 0..300 {
            let mut changed = letters.clone();
            for _ in 0..20 {
                let place = chance.random_range(0..changed.len());
                changed[place] =
                    ['`', '\n', '{', '"', '$', '#', '-', 'é'][chance.random_range(0..8)];
            }
            Lesson::read(&changed.into_iter().collect::<String>());
        }
    }
}

#[test]
fn no_formula_makes_it_panic_or_shows_what_could_act() {
    let mut chance = ChaCha8Rng::seed_from_u64(11);
    let words = [
        "\\frac",
        "\\sqrt",
        "{",
        "}",
        "[",
        "]",
        "^",
        "_",
        "a",
        "1",
        "\\left",
        "\\right",
        "(",
        ")",
        "\\begin{matrix}",
        "\\end{matrix}",
        "\\begin{array}{c|c}",
        "\\end{array}",
        "&",
        "\\\\",
        "\\text{<b>}",
        "\\operatorname{<img src=x onerror=y>}",
        "\\color{red}",
        "\\color{#é}",
        "\\not",
        "=",
        "<",
        ">",
        "|",
        "'",
        "\\sum",
        "\\mathbf",
        "\\big",
        "\\hspace{1em}",
        "\\hspace{1é}",
        "\\char é",
        "\\above",
        "\\over",
        "\\substack",
        "~",
        "#",
        "%",
        "é",
        "\\def\\a{\\a\\a}",
        "\\a",
        "\\begin{cases}",
        "\\end{cases}",
        "\\genfrac",
        "\\href{javascript:x}",
        "\"",
        "\\class",
        " ",
    ];
    for _ in 0..100_000 {
        let count = chance.random_range(1..10);
        let latex: String =
            (0..count).map(|_| words[chance.random_range(0..words.len())]).collect();
        let (blocks, _) = {
            let (mut lesson, troubles) = Lesson::read(&format!("{HEAD}# a\n$${latex}$$"));
            (lesson.steps.pop().map(|it| it.blocks).unwrap_or_default(), troubles)
        };
        let shown = format!("{blocks:?}");
        let mathml = shown.split("mathml: ").nth(1).and_then(|it| it.split("latex: ").next());
        for word in ["<img", "<b", "onerror=", "href", "<script", "url("] {
            assert!(mathml.is_none_or(|it| !it.contains(word)), "{latex}: {shown}");
        }
    }
    // Groups in groups need no stack.
    for latex in ["{", "\\sqrt{", "x^{", "\\left(", "\\frac{1}{", "\\begin{matrix}", "^", "\\hat"] {
        Lesson::read(&format!("{HEAD}# a\n$${}$$", latex.repeat(2_000 / latex.len())));
    }
    for mark in ["> ", "- ", "*", "[", "- a\n  ", "_a "] {
        Lesson::read(&format!("{HEAD}# a\n{}", mark.repeat(60_000)));
    }
}

#[test]
fn every_key_says_what_it_is_for() {
    assert!(KEYS.iter().all(|it| !it.0.is_empty() && !it.1.is_empty()));
    for (at, fact) in Fact::ALL.iter().enumerate() {
        assert_eq!(Fact::named(fact.name()), Some(*fact));
        assert!(Fact::ALL[..at].iter().all(|it| it.name() != fact.name()));
    }
}
