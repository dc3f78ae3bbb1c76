//! Jobs step by step, and the probes that they fit.

use std::fs;

use burn::prelude::*;
use engine::{
    job::Stepped,
    load::{MODEL_FILE, ModelFile, Precision, WEIGHTS_FILE, collect, fill},
    model::Network,
    session::{Asked, Ran, Session},
    train::{Recipe, measure_network, untrained},
};
use lab::format::Lab;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use trace::{
    Absence, AskDecoded, AskNext, Decoded, FactValues, Frame, Job, JobResult, JobTrouble, Part,
    ProbeJob, Probed, Program, Question, Report, Role, Site, Status, Trouble, read_program,
};

use crate::tiny::{generator, model, plain, root, weights};

const MESS3: &str = "assets/labs/mess3/networks/transformer-1";
const RRXOR: &str = "assets/labs/rrxor/networks/transformer-1";
const PROMPT: &str = "A B B C A A A C B";
/// Where nothing but norm and unembedding follow.
const LAST: Site = Site::block(3, Part::ResidPost);

/// A session with a network of a lab.
fn open(folder: &str) -> Session {
    let folder = root().join(folder);
    let file = ModelFile::parse(&fs::read(folder.join(MODEL_FILE)).unwrap()).unwrap();
    let mut session = Session::new(Device::flex());
    session.open(file, &fs::read(folder.join(WEIGHTS_FILE)).unwrap()).unwrap();
    session
}

fn job(task: &str, n_rows: usize, sites: &[&str]) -> ProbeJob {
    ProbeJob {
        task: task.to_owned(),
        size: 10,
        n_rows,
        seed: 1,
        fact: "belief".to_owned(),
        sites: sites.iter().map(|it| (*it).into()).collect(),
        n_points: 40,
        ..ProbeJob::default()
    }
}

fn start(session: &mut Session, id: u64, job: ProbeJob) -> Result<(), JobTrouble> {
    let _held = generator();
    session.start(id, Job::Probe(job))
}

fn step(session: &mut Session) -> Option<(u64, Stepped)> {
    pollster::block_on(session.step_job())
}

/// All steps of the job that runs.
fn finish(session: &mut Session) -> Result<Probed, JobTrouble> {
    loop {
        match step(session).unwrap().1 {
            Stepped::Going { .. } => {}
            Stepped::Done(JobResult::Probe(probed)) => return Ok(*probed),
            Stepped::Failed(trouble) => return Err(trouble),
        }
    }
}

fn probed(session: &mut Session, job: ProbeJob) -> Probed {
    start(session, 1, job).unwrap();
    finish(session).unwrap()
}

fn run(session: &mut Session, prompt: &str, text: &str, ask: &[Question]) -> Ran {
    let (interventions, errors) = read_program(text);
    assert_eq!(errors, [], "{text}");
    let program = Program { interventions, blocks: None };
    let asked = Asked { prompt, program: &program, ask };
    pollster::block_on(session.run(1, asked)).unwrap()
}

fn report(session: &mut Session, text: &str) -> Status {
    let Report { interventions, .. } = run(session, PROMPT, text, &[]).report;
    interventions.into_iter().next().unwrap()
}

fn ask_decoded(site: Site) -> AskDecoded {
    AskDecoded { site, fact: "belief".to_owned() }
}

fn decoded(session: &mut Session, text: &str, site: Site) -> Decoded {
    let ran = run(session, PROMPT, text, &[ask_decoded(site).into()]);
    assert!(ran.report.interventions.iter().all(|it| *it == Status::Made), "{:?}", ran.report);
    ran.answers[0].to::<AskDecoded>().unwrap_or_else(|| panic!("{:?}", ran.answers)).clone()
}

