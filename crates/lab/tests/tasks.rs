//! What holds of every task, and what each one is, held to computations written apart from it.

#![allow(
    clippy::unwrap_used,
    clippy::too_many_lines,
    reason = "allow-unwrap-in-tests covers test functions only, and tables of cases are long"
)]

use lab::task::{
    Args, ChaCha8Rng, Fact, Inputs, Row, Size, Targets, Task, generator, held_out, ids, mess3,
    rrxor, shuffled, task,
};
use rand_chacha::rand_core::SeedableRng;

/// Every task with sizes: the least, one as in training, and one beyond.
fn all() -> Vec<(Box<dyn Task>, [Size; 3])> {
    let sizes = |id: &str| match id {
        "copying" => [1, 16, 40],
        "recall" => [1, 16, 52],
        "parity" | "a5" => [1, 20, 300],
        "mess3" | "rrxor" => [1, 10, 40],
        "coins" => [1, 10, 200],
        _ => panic!("name sizes for {id}"),
    };
    let made = |id| (task(id, &Args::new()).expect("a task of our own"), sizes(id).map(Size));
    ids().map(made).collect()
}

fn drawn(task: &dyn Task, size: Size, seed: u64) -> Row {
    task.row(size, &mut ChaCha8Rng::seed_from_u64(seed))
}

fn texts(task: &dyn Task, row: &Row) -> Vec<String> {
    let words = task.words();
    row.inputs.words().iter().map(|&it| words[it as usize].clone()).collect()
}

