//! Prompts, runs and looks.

use burn::prelude::*;
use engine::{
    load::{CheckpointsFile, LoadError, Precision, digest},
    model::{NetworkConfig, Positions},
    session::{Asked, RunError, Session, StepError},
    train::checkpoints_to_safetensors,
};
use trace::{
    Absence, Answer, AskAttentionRow, AskAttribution, AskLens, AskNext, AskNorms, AskPaths,
    AskPatterns, AskThumbnails, AskUnchanged, AskValue, Axis, Counted, GUESS, LAST, Part, Program,
    Question, Reply, STRONGEST, Site, Status, Trouble, read_program,
};

use crate::tiny::{ask, model, plain, recurrent_kinds, seed_of, values, weights};

#[test]
fn a_run_answers_about_its_prompt() {
    let mut session = opened();
    let ran = run(&mut session, 1, "w2 W3 w4 nonsense", &[Question::Next(AskNext)]).unwrap();
    let said: Vec<_> =
        ran.tokens.iter().map(|it| (it.id, it.typed.as_str(), it.is_known)).collect();
    let expected = [
        (0, "<bos>", true),
        (2, "w2", true),
        (1, "W3", false),
        (4, "w4", true),
        (1, "nonsense", false),
    ];
    assert_eq!(said, expected);
    assert_eq!(ran.n_cut, 0);
    let next = ask(&model(plain(), 1), &[0, 2, 1, 4, 1], &[], AskNext);
    assert_eq!(ran.answers, [Reply { question: AskNext.into(), answer: Ok(Answer::Next(next)) }]);
    assert_eq!(look(&mut session, 1, &[Question::Next(AskNext)]).unwrap(), ran.answers);
}

#[test]
fn a_prompt_of_nothing_is_the_beginning_mark() {
    let mut session = opened();
    for prompt in ["", " \n\t "] {
        let ran = run(&mut session, 1, prompt, &everything()).unwrap();
        assert_eq!(ran.tokens.iter().map(|it| it.id).collect::<Vec<_>>(), [0]);
        assert_eq!(ran.answers.len(), everything().len());
    }
}

#[test]
fn without_a_beginning_mark_a_prompt_of_nothing_is_refused() {
    let (mut file, bytes) = package();
    file.vocab[0] = "w0".to_owned();
    let mut session = Session::new(Device::flex());
    session.open(file, &bytes).unwrap();
    let said = run(&mut session, 1, " ", &[]).unwrap_err();
    assert!(matches!(said, RunError::Empty), "{said}");
    assert!(said.to_string().contains("type a word"));
}

#[test]
fn unknown_words_alone_are_read_as_such() {
    let mut session = opened();
    let ran = run(&mut session, 1, "家 🦀 zyx", &everything()).unwrap();
    assert_eq!(ran.tokens.iter().map(|it| it.id).collect::<Vec<_>>(), [0, 1, 1, 1]);
    assert!(ran.tokens[1..].iter().all(|it| !it.is_known && it.text == "<unk>"));
}

#[test]
fn what_the_model_cannot_read_any_more_is_cut_and_counted() {
    let mut session = opened();
    let n_ctx = plain().n_ctx;
    // The beginning mark is a token too.
    for (n_words, n_cut) in [(n_ctx - 1, 0), (n_ctx, 1), (10 * n_ctx, 9 * n_ctx + 1)] {
        let ran = run(&mut session, 1, &"w5 ".repeat(n_words), &everything()).unwrap();
        assert_eq!((ran.tokens.len(), ran.n_cut), (n_ctx, n_cut));
    }
}

#[test]
fn where_positions_go_on_a_prompt_may_be_longer_than_those_of_training() {
    let mut config = plain();
    config.positions = Positions::None;
    let n_ctx = config.n_ctx;
    let mut session = opened_as(config);
    let ran = run(&mut session, 1, &"w5 ".repeat(3 * n_ctx), &everything()).unwrap();
    assert_eq!((ran.tokens.len(), ran.n_cut), (3 * n_ctx + 1, 0));

    let said = run(&mut session, 2, &"w5 ".repeat(1_000_000), &[]).unwrap_err();
    let RunError::TooLong { n_tokens: 1_000_001, fits } = said else { panic!("{said}") };
    assert!(n_ctx < fits && said.to_string().contains(&format!("up to {fits} fit")), "{said}");
    assert!(look(&mut session, 1, &[Question::Next(AskNext)]).is_ok(), "the last good run stands");
}