#[test]
fn a_job_goes_on_step_by_step_between_requests() {
    let mut session = open(MESS3);
    assert!(!session.has_job() && step(&mut session).is_none());
    start(&mut session, 7, job("mess3", 100, &["blocks.*.resid_post"])).unwrap();
    let mut before = 0;
    loop {
        // A prompt that is typed meanwhile is answered as ever.
        let ran = run(&mut session, PROMPT, "", &[AskNext.into()]);
        assert!(ran.answers[0].to::<AskNext>().is_some());
        assert!(session.has_job());
        let (id, stepped) = step(&mut session).unwrap();
        assert_eq!(id, 7);
        let Stepped::Going { done, of } = stepped else { break };
        assert_eq!(done, before + 1);
        assert!(done < of && 5 < of, "{done} of {of}");
        before = done;
    }
    assert!(!session.has_job() && step(&mut session).is_none());
    assert!(session.take_ended().is_empty(), "one that is done was not ended");
}

#[test]
fn a_job_ends_where_it_is_stopped_another_begins_or_the_model_goes() {
    let mut session = open(MESS3);
    let sites = ["blocks.3.resid_post"];
    start(&mut session, 1, job("mess3", 100, &sites)).unwrap();
    step(&mut session);
    session.stop(2);
    assert!(session.has_job(), "a stop of another job");
    session.stop(1);
    assert!(!session.has_job() && step(&mut session).is_none());
    assert_eq!(session.take_ended(), [1]);
    assert_eq!(session.take_ended(), [0; 0], "told once");

    start(&mut session, 3, job("mess3", 100, &sites)).unwrap();
    step(&mut session);
    start(&mut session, 4, job("mess3", 60, &sites)).unwrap();
    assert_eq!(session.take_ended(), [3]);
    assert_eq!(step(&mut session).unwrap().0, 4);
    // One that cannot begin ends the one before all the same.
    assert!(start(&mut session, 5, job("mess3", 100, &["blocks.9.resid_post"])).is_err());
    assert_eq!((session.take_ended(), session.has_job()), (vec![4], false));

    start(&mut session, 6, job("mess3", 60, &sites)).unwrap();
    finish(&mut session).unwrap();
    start(&mut session, 7, job("mess3", 100, &sites)).unwrap();
    let config = plain();
    let bytes = weights(&config, 1).to_safetensors(Precision::Single, &[]);
    session.open(model(config, 1).file, &bytes).unwrap();
    assert_eq!((session.take_ended(), session.has_job()), (vec![7], false));
    // What was fitted to the model before is gone with it.
    let ran = run(&mut session, "w2", "", &[ask_decoded(LAST).into()]);
    let missing = Absence::NoProbe { fact: "belief".to_owned(), site: LAST };
    assert_eq!(ran.answers[0].answer, Err(missing));
}

#[test]
fn what_cannot_be_probed_says_why() {
    let mut session = open(MESS3);
    let good = || job("mess3", 100, &["blocks.3.resid_post"]);
    let mut cases: Vec<(ProbeJob, &str)> = vec![
        (ProbeJob { task: "mess4".to_owned(), ..good() }, "there is no task \"mess4\""),
        (ProbeJob { args: [("y".to_owned(), 1.0)].into(), ..good() }, "no argument \"y\""),
        (ProbeJob { task: "rrxor".to_owned(), ..good() }, "does not read the words of the task"),
        (ProbeJob { fact: "mood".to_owned(), ..good() }, "no fact “mood”; there are: belief, next"),
        (ProbeJob { size: 11, ..good() }, "have 12 tokens; this model takes up to 11"),
        (ProbeJob { size: usize::MAX, ..good() }, "this model takes up to 11"),
        (ProbeJob { size: 0, ..good() }, "has no 0 words"),
        (ProbeJob { n_rows: 3, ..good() }, "ask for 4 to"),
        (ProbeJob { n_rows: usize::MAX, ..good() }, "ask for 4 to"),
        (ProbeJob { shown: Some(Site::Embed), ..good() }, "embed is none of the sites"),
    ];
    for (sites, said) in [
        (vec!["blocks.*.ssm.out"], "no site like blocks.*.ssm.out"),
        (vec!["embed", "final"], "no site like final"),
        (vec![], "no site like"),
        (vec!["blocks.0.attn.pattern"], "blocks.0.attn.pattern has no single vector"),
    ] {
        cases.push((job("mess3", 100, &sites), said));
    }
    for (job, said) in cases {
        let error = start(&mut session, 1, job).unwrap_err().to_string();
        assert!(error.contains(said), "{error}: {said}");
        assert!(!session.has_job());
    }
    assert_eq!(
        start(&mut Session::new(Device::flex()), 1, good()).unwrap_err(),
        JobTrouble::NoModel
    );
}