/// Each task, size and seed.
fn every_row(mut check: impl FnMut(&dyn Task, Size, &Row)) {
    for (task, sizes) in all() {
        for size in sizes {
            for seed in 0..20 {
                check(&*task, size, &drawn(&*task, size, seed));
            }
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_row_and_another_another() {
    for (task, [_, size, _]) in all() {
        assert_eq!(drawn(&*task, size, 1), drawn(&*task, size, 1), "{}", task.id());
        assert_ne!(drawn(&*task, size, 1).inputs, drawn(&*task, size, 2).inputs, "{}", task.id());
    }
}

#[test]
fn rows_have_a_target_a_weight_and_a_fact_for_every_position() {
    every_row(|task, size, row| {
        let n = task.n_tokens(size);
        let id = task.id();
        assert_eq!(
            (row.n_positions(), row.inputs.words().len(), row.n_items),
            (n, n, size.0),
            "{id}"
        );
        let n_words = task.words().len() as u32;
        assert!(row.inputs.words().iter().all(|&it| it < n_words && it != 1), "{id}");
        assert_eq!(row.inputs.words()[0], 0, "{id} begins with the beginning mark");
        match &row.targets {
            Targets::Words(ids) => {
                assert_eq!((ids.len(), &row.drawn), (n, &None), "{id}");
                assert!(ids.iter().all(|&it| it < n_words), "{id}");
            }
            Targets::Distributions { width, values } => {
                assert_eq!((*width as u32, values.len()), (n_words, n * width), "{id}");
                for share in values.chunks(*width).map(|it| it.iter().sum::<f32>()) {
                    assert!((share - 1.0).abs() < 1e-5, "{id}: {share}");
                }
                let came = row.drawn.as_ref().unwrap();
                assert_eq!(came.len(), n, "{id}");
                assert_eq!(came[..n - 1], row.inputs.words()[1..], "{id}");
                for (position, &word) in came.iter().enumerate() {
                    assert!(0.0 < values[position * width + word as usize], "{id} at {position}");
                }
            }
            Targets::Numbers { .. } => panic!("{id} has words"),
        }
        for (name, fact) in &row.facts {
            match fact {
                Fact::Classes { names, at } => {
                    assert_eq!(at.len(), n, "{id} {name}");
                    assert!(at.iter().all(|&it| (it as usize) < names.len()), "{id} {name}");
                }
                Fact::Vectors { names, values } => {
                    assert_eq!(values.len(), n * names.len(), "{id} {name}");
                }
            }
        }
        assert!(row.weights.iter().any(|it| 0.0 < *it), "{id} asks for something");
    });
}

#[test]
fn a_row_that_is_read_is_the_row_that_was_drawn() {
    every_row(|task, _, row| {
        let words = texts(task, row);
        let prompt: Vec<&str> = words[1..].iter().map(String::as_str).collect();
        let read = task.read(&prompt).unwrap();
        assert_eq!(read, Row { drawn: None, ..row.clone() }, "{}: {prompt:?}", task.id());
        assert!(task.is_meant(&prompt), "{}: {prompt:?}", task.id());
    });
}

#[test]
fn where_order_says_nothing_the_same_items_have_the_same_distribution() {
    let mut n_tasks = 0;
    for (task, [_, _, size]) in all().into_iter().filter(|it| it.0.is_exchangeable()) {
        n_tasks += 1;
        let row = drawn(&*task, size, 5);
        let mut words = texts(&*task, &row).split_off(1);
        let before = words.clone();
        words.reverse();
        assert_ne!(words, before);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let other = task.read(&words).unwrap();
        let last = |row: &Row| match &row.targets {
            Targets::Distributions { width, values } => values[values.len() - width..].to_vec(),
            it => panic!("{it:?}"),
        };
        assert_eq!(last(&row), last(&other), "{}", task.id());
    }
    assert_eq!(n_tasks, 1, "coins");
}

#[test]
fn every_beginning_of_a_row_that_can_be_read_has_the_same_facts() {
    every_row(|task, _, row| {
        let words = texts(task, row);
        for end in 1..words.len().min(40) {
            let prompt: Vec<&str> = words[1..end].iter().map(String::as_str).collect();
            let Ok(read) = task.read(&prompt) else { continue };
            assert_eq!(read.inputs.words(), &row.inputs.words()[..end], "{}", task.id());
            assert_eq!(read.answer(end - 1), row.answer(end - 1), "{} at {end}", task.id());
        }
    });
}

#[test]
fn the_target_is_right_and_every_other_word_is_wrong() {
    every_row(|task, _, row| {
        let right: Vec<u32> = (0..row.n_positions()).map(|it| row.answer(it).unwrap()).collect();
        let asked = row.weights.iter().filter(|it| 0.0 < **it).count();
        let verdict = task.judge(row, &right);
        assert_eq!((verdict.n_right, verdict.n_asked), (asked, asked), "{}", task.id());
        assert!(verdict.is_right());
        let position = row.weights.iter().rposition(|it| 0.0 < *it).unwrap();
        let mut n_accepted = 0;
        for word in 0..task.words().len() as u32 {
            let mut changed = right.clone();
            changed[position] = word;
            let verdict = task.judge(row, &changed);
            n_accepted += usize::from(verdict.is_right());
            assert!(verdict.n_right + 1 >= asked);
        }
        match &row.targets {
            Targets::Words(_) => assert_eq!(n_accepted, 1, "{}", task.id()),
            // Words that are as probable are right alike, the two marks never are.
            _ => assert!(n_accepted <= task.words().len() - 2, "{}", task.id()),
        }
        assert_eq!(task.judge(row, &[]).n_right, 0, "nothing said is nothing right");
    });
}

#[test]
fn pictures_are_bright_where_the_truth_is() {
    for (task, [_, size, _]) in all() {
        let row = drawn(&*task, size, 1);
        for position in 0..row.n_positions() {
            let Some(picture) = task.picture(&row, position) else { continue };
            let bright: f32 = picture.nodes.iter().map(|it| it.brightness).sum();
            assert!((bright - 1.0).abs() < 1e-5, "{} at {position}: {bright}", task.id());
            assert!(picture.edges.iter().all(|it| it.from.max(it.to) < picture.nodes.len()));
        }
        assert_eq!(task.picture(&row, row.n_positions()), None, "{}", task.id());
    }
    let names = all()
        .iter()
        .filter_map(|(task, sizes)| {
            task.picture(&drawn(&**task, sizes[0], 1), 0).map(|_| task.id())
        })
        .collect::<Vec<_>>();
    assert_eq!(names, ["parity", "mess3", "rrxor"]);
}

#[test]
fn names_and_arguments_that_are_wrong_are_named() {
    let text = |id: &str, args: &[(&str, f64)]| {
        let args: Args = args.iter().map(|&(name, value)| (name.to_owned(), value)).collect();
        task(id, &args).map(|it| it.id()).unwrap_err().to_string()
    };
    assert!(text("chess", &[]).contains("there is no task \"chess\"; there are: copying recall"));
    assert!(
        text("parity", &[("x", 1.0)]).contains("parity has no argument \"x\"; there are: none")
    );
    assert!(text("mess3", &[("y", 1.0)]).contains("there are: x alpha"));
    assert!(text("mess3", &[("x", 0.5)]).contains("x is 0.5; it must be more than 0"));
    assert!(text("mess3", &[("alpha", f64::NAN)]).contains("alpha is NaN"));
    let other = task("mess3", &[("x".to_owned(), 0.2)].into()).unwrap();
    assert_ne!(other.floor(Size(3)), task("mess3", &Args::new()).unwrap().floor(Size(3)));
}

// ---- deterministic tasks: nothing is left to chance

#[test]
fn tasks_with_one_answer_have_no_floor_but_zero() {
    for (task, sizes) in all() {
        let row = drawn(&*task, sizes[1], 3);
        if matches!(row.targets, Targets::Words(_)) {
            assert_eq!(task.floor(sizes[1]), Some(0.0), "{}", task.id());
        }
    }
}

#[test]
fn a_copy_is_the_letters_again_and_a_stop() {
    let task = task("copying", &Args::new()).unwrap();
    let words = task.words();
    let read = |prompt: &str| task.read(&prompt.split_whitespace().collect::<Vec<_>>());
    let answer = |prompt: &str| {
        let row = read(prompt).unwrap();
        (words[row.answer(row.n_positions() - 1).unwrap() as usize].clone(), row.n_items)
    };
    assert_eq!(answer("q w e r t y | q w e"), ("r".into(), 6));
    assert_eq!(answer("m n m n o m n p | m n m n o"), ("m".into(), 8));
    assert_eq!(answer("m n |"), ("m".into(), 2));
    assert_eq!(answer("m n | m n"), (".".into(), 2));
    let wrong = ["", "m n", "| m", "m N | m", "m n | n", "m n | m n .", "mn |", "é |"];
    for prompt in wrong {
        assert!(read(prompt).is_err(), "{prompt}");
    }
}

#[test]
fn a_value_is_that_of_its_key() {
    let task = task("recall", &Args::new()).unwrap();
    let words = task.words();
    let read = |prompt: &str| task.read(&prompt.split_whitespace().collect::<Vec<_>>());
    let answer = |prompt: &str| {
        let row = read(prompt).unwrap();
        (words[row.answer(row.n_positions() - 1).unwrap() as usize].clone(), row.n_items)
    };
    assert_eq!(answer("a 7 b 12 c 3 | b 12 c"), ("3".into(), 3));
    assert_eq!(answer("a 7 A 12 | A"), ("12".into(), 2));
    let wrong = [
        "",
        "a 7 b 12",
        "a 7 | a 7",
        "a 7 | b",
        "a 7 a 8 | a",
        "a 50 | a",
        "7 a | a",
        "a 07 | a",
        "a 7 b | a",
        "a 7 b 8 | 7 b",
        "a 7 |",
        "| a",
    ];
    for prompt in wrong {
        assert!(read(prompt).is_err(), "{prompt}");
    }
    // A key that was given twice does not count, though one after it may.
    let row = read("a 7 a 8 b 9 | a 7 b").unwrap();
    assert_eq!(row.weights.iter().filter(|it| 0.0 < **it).count(), 1);
}

#[test]
fn parity_counts_ones_and_a5_moves_things() {
    let answer = |id: &str, prompt: &str| {
        let task = task(id, &Args::new()).unwrap();
        let row = task.read(&prompt.split_whitespace().collect::<Vec<_>>()).ok()?;
        Some(task.words()[row.answer(row.n_positions() - 1)? as usize].clone())
    };
    let cases = [
        ("parity", "1 0 1 1 0", "odd"),
        ("parity", "1 1 1 1 1 1 1 1", "even"),
        ("parity", "", "even"),
        ("a5", "", "12345"),
        ("a5", "a", "23451"),
        ("a5", "b", "23145"),
        // Thing 1 goes to place 2 by a, and from there to place 3 by b.
        ("a5", "a b", "31452"),
        ("a5", "a a a a a", "12345"),
        ("a5", "b b b", "12345"),
    ];
    for (id, prompt, expected) in cases {
        assert_eq!(answer(id, prompt).as_deref(), Some(expected), "{id}: {prompt}");
    }
    for (id, prompt) in
        [("parity", "1 0 2"), ("parity", "10"), ("parity", "odd"), ("a5", "a c"), ("a5", "ab")]
    {
        assert_eq!(answer(id, prompt), None, "{id}: {prompt}");
    }
}

#[test]
fn moves_of_a5_make_a_group_of_sixty() {
    let task = task("a5", &Args::new()).unwrap();
    let row = drawn(&*task, Size(600), 1);
    let Some(Fact::Classes { names, at }) = row.fact("state") else { panic!("a5 has a state") };
    let inputs = row.inputs.words();
    // Each thing goes where the cycle takes its place.
    for position in 1..row.n_positions() {
        let cycle = ["12345", "123"][inputs[position] as usize - 2];
        let moved = |it: char| match cycle.find(it) {
            Some(place) => cycle.chars().nth((place + 1) % cycle.len()).unwrap(),
            None => it,
        };
        let expected: String = names[at[position - 1] as usize].chars().map(moved).collect();
        assert_eq!(names[at[position] as usize], expected);
    }
    let mut met = at.clone();
    met.sort_unstable();
    met.dedup();
    assert_eq!(met.len(), 60);
}

// ---- processes with a belief, against sums over every path of hidden states

/// The probability of the words and of ending in each state: a sum over all paths, no filter.
fn by_paths(steps: &[Vec<Vec<f64>>], first: &[f64], words: &[usize]) -> Vec<f64> {
    let n = first.len();
    let mut ends = vec![0.0; n];
    let n_paths = n.pow(words.len() as u32 + 1);
    for path in 0..n_paths {
        let state = |step: usize| path / n.pow(step as u32) % n;
        let mut share = first[state(0)];
        for (step, &word) in words.iter().enumerate() {
            share *= steps[word][state(step)][state(step + 1)];
        }
        ends[state(words.len())] += share;
    }
    ends
}

/// All sequences of `n` words.
fn sequences(n_words: usize, n: usize) -> Vec<Vec<usize>> {
    let digits = |it: usize| (0..n).map(|place| it / n_words.pow(place as u32) % n_words).collect();
    (0..n_words.pow(n as u32)).map(digits).collect()
}

#[test]
fn beliefs_are_those_of_a_sum_over_all_paths() {
    for hmm in [mess3(0.05, 0.85), mess3(0.2, 0.4), rrxor()] {
        let names = hmm.words();
        for words in sequences(names.len() - 2, 5) {
            let prompt: Vec<&str> = words.iter().map(|it| names[2 + it].as_str()).collect();
            let ends = by_paths(hmm.steps(), hmm.stationary(), &words);
            let total: f64 = ends.iter().sum();
            let read = hmm.read(&prompt);
            if total == 0.0 {
                assert!(read.unwrap_err().to_string().contains("never writes"), "{prompt:?}");
                continue;
            }
            let row = read.unwrap();
            let Some(Fact::Vectors { values, .. }) = row.fact("belief") else { panic!() };
            let last = &values[values.len() - ends.len()..];
            for (found, expected) in last.iter().zip(&ends) {
                assert!((f64::from(*found) - expected / total).abs() < 1e-6, "{prompt:?}");
            }
        }
    }
}

/// The floor by its definition: entropies of what comes next, over all sequences of words.
fn floor_by_sums(hmm: &lab::task::Hmm, n: usize) -> f64 {
    let n_words = hmm.words().len() - 2;
    let share =
        |words: &[usize]| -> f64 { by_paths(hmm.steps(), hmm.stationary(), words).iter().sum() };
    let after = |n: usize| -> f64 {
        let each = |words: Vec<usize>| -> f64 {
            let before = share(&words);
            let cost = |word: usize| {
                let joint = share(&[&words[..], &[word]].concat());
                if joint == 0.0 { 0.0 } else { -joint * (joint / before).ln() }
            };
            if before == 0.0 { 0.0 } else { (0..n_words).map(cost).sum() }
        };
        sequences(n_words, n).into_iter().map(each).sum()
    };
    (1..=n).map(after).sum::<f64>() / n as f64
}

#[test]
fn floors_are_the_entropies_of_what_comes_next() {
    for hmm in [mess3(0.05, 0.85), mess3(0.3, 0.6), rrxor()] {
        for n in 1..=4 {
            let (found, expected) = (hmm.floor(Size(n)).unwrap(), floor_by_sums(&hmm, n));
            assert!((found - expected).abs() < 1e-9, "{} {n}: {found} {expected}", hmm.id());
        }
        assert_eq!(hmm.floor(Size(0)), None);
    }
    assert_eq!(mess3(0.05, 0.85).floor(Size(40)), None, "too many beliefs to sum over");
    assert!(rrxor().floor(Size(40)).is_some(), "a few beliefs come again and again");
}

#[test]
fn floors_are_those_that_were_computed_elsewhere() {
    // Sums in Python for the averages over 1 to 10 words that were seen.
    let floor = |hmm: lab::task::Hmm| hmm.floor(Size(10)).unwrap();
    assert!((floor(mess3(0.05, 0.85)) - 0.80251).abs() < 5e-6, "{}", floor(mess3(0.05, 0.85)));
    assert!((floor(rrxor()) - 0.57819).abs() < 5e-6, "{}", floor(rrxor()));
}

#[test]
fn rrxor_has_36_beliefs() {
    let hmm = rrxor();
    let mut met = std::collections::BTreeSet::new();
    for seed in 0..3_000 {
        let row = drawn(&hmm, Size(12), seed);
        let Some(Fact::Vectors { values, .. }) = row.fact("belief") else { panic!() };
        for belief in values.chunks(5) {
            met.insert(belief.iter().map(|it| (it * 1e4).round() as i64).collect::<Vec<_>>());
        }
    }
    assert_eq!(met.len(), 36);
}

#[test]
fn words_come_as_often_as_the_process_says() {
    // Five standard deviations of a share of 40,000 draws, at the fixed seeds of this test.
    for hmm in [mess3(0.05, 0.85), rrxor()] {
        let mut counts = std::collections::BTreeMap::<Vec<u32>, f64>::new();
        let n = 40_000;
        for seed in 0..n {
            let row = drawn(&hmm, Size(3), seed);
            *counts.entry(row.inputs.words()[1..].to_vec()).or_default() += 1.0;
        }
        for words in sequences(hmm.words().len() - 2, 3) {
            let key: Vec<u32> = words.iter().map(|&it| 2 + it as u32).collect();
            let share: f64 = by_paths(hmm.steps(), hmm.stationary(), &words).iter().sum();
            let found = counts.get(&key).copied().unwrap_or(0.0) / n as f64;
            let most = 5.0 * (share * (1.0 - share) / n as f64).sqrt();
            assert!((found - share).abs() <= most, "{} {words:?}: {found} {share}", hmm.id());
        }
    }
}

// ---- coins

/// ∫ pʰ (1−p)ᵗ dp from 0 to 1, by Simpson's rule, which is exact enough for small powers.
fn integral(n_heads: i32, n_tails: i32) -> f64 {
    let n = 2_000;
    let value = |it: usize| {
        let p = it as f64 / n as f64;
        let weight = if it == 0 || it == n {
            1.0
        } else if it % 2 == 1 {
            4.0
        } else {
            2.0
        };
        weight * p.powi(n_heads) * (1.0 - p).powi(n_tails)
    };
    (0..=n).map(value).sum::<f64>() / (3.0 * n as f64)
}

#[test]
fn coins_are_predicted_by_the_posterior() {
    let task = task("coins", &Args::new()).unwrap();
    for flips in sequences(2, 6) {
        let prompt: Vec<&str> = flips.iter().map(|&it| ["heads", "tails"][it]).collect();
        let row = task.read(&prompt).unwrap();
        let n_heads = flips.iter().filter(|it| **it == 0).count() as i32;
        let n_tails = 6 - n_heads;
        let expected = integral(n_heads + 1, n_tails) / integral(n_heads, n_tails);
        let Some(Fact::Vectors { values, .. }) = row.fact("next") else { panic!() };
        assert!((f64::from(values[12]) - expected).abs() < 1e-6, "{prompt:?}");
        let Some(Fact::Vectors { values, .. }) = row.fact("heads") else { panic!() };
        assert_eq!(values[6], n_heads as f32);
    }
    assert!(task.read(&["heads", "edge"]).is_err());
}

#[test]
fn the_floor_of_coins_is_a_sum_over_all_flips() {
    let task = task("coins", &Args::new()).unwrap();
    let share = |flips: &[usize]| {
        let n_heads = flips.iter().filter(|it| **it == 0).count() as i32;
        integral(n_heads, flips.len() as i32 - n_heads)
    };
    let after = |n: usize| -> f64 {
        let cost = |flips: Vec<usize>| -> f64 {
            let of = |side: usize| share(&[&flips[..], &[side]].concat());
            (0..2).map(|side| -of(side) * (of(side) / share(&flips)).ln()).sum()
        };
        sequences(2, n).into_iter().map(cost).sum()
    };
    for n in 1..=5 {
        let expected = (1..=n).map(after).sum::<f64>() / n as f64;
        let found = task.floor(Size(n)).unwrap();
        assert!((found - expected).abs() < 1e-6, "{n}: {found} {expected}");
    }
    assert_eq!(task.floor(Size(0)), None);
}

#[test]
fn no_drawn_words_cost_less_than_the_floor_on_average() {
    // The loss of the exact predictor on words that were drawn is the floor, give or take five
    // standard errors.
    for (task, [_, size, _]) in all() {
        let n = 3_000;
        let mut losses = Vec::new();
        for seed in 0..n {
            let row = drawn(&*task, size, seed);
            let (Targets::Distributions { width, values }, Some(came)) = (&row.targets, &row.drawn)
            else {
                continue;
            };
            let cost = |at: usize| -f64::from(values[at * width + came[at] as usize]).ln();
            let counted = (0..row.n_positions()).filter(|&it| 0.0 < row.weights[it]);
            losses.push(counted.map(cost).sum::<f64>() / size.0 as f64);
        }
        if losses.is_empty() {
            continue;
        }
        let mean = losses.iter().sum::<f64>() / n as f64;
        let spread = losses.iter().map(|it| (it - mean).powi(2)).sum::<f64>() / (n as f64 - 1.0);
        let floor = task.floor(size).unwrap();
        assert!(
            (mean - floor).abs() < 5.0 * (spread / n as f64).sqrt(),
            "{}: {mean} {floor}",
            task.id()
        );
    }
}

#[test]
fn inputs_that_are_vectors_have_no_words() {
    let vectors = Inputs::Vectors { width: 2, values: vec![0.0; 4] };
    assert_eq!(vectors.words(), [0u32; 0]);
    let numbers = Row {
        targets: Targets::Numbers { width: 1, values: vec![0.0; 3] },
        ..drawn(&*task("parity", &Args::new()).unwrap(), Size(2), 1)
    };
    assert_eq!((numbers.answer(0), numbers.judge(&[0, 0, 0]).n_right), (None, 0));
}

#[test]
fn rows_of_a_seed_are_those_that_stored_networks_learned_from() {
    // Drawn by the generator that the first networks were trained with; a change here would make
    // their exams ask what they were trained on.
    let golden: [(&str, &[u32], &[u32]); 4] = [
        (
            "copying",
            &[0, 18, 26, 27, 21, 2, 18, 26, 27, 21],
            &[18, 26, 27, 21, 2, 18, 26, 27, 21, 3],
        ),
        (
            "recall",
            &[0, 11, 78, 45, 100, 44, 63, 23, 93, 2, 11, 78, 23, 93, 44, 63, 45],
            &[11, 78, 45, 100, 44, 63, 23, 93, 2, 11, 78, 23, 93, 44, 63, 45, 100],
        ),
        ("parity", &[0, 3, 3, 3, 3], &[4, 5, 4, 5, 4]),
        ("a5", &[0, 3, 3, 3, 3], &[4, 19, 28, 4, 19]),
    ];
    for (id, inputs, targets) in golden {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        rng.set_stream(2);
        let row = task(id, &Args::new()).unwrap().row(Size(4), &mut rng);
        assert_eq!(row.inputs, Inputs::Words(inputs.to_vec()), "{id}");
        assert_eq!(row.targets, Targets::Words(targets.to_vec()), "{id}");
    }
}

#[test]
fn where_a_fact_tells_what_comes_next_it_says_what_the_targets_say() {
    let mut told = Vec::new();
    every_row(|task, _, row| {
        let Targets::Distributions { width, values } = &row.targets else { return };
        for (name, fact) in &row.facts {
            let Fact::Vectors { names, values: fact } = fact else { continue };
            for (own, target) in fact.chunks(names.len()).zip(values.chunks(*width)) {
                let wide: Vec<f64> = own.iter().map(|&it| f64::from(it)).collect();
                let Some(next) = task.next_of(name, &wide) else { continue };
                told.push((task.id(), *name));
                let far = next.iter().zip(target).map(|(a, &b)| (a - f64::from(b)).abs());
                assert!(far.fold(0.0, f64::max) < 1e-6, "{} {name}: {next:?}", task.id());
            }
        }
    });
    told.dedup();
    assert_eq!(told, [("mess3", "belief"), ("rrxor", "belief")]);
    // A map may read a little less than nothing.
    let next = mess3(0.05, 0.85).next_of("belief", &[-0.1, 0.5, 0.5]).unwrap();
    assert_eq!(Some(next), mess3(0.05, 0.85).next_of("belief", &[0.0, 0.5, 0.5]));
    for no_belief in [&[0.5, 0.5][..], &[0.0; 3], &[-1.0, 0.0, 0.0], &[f64::NAN; 3]] {
        assert_eq!(mess3(0.05, 0.85).next_of("belief", no_belief), None, "{no_belief:?}");
    }
}

#[test]
fn held_out_rows_and_orders_are_those_of_their_seed() {
    let task = mess3(0.05, 0.85);
    let rows = |seed: u64| held_out(&task, seed, Size(10), 5).collect::<Vec<_>>();
    assert_eq!(rows(1), rows(1));
    assert_ne!(rows(1), rows(2));
    assert_eq!(held_out(&task, 1, Size(10), 3).collect::<Vec<_>>(), rows(1)[..3]);
    let order = |seed: u64, stream: u64| shuffled(50, &mut generator(seed, stream));
    assert_eq!(order(1, 7), order(1, 7));
    assert_ne!(order(1, 7), order(1, 8));
    let mut sorted = order(1, 7);
    sorted.sort_unstable();
    assert_eq!(sorted, (0..50).collect::<Vec<_>>());
    // Every order is as probable: of three numbers, six.
    let mut counts = std::collections::BTreeMap::new();
    let mut rng = generator(3, 0);
    for _ in 0..6_000 {
        *counts.entry(shuffled(3, &mut rng)).or_insert(0) += 1;
    }
    // Five standard deviations around a thousand.
    assert!(counts.len() == 6 && counts.values().all(|it| (856..1_144).contains(it)), "{counts:?}");
    assert_eq!((shuffled(0, &mut rng), shuffled(1, &mut rng)), (vec![], vec![0]));
}