#[test]
fn only_the_last_run_can_be_looked_at() {
    let mut session = opened();
    assert!(matches!(look(&mut session, 1, &[]).unwrap_err(), RunError::NoRun));
    run(&mut session, 1, "w2", &[]).unwrap();
    run(&mut session, 4, "w3", &[]).unwrap();
    let said = look(&mut session, 1, &[Question::Next(AskNext)]).unwrap_err();
    assert!(matches!(said, RunError::Gone { asked: 1, last: 4 }), "{said}");
    assert!(look(&mut session, 4, &[Question::Next(AskNext)]).is_ok());
}

#[test]
fn a_run_that_fails_leaves_the_last_one() {
    let mut session = opened();
    let before = run(&mut session, 1, "w2 w3", &[Question::Next(AskNext)]).unwrap().answers;
    let ask = [Question::Next(AskNext)];
    let said = changed(&mut session, 2, "w2 w3", &too_large("mlp.1"), &ask).unwrap_err();
    assert!(matches!(said, RunError::NotFinite(_)), "{said}");
    assert_eq!(look(&mut session, 1, &[Question::Next(AskNext)]).unwrap(), before);
}

#[test]
fn a_question_without_an_answer_says_why_and_leaves_the_others_theirs() {
    let mut session = opened();
    let outside = Question::Attribution(AskAttribution { pos: 0, a: 0, b: 99 });
    let asked = [outside.clone(), AskNext.into()];
    let [none, next] = &run(&mut session, 1, "w4", &asked).unwrap().answers[..] else { panic!() };
    let expected = Absence::Outside { what: Counted::Token, index: 99, size: 17 };
    assert_eq!((&none.question, &none.answer), (&outside, &Err(expected)));
    assert!(next.to::<AskNext>().is_some());
    assert_eq!(look(&mut session, 1, &[outside]).unwrap(), std::slice::from_ref(none));
}

#[test]
fn what_a_question_leaves_open_the_run_closes() {
    let mut session = opened();
    let attribution = |a, b| Question::Attribution(AskAttribution { pos: LAST, a, b });
    let asked = |[a, b]: [u32; 2], layer, head| {
        let heads = vec![0, 1];
        vec![
            attribution(a, b),
            Question::Lens(AskLens { a, b }),
            Question::Patterns(AskPatterns { layer, heads }),
            Question::AttentionRow(AskAttentionRow { layer, head, query: LAST }),
        ]
    };
    let open = asked([GUESS, GUESS], STRONGEST, STRONGEST);
    let ran = run(&mut session, 1, "w2 w3 w4", &open).unwrap();
    let one = |session: &mut Session, question| look(session, 1, &[question]).unwrap().remove(0);
    let next = one(&mut session, Question::Next(AskNext));
    let [a, b] = trace::guesses(next.to::<AskNext>().unwrap().values());
    let attribution = one(&mut session, attribution(a, b));
    let heads = &attribution.to::<AskAttribution>().unwrap().heads;
    let [layer, head] = trace::strongest(heads).unwrap();
    let closed = asked([a, b], layer, head);
    assert_eq!(ran.answers.iter().map(|it| it.question.clone()).collect::<Vec<_>>(), closed);
    assert_eq!(look(&mut session, 1, &closed).unwrap(), ran.answers);

    // Where nobody asks about attribution, the first head stands in.
    let patterns = |layer| Question::Patterns(AskPatterns { layer, heads: vec![0] });
    let strongest = one(&mut session, patterns(STRONGEST));
    assert_eq!(strongest, one(&mut session, patterns(0)));
}