#[test]
fn a_network_that_gives_no_numbers_fails_on_its_way() {
    let folder = root().join(MESS3);
    let mut file = ModelFile::parse(&fs::read(folder.join(MODEL_FILE)).unwrap()).unwrap();
    let mut weights = {
        let _held = generator();
        collect(&Network::untrained(&file.config, 1, &Device::flex()).unwrap())
    };
    let broken = weights.0.iter_mut().find(|it| it.0.starts_with("blocks.2.mlp.")).unwrap();
    broken.1.values.fill(f32::NAN);
    let bytes = weights.to_safetensors(Precision::Single, &[]);
    file.weights_sha256 = engine::load::digest(&bytes);
    file.weights_bytes = bytes.len() as u64;
    let mut session = Session::new(Device::flex());
    session.open(file, &bytes).unwrap();
    start(&mut session, 1, job("mess3", 100, &["blocks.*.resid_post"])).unwrap();
    let trouble = finish(&mut session).unwrap_err();
    assert_eq!(trouble, JobTrouble::NotFinite(Site::block(2, Part::ResidPost)));
    assert!(!session.has_job());
}

/// The network of the lab with each weight off by as much as a sum of `n` products may be.
fn nudged(network: &Network, recipe: &Recipe, seed: u64) -> Network {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut weights = collect(network);
    let share = (recipe.network.d_mlp as f32).sqrt() * f32::EPSILON / 2.0;
    for tensor in weights.0.values_mut() {
        let off = |it: &mut f32| *it *= if rng.random() { 1.0 + share } else { 1.0 - share };
        tensor.values.iter_mut().for_each(off);
    }
    let _held = generator();
    let empty = Network::new(&recipe.network, &Device::flex()).unwrap();
    fill(empty, &mut weights).unwrap()
}

#[test]
fn a_probe_explains_what_the_labs_measure_does_not_leave_unexplained() {
    let text = fs::read_to_string(root().join("assets/labs/mess3/lab.json")).unwrap();
    let mut lab = Lab::parse(&text).unwrap();
    lab.tasks[0].exam_rows = 200;
    let trained = lab.networks.iter().find(|it| it.name == "transformer").unwrap();
    let recipe = Recipe::of_lab(&lab, trained, 1).unwrap();
    let device = Device::flex();
    let of = |network: &Network| -> Vec<f64> {
        let all = measure_network(network, &recipe, 1.0, &device).unwrap();
        ["last", "layers"]
            .map(|name| all.iter().find(|it| it.measure == name).unwrap().value)
            .to_vec()
    };
    let sites = ["blocks.0.resid_pre", "blocks.*.resid_mid", "blocks.*.resid_post"];
    let probed = probed(&mut open(MESS3), job("mess3", 200, &sites));
    let [n_rows, n_columns] = probed.by_site.size();
    assert_eq!((n_rows, n_columns), (3, 10));
    assert_eq!(probed.by_site.columns().entry_name(9), "all layers");
    let column = |name: &str| {
        (0..n_columns).find(|it| probed.by_site.columns().entry_name(*it) == name).unwrap()
    };
    let columns = [column("blocks.3.resid_post"), 9];

    let network = engine::load::open_folder(&root().join(MESS3), &device).unwrap().network;
    let before = {
        let _held = generator();
        untrained(&recipe).unwrap()
    };
    for (row, network) in [network, before].iter().enumerate() {
        let measured = of(network);
        // Rows come in batches of other sizes, so that sums have other orders: that is as much as
        // weights that are as little off, which is measured.
        let moved: Vec<Vec<f64>> = (0..2).map(|seed| of(&nudged(network, &recipe, seed))).collect();
        for (place, column) in columns.into_iter().enumerate() {
            let found = 1.0 - f64::from(probed.by_site.value(row, column));
            let far = moved.iter().map(|it| (it[place] - measured[place]).abs());
            let most = 2.0 * far.fold(0.0, f64::max) + f64::from(f32::EPSILON);
            println!("{row} {column}: {found} {} within {most:e}", measured[place]);
            assert!(most < 0.05 * measured[place], "the bound shows something: {most:e}");
            assert!((found - measured[place]).abs() <= most, "{found}, not {}", measured[place]);
        }
    }
}

#[test]
fn training_makes_the_belief_readable_and_facts_of_other_rows_are_not() {
    let mut session = open(MESS3);
    let probed = probed(&mut session, job("mess3", 400, &["blocks.*.resid_post"]));
    let [trained, untrained, shuffled] = [0, 1, 2];
    let frame = &probed.by_site;
    let roles: Vec<Role> = frame.rows().entries.iter().map(|it| it.role).collect();
    assert_eq!(roles, [Role::Measured, Role::Untrained, Role::Shuffled]);
    let last = 3;
    assert!(0.995 < frame.value(trained, last), "{}", frame.value(trained, last));
    assert!((0.8..0.97).contains(&frame.value(untrained, last)), "{frame:?}");
    for site in 0..4 {
        // A fit of 65 numbers to 2,000 points explains none of what has nothing to do with it, and
        // loses about as much as it has numbers for each point.
        let found = frame.value(shuffled, site);
        assert!((-0.15..0.05).contains(&found), "{site}: {found}");
        let [low, high] = frame.interval(trained, site).unwrap();
        let value = frame.value(trained, site);
        assert!(low < value && value < high);
    }
    // Rows of one half stand on both sides of the same fit.
    assert!(frame.about().contains("200 rows of 10 words, judged on 200"), "{}", frame.about());
}

/// The points of a frame.
fn points(frame: &Frame) -> Vec<&[f32]> {
    frame.values().chunks_exact(frame.size()[1]).collect()
}

#[test]
fn points_are_shares_of_three_corners_read_at_the_site_that_is_shown() {
    let mut session = open(MESS3);
    let asked = job("mess3", 200, &["blocks.*.resid_post"]);
    let last = probed(&mut session, asked.clone());
    assert_eq!((last.shown, last.exact.size(), last.decoded.size()), (LAST, [40, 3], [40, 3]));
    let corners = ["state 1", "state 2", "state 3"];
    assert_eq!([0, 1, 2].map(|it| last.exact.columns().entry_name(it)), corners);
    let Some(FactValues::Shares { of, names }) = last.decoded.rows().fact("belief") else {
        panic!("{:?}", last.decoded.rows().facts)
    };
    assert_eq!((of.as_slice(), names.len()), (last.exact.values(), 3));
    for (exact, read) in points(&last.exact).into_iter().zip(points(&last.decoded)) {
        let sum = |it: &[f32]| it.iter().sum::<f32>();
        assert!((sum(exact) - 1.0).abs() < 1e-6 && (sum(read) - 1.0).abs() < 1e-5);
        assert!(exact.iter().zip(read).all(|(a, b)| (a - b).abs() < 0.1), "{exact:?} {read:?}");
    }
    let name = last.exact.rows().entry_name(9);
    assert_eq!(name.split(' ').count(), 10, "ten words were read there: {name}");

    // Another site is shown without a step.
    let first = Site::block(0, Part::ResidPost);
    start(&mut session, 2, ProbeJob { shown: Some(first), ..asked.clone() }).unwrap();
    let (2, Stepped::Done(JobResult::Probe(other))) = step(&mut session).unwrap() else { panic!() };
    assert_eq!((other.shown, &other.exact, &other.by_site), (first, &last.exact, &last.by_site));
    assert_ne!(other.decoded, last.decoded);
    // Other rows are.
    start(&mut session, 3, ProbeJob { n_points: 3, ..asked }).unwrap();
    assert!(matches!(step(&mut session).unwrap().1, Stepped::Going { .. }));
    assert_eq!(finish(&mut session).unwrap().exact.size(), [3, 3]);
}