#[test]
fn any_site_can_be_read_whole_if_the_run_is_asked_for_it() {
    let mut session = opened();
    let site = Site::block(1, Part::MlpAct);
    let asked = [Question::Value(AskValue { site })];
    let answers = run(&mut session, 1, "w2 w3", &asked).unwrap().answers;
    let value = values(&model(plain(), 1), &[0, 2, 3], &[])[&site].clone();
    assert_eq!(value.dims(), [(Axis::Pos, 3), (Axis::Mlp, plain().d_mlp)]);
    assert_eq!(answers[0].to::<AskValue>(), Some(&trace::Value { site, value }));
    assert_eq!(look(&mut session, 1, &asked).unwrap(), answers);
    run(&mut session, 2, "w2 w3", &[]).unwrap();
    let said = look(&mut session, 2, &asked).unwrap().remove(0);
    assert_eq!(said.answer, Err(Absence::NotKept(site)));
}

#[test]
fn a_value_that_is_not_finite_stops_the_run_and_its_site_is_named() {
    let mut session = opened();
    run(&mut session, 1, "w2 w3", &[Question::Next(AskNext)]).unwrap();
    let site = Site::block(1, Part::MlpAct);
    let ask = [Question::Next(AskNext)];
    let said = changed(&mut session, 2, "w2 w3", &too_large("blocks.1.mlp.act@2"), &ask);
    let said = said.unwrap_err();
    assert!(matches!(said, RunError::NotFinite(it) if it == site), "{said}");
    assert!(said.to_string().contains("blocks.1.mlp.act"), "{said}");
    look(&mut session, 1, &ask).unwrap();
    // Behind the end of the prompt it waits.
    let ran = changed(&mut session, 3, "w2 w3", &too_large("blocks.1.mlp.act@7"), &ask).unwrap();
    assert_eq!(ran.report.interventions, vec![Status::Waiting { pos: 7 }; 3]);
}

#[test]
fn a_state_that_is_not_finite_is_named() {
    let mut n_seen = 0;
    for model in recurrent_kinds() {
        let shape = model.file.config.shape();
        if shape.mixers[1].ssm.is_none() {
            continue;
        }
        let site = Site::block(1, Part::SsmState);
        let mut session = Session::new(Device::flex());
        let (file, weights) = (model.file.clone(), weights(&model.file.config, seed_of(&model)));
        session.open(file, &weights.to_safetensors(Precision::Single, &[])).unwrap();
        let program = too_large(&format!("carry.1.{}@1", shape.mixers[1].n_attention_heads));
        let ask = [Question::Next(AskNext)];
        let said = changed(&mut session, 1, "w2 w3", &program, &ask).unwrap_err();
        assert!(matches!(said, RunError::NotFinite(it) if it == site), "{said}");
        n_seen += 1;
    }
    assert!(10 < n_seen, "{n_seen}");
}

#[test]
fn without_a_model_nothing_runs() {
    let mut session = Session::new(Device::flex());
    assert!(matches!(run(&mut session, 1, "w2", &[]).unwrap_err(), RunError::NoModel));
    assert!(matches!(look(&mut session, 1, &[]).unwrap_err(), RunError::NoModel));
}

#[test]
fn a_model_that_does_not_open_leaves_the_one_before() {
    let mut session = opened();
    let before = run(&mut session, 1, "w2 w3", &[Question::Next(AskNext)]).unwrap().answers;
    let (file, bytes) = package();
    let said = session.open(file, &bytes[1..]).unwrap_err();
    assert!(matches!(said, LoadError::CutShort { .. }), "{said}");
    assert_eq!(look(&mut session, 1, &[Question::Next(AskNext)]).unwrap(), before);
    // Another model knows nothing of the run.
    let (file, bytes) = package();
    session.open(file, &bytes).unwrap();
    assert!(matches!(look(&mut session, 1, &[]).unwrap_err(), RunError::NoRun));
}

#[test]
fn answers_come_in_the_order_of_the_questions() {
    let mut session = opened();
    let asked = everything();
    let together = run(&mut session, 1, "w2 w3 w9", &asked).unwrap().answers;
    for (question, answer) in asked.iter().zip(&together) {
        assert_eq!(
            look(&mut session, 1, std::slice::from_ref(question)).unwrap(),
            std::slice::from_ref(answer)
        );
    }
    assert_eq!(run(&mut session, 2, "w2", &[]).unwrap().answers, []);
}