#[test]
fn a_belief_of_five_states_is_shown_in_its_own_plane() {
    let mut session = open(RRXOR);
    let sites = ["blocks.*.resid_post"];
    let probed = probed(&mut session, job("rrxor", 200, &sites));
    assert_eq!(probed.exact.size(), [40, 3]);
    assert_eq!(probed.exact.columns().entry_name(0), "PC 1");
    let Some(FactValues::Shares { names, .. }) = probed.exact.rows().fact("belief") else {
        panic!("{:?}", probed.exact.rows().facts)
    };
    assert_eq!(names.len(), 5);
    let side_by_side = probed.by_site.value(0, 4);
    assert!(probed.by_site.value(0, 3) < side_by_side, "{:?}", probed.by_site.values());
}

#[test]
fn the_points_of_the_probe_are_read_in_a_run_of_their_words() {
    let mut session = open(MESS3);
    let probed = probed(&mut session, job("mess3", 200, &["blocks.*.resid_post"]));
    // The tenth point is the last of a row, and its name is the row.
    let name = probed.exact.rows().entry_name(9).to_owned();
    let ran = run(&mut session, &name, "", &[ask_decoded(LAST).into()]);
    let Decoded { exact, decoded, values, next, .. } =
        ran.answers[0].to::<AskDecoded>().unwrap().clone();
    assert_eq!((exact.size(), decoded.size()), ([11, 3], [11, 3]));
    assert_eq!(exact.rows().entry_name(0), "<bos>");
    // Positions after the beginning mark are the first ten points.
    assert_eq!(exact.values()[3..], probed.exact.values()[..30]);
    for (own, point) in decoded.values()[3..].iter().zip(&probed.decoded.values()[..30]) {
        assert!((own - point).abs() < 1e-4, "{own} {point}");
    }
    assert_eq!(values[0].values(), exact.values());
    let [exact_next, read_next] = next.unwrap();
    for next in [exact_next, read_next] {
        assert_eq!(next.values().len(), 11 * 5);
        for row in next.values().chunks_exact(5) {
            assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-5 && row[..2] == [0.0, 0.0]);
        }
    }
}

#[test]
fn a_prompt_that_is_no_row_has_no_belief() {
    let mut session = open(MESS3);
    let ask = [ask_decoded(LAST).into()];
    let said = |session: &mut Session, prompt: &str, ask: &[Question]| {
        run(session, prompt, "", ask).answers.remove(0).answer.unwrap_err()
    };
    let no_probe = |site: Site| Absence::NoProbe { fact: "belief".to_owned(), site };
    assert_eq!(said(&mut session, "A", &ask), no_probe(LAST));
    probed(&mut session, job("mess3", 100, &["blocks.3.resid_post"]));
    let no_row = said(&mut session, "A D", &ask);
    let Absence::NoRow(why) = no_row else { panic!("{no_row:?}") };
    assert!(why.contains("write only A, B and C"), "{why}");
    let other = Site::block(1, Part::ResidPost);
    assert_eq!(said(&mut session, "A", &[ask_decoded(other).into()]), no_probe(other));
}

const BELIEFS: [[f32; 3]; 4] =
    [[0.1, 0.2, 0.7], [0.8, 0.1, 0.1], [0.3, 0.4, 0.3], [0.05, 0.9, 0.05]];

#[test]
fn a_belief_that_is_set_is_read_there_and_nothing_else_moves() {
    let mut session = open(MESS3);
    probed(&mut session, job("mess3", 400, &["blocks.*.resid_post"]));
    for site in [Site::block(0, Part::ResidPost), LAST] {
        let before = decoded(&mut session, "", site);
        for [a, b, c] in BELIEFS {
            let text = format!("{site}@5 set fact(belief:{a},{b},{c})");
            let after = decoded(&mut session, &text, site);
            for position in 0..10 {
                let of = |it: &Decoded| points(&it.decoded)[position].to_vec();
                let wanted = if position == 5 { vec![a, b, c] } else { of(&before) };
                let found = of(&after);
                let is_near = found.iter().zip(&wanted).all(|(a, b)| (a - b).abs() < 1e-4);
                assert!(is_near, "{site} {position}: {found:?}, not {wanted:?}");
            }
        }
    }
    // Half of the way is half of the way.
    let at = |it: &Decoded| points(&it.decoded)[5].to_vec();
    let before = at(&decoded(&mut session, "", LAST));
    let text = format!("{LAST}@5 set 0.5 fact(belief:0.1,0.2,0.7)");
    let half = at(&decoded(&mut session, &text, LAST));
    let middle = before.iter().zip([0.1, 0.2, 0.7]).map(|(a, b)| f32::midpoint(*a, b));
    assert!(half.iter().zip(middle).all(|(a, b)| (a - b).abs() < 1e-4), "{half:?}");
}