#[test]
fn the_run_as_trained_stands_beside_a_changed_one() {
    let mut session = opened();
    let lens = AskLens { a: GUESS, b: GUESS };
    let next = [Question::Next(AskNext)];
    let of_trained: [Question; 1] = [AskUnchanged::of(AskNext).into()];
    let plain = run(&mut session, 1, "w2 w3", &[next[0].clone(), of_trained[0].clone()]).unwrap();
    assert_eq!(plain.answers[1].answer, Err(Absence::NothingChanged));
    let ran = changed(&mut session, 2, "w2 w3", &program("~mlp.0 scale 0"), &of_trained).unwrap();
    assert_eq!(ran.answers[0].answer, Err(Absence::NothingChanged));
    assert_eq!(ran.report.interventions, [Status::Off]);
    for factor in ["0", "0.5"] {
        let program = program(&format!("mlp.0 scale {factor}"));
        let ask = [next[0].clone(), of_trained[0].clone(), AskUnchanged::of(lens.clone()).into()];
        let ran = changed(&mut session, 3, "w2 w3", &program, &ask).unwrap();
        let trained = |at: usize| ran.answers[at].to::<AskUnchanged>().unwrap();
        assert_eq!(trained(1).to::<AskNext>(), plain.answers[0].to::<AskNext>());
        assert_ne!(ran.answers[0].answer, plain.answers[0].answer);
        // The lens of the run as trained is about the changed run's own guesses.
        let [a, b] = trace::guesses(ran.answers[0].to::<AskNext>().unwrap().values());
        let lens = trained(2).to::<AskLens>().unwrap().clone();
        assert_eq!((lens.a, lens.b), (a, b));
        run(&mut session, 4, "w2 w3", &[]).unwrap();
        assert_eq!(
            look(&mut session, 4, &[AskLens { a, b }.into()]).unwrap()[0].to::<AskLens>(),
            Some(&lens)
        );
    }
    // A look can ask it too, with more than the run needed of it.
    changed(&mut session, 5, "w2 w4", &program("mlp.0 scale 0"), &of_trained).unwrap();
    let seen =
        look(&mut session, 5, &[AskUnchanged::of(AskNorms).into(), next[0].clone()]).unwrap();
    let other = run(&mut session, 6, "w2 w4", &[AskNorms.into(), AskNext.into()]).unwrap();
    let norms = seen[0].to::<AskUnchanged>().unwrap().to::<AskNorms>();
    assert_eq!(norms, other.answers[0].to::<AskNorms>());
    // What a look without a wrapper is about is the changed run.
    assert_ne!(seen[1].answer, other.answers[1].answer);
    // And then a value at a site that no view needs, without losing the others.
    changed(&mut session, 7, "w2 w4", &program("mlp.0 scale 0"), &of_trained).unwrap();
    let value = AskValue { site: Site::block(0, Part::MlpPre) };
    let ask = [AskUnchanged::of(value.clone()).into(), AskUnchanged::of(AskNorms).into()];
    look(&mut session, 7, &ask[1..]).unwrap();
    let seen = look(&mut session, 7, &ask[..1]).unwrap();
    let other = run(&mut session, 8, "w2 w4", &[value.into()]).unwrap();
    let trained = seen[0].to::<AskUnchanged>().unwrap();
    assert_eq!(trained.to::<AskValue>(), other.answers[0].to::<AskValue>());
}

#[test]
fn what_a_model_lacks_is_left_out_and_told() {
    let mut session = opened();
    let ask = [Question::Next(AskNext)];
    let plain = run(&mut session, 1, "w2 w3", &ask).unwrap();
    let ran = changed(&mut session, 2, "w2 w3", &program("head.1.9 scale 0"), &ask).unwrap();
    assert_eq!(ran.answers, plain.answers);
    let trouble = Trouble::NoHead { layer: 1, head: 9, last: 3 };
    assert_eq!(ran.report.interventions, [Status::Failed(trouble)]);
}