/// How far two distributions are apart: half of what they differ by.
fn total_variation(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f32>() / 2.0
}

fn softmax(logits: &[f32]) -> Vec<f32> {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let shares: Vec<f32> = logits.iter().map(|it| (it - most).exp()).collect();
    let sum: f32 = shares.iter().sum();
    shares.into_iter().map(|it| it / sum).collect()
}

#[test]
fn with_another_belief_the_network_predicts_as_bayes_would() {
    for seed in 1..=3 {
        let mut session = open(&format!("assets/labs/mess3/networks/transformer-{seed}"));
        let job = ProbeJob { seed, ..job("mess3", 400, &["blocks.3.resid_post"]) };
        probed(&mut session, job);
        let next = |session: &mut Session, text: &str| {
            let asked = [AskNext.into(), ask_decoded(LAST).into()];
            let ran = run(session, PROMPT, text, &asked);
            let logits = ran.answers[0].to::<AskNext>().unwrap();
            let [_, read] = ran.answers[1].to::<AskDecoded>().unwrap().next.clone().unwrap();
            let last = read.values().chunks_exact(5).next_back().unwrap().to_vec();
            (softmax(logits.values()), last)
        };
        let (before, _) = next(&mut session, "");
        let (mut worst, mut sum_before) = (0.0f32, 0.0);
        for [a, b, c] in BELIEFS {
            let text = format!("{LAST}@last set fact(belief:{a},{b},{c})");
            let (patched, bayes) = next(&mut session, &text);
            let exact = lab::task::mess3(0.05, 0.85);
            let wide = [a, b, c].map(f64::from);
            let wanted = lab::task::Task::next_of(&exact, "belief", &wide).unwrap();
            let wanted: Vec<f32> = wanted.into_iter().map(|it| it as f32).collect();
            assert!(total_variation(&bayes, &wanted) < 1e-4, "{bayes:?} {wanted:?}");
            worst = worst.max(total_variation(&patched, &wanted));
            sum_before += total_variation(&before, &wanted) / BELIEFS.len() as f32;
        }
        println!("seed {seed}: {worst} after, {sum_before} on average before");
        // 0.03, 0.04 and 0.05 were found, and 0.25 before; the shortest change gives 0.34.
        assert!(worst < 0.08, "{worst}");
        assert!(3.0 * worst < sum_before, "{worst} {sum_before}");
    }
}

#[test]
fn a_belief_waits_for_its_probe_and_what_cannot_be_set_says_why() {
    let mut session = open(MESS3);
    let text = format!("{LAST}@2 set fact(belief:0.1,0.2,0.7)");
    let waits = Status::Unfitted { fact: "belief".to_owned() };
    assert_eq!(report(&mut session, &text), waits);
    probed(&mut session, job("mess3", 100, &["blocks.3.resid_post"]));
    assert_eq!(report(&mut session, &text), Status::Made);
    assert_eq!(
        report(&mut session, &text.replace("@2", "@30")),
        Status::Waiting { pos: 30 },
        "of a position that is not there"
    );
    let name = || "belief".to_owned();
    let site = Site::block(1, Part::ResidPost);
    let cases = [
        ("blocks.1.resid_post set fact(belief:0,0,1)", Trouble::NoMap { fact: name(), site }),
        (
            "blocks.3.resid_post set fact(belief:0,1)",
            Trouble::FactSize { fact: name(), wanted: 3, got: 2 },
        ),
        ("blocks.3.resid_post set fact(belief:0.5,1,0)", Trouble::NotShares(name())),
        ("blocks.3.resid_post set fact(belief:-0.5,1,0.5)", Trouble::NotShares(name())),
        ("blocks.3.resid_post add 1 fact(belief:1,1,1)", Trouble::ZeroDirection(name())),
        (
            "blocks.3.resid_post project-out fact(belief:0,1)",
            Trouble::FactSize { fact: name(), wanted: 3, got: 2 },
        ),
        (
            "blocks.1.resid_post project-out fact(belief:0,0,1)",
            Trouble::NoMap { fact: name(), site },
        ),
    ];
    for (text, trouble) in cases {
        assert_eq!(report(&mut session, text), Status::Failed(trouble), "{text}");
    }
}

#[test]
fn along_what_a_probe_reads_the_stream_is_steered_and_emptied() {
    let mut session = open(MESS3);
    probed(&mut session, job("mess3", 400, &["blocks.*.resid_post"]));
    let third = |it: &Decoded| -> Vec<f32> { points(&it.decoded).iter().map(|it| it[2]).collect() };
    for site in [Site::block(0, Part::ResidPost), LAST] {
        let before = third(&decoded(&mut session, "", site));
        // What is read grows with the strength, alike at every position, and the more the stronger.
        let added = |session: &mut Session, strength: f32| -> Vec<f32> {
            let text = format!("{site} add {strength} fact(belief:0,0,1)");
            let after = third(&decoded(session, &text, site));
            after.iter().zip(&before).map(|(after, before)| after - before).collect()
        };
        let (once, twice) = (added(&mut session, 1.0), added(&mut session, 2.0));
        assert!(once.iter().all(|it| 1e-3 < *it && (it - once[0]).abs() < 1e-4), "{once:?}");
        assert!(once.iter().zip(&twice).all(|(a, b)| (2.0 * a - b).abs() < 1e-4), "{twice:?}");
        // Without the direction it reads the same everywhere: the map's own constant.
        let text = format!("{site} project-out fact(belief:0,0,1)");
        let emptied = third(&decoded(&mut session, &text, site));
        let spread = |all: &[f32]| {
            let most = all.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            most - all.iter().copied().fold(f32::INFINITY, f32::min)
        };
        assert!(spread(&emptied) < 1e-4 && 0.1 < spread(&before), "{emptied:?} {before:?}");
        // And held between two numbers along it.
        let text = format!("{site} clamp 0 0 along fact(belief:0,0,1)");
        let held = third(&decoded(&mut session, &text, site));
        assert!(held.iter().zip(&emptied).all(|(a, b)| (a - b).abs() < 1e-4), "{held:?}");
    }
    // Each site has a direction of its own, and one that waits for its probe says so.
    let both = "blocks.*.resid_post project-out fact(belief:1,-1,0)";
    assert_eq!(report(&mut session, both), Status::Made);
    let mut unfitted = open(MESS3);
    let waits = Status::Unfitted { fact: "belief".to_owned() };
    assert_eq!(report(&mut unfitted, both), waits);
}

#[test]
fn another_draw_is_other_rows_with_the_same_answer_but_for_chance() {
    let mut session = open("assets/labs/mess3/networks/transformer-1");
    let sites = ["blocks.3.resid_post"];
    let mut fitted = |draw: u64| {
        start(&mut session, 1 + draw, ProbeJob { draw, ..job("mess3", 100, &sites) }).unwrap();
        loop {
            if let Some((_, Stepped::Done(JobResult::Probe(probed)))) = step(&mut session) {
                return *probed;
            }
        }
    };
    let [first, again, other] = [0, 0, 1].map(&mut fitted);
    assert_eq!(first.exact.values(), again.exact.values());
    assert_ne!(first.exact.values(), other.exact.values());
    let explained = [&first, &other].map(|it| it.by_site.value(0, 0));
    // The network holds the belief, whatever rows are asked: 1 − R² is 0.001 in the lab.
    assert!(explained.iter().all(|it| 0.98 < *it), "{explained:?}");
}