#[test]
fn an_intervention_reaches_the_answers() {
    let mut session = opened();
    let ask = [Question::Next(AskNext)];
    let ran = changed(&mut session, 1, "w2", &program("logits scale 0"), &ask).unwrap();
    let next = ran.answers[0].to::<AskNext>().unwrap();
    assert_eq!((next.size(Axis::Vocab), next.values()), (Some(17), &[0.0; 17][..]));
}

#[test]
fn a_checkpoint_answers_under_its_own_step_and_the_end_is_as_it_was() {
    let (file, weights, checkpoints) = with_checkpoints();
    let mut session = Session::new(Device::flex());
    assert_eq!(session.open(file, &weights).unwrap().checkpoints, [0, 5, 9]);
    let ask = [Question::Next(AskNext), AskUnchanged::of(AskNext).into()];
    let of_step = |session: &mut Session, id: u64| {
        let ran = changed(session, id, "w2 w3", &program("mlp.0 scale 0"), &ask).unwrap();
        (ran.step, ran.answers[0].clone(), ran.answers[1].clone())
    };
    let finished = of_step(&mut session, 1);
    assert_eq!(finished.0, None);
    // Only going back needs the file.
    assert_eq!((session.lacking(None), session.lacking(Some(9))), (None, None));
    assert!(session.lacking(Some(0)).is_some());
    let said = session.go_to(Some(0)).unwrap_err();
    assert!(said.to_string().contains("lack what leads back"), "{said}");
    session.add_checkpoints(&checkpoints).unwrap();
    assert_eq!(session.lacking(Some(0)), None);

    session.go_to(Some(0)).unwrap();
    assert!(matches!(look(&mut session, 1, &ask).unwrap_err(), RunError::NoRun));
    let first = of_step(&mut session, 2);
    assert_eq!(first.0, Some(0));
    assert!(first.1 != finished.1 && first.2 != finished.2, "what was kept is of this step");
    session.go_to(Some(5)).unwrap();
    let middle = of_step(&mut session, 3);
    assert!(middle.1 != first.1 && middle.1 != finished.1);
    // Bit for bit, and the last step is the same under its number.
    session.go_to(None).unwrap();
    assert_eq!(of_step(&mut session, 4), finished);
    session.go_to(Some(9)).unwrap();
    assert_eq!(of_step(&mut session, 5), (Some(9), finished.1, finished.2));
    session.go_to(Some(0)).unwrap();
    assert_eq!(of_step(&mut session, 6), first);
}

#[test]
fn means_of_a_step_are_not_taken_for_those_of_another() {
    let (file, weights, checkpoints) = with_checkpoints();
    let ask = [Question::Next(AskNext)];
    let mean = program("mlp.0 set mean");
    let run =
        |session: &mut Session, id| changed(session, id, "w2 w3", &mean, &ask).unwrap().answers;
    let opened = || {
        let mut session = Session::new(Device::flex());
        session.open(file.clone(), &weights).unwrap();
        session.add_checkpoints(&checkpoints).unwrap();
        session
    };
    let mut warm = opened();
    run(&mut warm, 1);
    warm.go_to(Some(0)).unwrap();
    let mut fresh = opened();
    fresh.go_to(Some(0)).unwrap();
    assert_eq!(run(&mut warm, 2), run(&mut fresh, 1));
}

#[test]
fn a_step_that_is_not_there_is_refused_and_the_last_run_stands() {
    let (file, weights, checkpoints) = with_checkpoints();
    let mut session = Session::new(Device::flex());
    assert!(matches!(session.go_to(None).unwrap_err(), StepError::NoModel));
    session.open(file.clone(), &weights).unwrap();
    session.add_checkpoints(&checkpoints).unwrap();
    session.go_to(Some(5)).unwrap();
    let ask = [Question::Next(AskNext)];
    let before = run(&mut session, 1, "w2 w3", &ask).unwrap().answers;
    let said = session.go_to(Some(7)).unwrap_err().to_string();
    assert!(said.contains("no checkpoint at step 7; it has 0, 5, 9"), "{said}");
    assert!(session.add_checkpoints(&checkpoints[1..]).is_err());
    // Where it is already, nothing is lost.
    session.go_to(Some(5)).unwrap();
    assert_eq!((session.step(), look(&mut session, 1, &ask).unwrap()), (Some(5), before));

    // Another model begins at its end and knows none of this one's steps.
    let (plain, bytes) = package();
    session.open(plain, &bytes).unwrap();
    assert_eq!((session.step(), session.lacking(Some(5))), (None, None));
    session.go_to(None).unwrap();
    let said = session.go_to(Some(5)).unwrap_err().to_string();
    assert!(said.contains("no checkpoints of its training"), "{said}");
    assert_eq!(run(&mut session, 2, "w2 w3", &ask).unwrap().step, None);
    session.open(file, &weights).unwrap();
    assert!(session.lacking(Some(5)).is_some(), "a model that is opened again has no file yet");
}

/// A model with two earlier steps: description, weights and checkpoints.
fn with_checkpoints() -> (engine::load::ModelFile, Vec<u8>, Vec<u8>) {
    let (mut file, bytes) = package();
    let finished = weights(&plain(), 1);
    let earlier = [(0, weights(&plain(), 2)), (5, weights(&plain(), 3))];
    let packed = checkpoints_to_safetensors(&finished, &file.weights_sha256, &earlier, 9).unwrap();
    file.prompts = vec!["w2 w5 w7".to_owned(), "w9 w3".to_owned()];
    let (n_bytes, sha256) = (packed.len() as u64, digest(&packed));
    file.checkpoints = Some(CheckpointsFile { steps: vec![0, 5, 9], bytes: n_bytes, sha256 });
    (file, bytes, packed)
}

/// One question of each kind.
fn everything() -> Vec<Question> {
    vec![
        Question::Norms(AskNorms),
        Question::Thumbnails(AskThumbnails { side: 4 }),
        Question::Patterns(AskPatterns { layer: 0, heads: vec![1] }),
        Question::AttentionRow(AskAttentionRow { layer: 1, head: 2, query: 0 }),
        Question::Lens(AskLens { a: 2, b: 3 }),
        Question::Paths(AskPaths { basis: trace::Basis::Stored }),
        Question::Attribution(AskAttribution { pos: 0, a: 2, b: 3 }),
        Question::Next(AskNext),
    ]
}

fn package() -> (engine::load::ModelFile, Vec<u8>) {
    package_of(plain())
}

fn package_of(config: NetworkConfig) -> (engine::load::ModelFile, Vec<u8>) {
    let bytes = weights(&config, 1).to_safetensors(Precision::Single, &[]);
    (model(config, 1).file, bytes)
}

fn opened() -> Session {
    opened_as(plain())
}

fn opened_as(config: NetworkConfig) -> Session {
    let mut session = Session::new(Device::flex());
    let (file, bytes) = package_of(config);
    session.open(file, &bytes).unwrap();
    session
}

fn run(
    session: &mut Session,
    id: u64,
    prompt: &str,
    ask: &[Question],
) -> Result<engine::session::Ran, RunError> {
    changed(session, id, prompt, &Program::default(), ask)
}

/// A run with a program.
fn changed(
    session: &mut Session,
    id: u64,
    prompt: &str,
    program: &Program,
    ask: &[Question],
) -> Result<engine::session::Ran, RunError> {
    let asked = Asked { prompt, program, ask };
    pollster::block_on(session.run(id, asked))
}

fn program(text: &str) -> Program {
    let (interventions, errors) = read_program(text);
    assert_eq!(errors, []);
    Program { interventions, blocks: None }
}

/// What makes numbers at a place infinite, and of those NaN.
fn too_large(place: &str) -> Program {
    program(&format!("{place} scale 3e38; {place} scale 3e38; {place} scale 0"))
}

fn look(session: &mut Session, id: u64, ask: &[Question]) -> Result<Vec<Reply>, RunError> {
    pollster::block_on(session.look(id, ask))
}
