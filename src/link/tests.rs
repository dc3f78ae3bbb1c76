//! Orders of events, and what is done then.

use trace::{
    Absence, Answer, AskAttribution, AskFilm, AskNext, AskPatterns, AskUnchanged, Axis, Device,
    Event, Frame, Job, JobResult, JobTrouble, LAST, ModelInfo, ModelShape, NamedArray, Notice,
    ProbeJob, Probed, Program, Question, Reply, Report, Request, RunId, STRONGEST, Site, Unchanged,
    read_program,
};

use super::{Effect, Input, JobState, Status, Talk};

fn info(id: &str) -> Box<ModelInfo> {
    Box::new(ModelInfo {
        id: id.to_owned(),
        about: String::new(),
        n_params: 0,
        size_bytes: 0,
        digest: id.to_owned(),
        shape: ModelShape::default(),
        vocab: Vec::new(),
        prompts: Vec::new(),
        has_basis: false,
        phenomena: Vec::new(),
        checkpoints: Vec::new(),
    })
}

fn none(question: Question) -> Reply {
    Reply { question, answer: Err(Absence::NoBasis) }
}

fn ran(id: RunId, answers: Vec<Reply>) -> Input {
    Input::Heard(Box::new(Event::Ran {
        id,
        tokens: Vec::new(),
        n_cut: 0,
        secs: 0.1,
        answers,
        report: Report::default(),
        step: None,
    }))
}

fn seen(id: RunId, answers: Vec<Reply>) -> Input {
    Input::Heard(Box::new(Event::Seen { id, answers }))
}

fn failed(id: Option<RunId>, is_fatal: bool) -> Input {
    let notice = Notice { text: "no".to_owned(), is_fatal };
    Input::Heard(Box::new(Event::Failed { id, notice }))
}

fn run(prompt: &str, ask: &[Question]) -> Input {
    Input::Run { prompt: prompt.to_owned(), program: Program::default(), ask: ask.to_vec() }
}

fn started() -> Input {
    let device = Device { is_gpu: false, name: String::new() };
    Input::Heard(Box::new(Event::Started { device }))
}

/// A conversation whose model is there.
fn open() -> Talk {
    let mut talk = Talk::new("tales");
    talk.step(0.0, Input::Engine { uses_gpu: false });
    talk.step(0.0, started());
    talk.step(0.0, Input::Heard(Box::new(Event::Opened { model: info("tales") })));
    talk
}

/// What is sent to the engine.
fn sent(effects: &[Effect]) -> Vec<&Request> {
    let mut all = Vec::new();
    for effect in effects {
        if let Effect::Send(request) = effect {
            all.push(request);
        }
    }
    all
}

fn statuses(effects: &[Effect]) -> Vec<&Status> {
    let mut all = Vec::new();
    for effect in effects {
        if let Effect::Status(status) = effect {
            all.push(status);
        }
    }
    all
}

fn next() -> Question {
    AskNext.into()
}

fn film(layer: usize) -> Question {
    AskFilm { layer, head: 0 }.into()
}

#[test]
fn an_engine_that_is_up_is_told_the_model_that_is_wanted_then() {
    let mut talk = Talk::new("tales");
    let effects = talk.step(0.0, Input::Engine { uses_gpu: true });
    assert_eq!(effects[..2], [Effect::Stop, Effect::Status(Status::Starting)]);
    assert_eq!(effects[2], Effect::Start { uses_gpu: true });
    assert_eq!(talk.step(0.0, Input::Model("other".to_owned())), []);
    assert_eq!(
        talk.step(0.0, run("a", &[next()])),
        [],
        "nothing is asked before the model is there"
    );
    let effects = talk.step(1.0, started());
    let expected = Request::Open { url: "./models/other".to_owned() };
    assert_eq!(sent(&effects), [&expected]);
}

#[test]
fn what_is_on_show_and_was_not_asked_is_asked_when_the_run_is_back() {
    let mut talk = open();
    let effects = talk.step(1.0, run("a", &[next()]));
    assert!(matches!(sent(&effects)[..], [Request::Run { id: 1, .. }]));
    assert_eq!(talk.step(1.0, Input::Ask(vec![next(), film(0)])), []);
    let effects = talk.step(1.2, ran(1, vec![none(next())]));
    assert!(
        matches!(&effects[0], Effect::Ran { run, answers } if run.prompt == "a" && answers.len() == 1)
    );
    let look = Request::Look { id: 1, ask: vec![film(0)] };
    assert_eq!(sent(&effects), [&look]);
    // While it is under way, a second one waits.
    assert_eq!(talk.step(1.3, Input::Ask(vec![next(), film(1)])), []);
    let effects = talk.step(1.4, seen(1, vec![none(film(0))]));
    assert!(matches!(&effects[0], Effect::Seen(answers) if answers[0].asked == film(0)));
    assert_eq!(sent(&effects), [&Request::Look { id: 1, ask: vec![film(1)] }]);
    talk.step(1.5, seen(1, vec![none(film(1))]));
    // What was answered once about this run is not asked again.
    assert_eq!(talk.step(1.6, Input::Ask(vec![film(0), next()])), []);
}

#[test]
fn a_question_that_the_run_closed_counts_as_asked_both_ways() {
    let mut talk = open();
    let patterns = |layer| Question::from(AskPatterns { layer, heads: vec![0] });
    talk.step(0.0, run("a", &[patterns(STRONGEST)]));
    talk.step(0.0, ran(1, vec![none(patterns(2))]));
    assert_eq!(talk.step(0.0, Input::Ask(vec![patterns(2)])), []);
    assert_eq!(sent(&talk.step(0.0, Input::Ask(vec![patterns(1)]))).len(), 1);
}

#[test]
fn a_look_finds_the_strongest_head_where_the_run_did() {
    let mut talk = open();
    let attribution = |pos| Question::from(AskAttribution { pos, a: 1, b: 2 });
    let patterns = Question::from(AskPatterns { layer: STRONGEST, heads: vec![0] });
    let all = [attribution(LAST), attribution(5), patterns.clone()];
    talk.step(0.0, run("a", &all[..1]));
    talk.step(0.0, ran(1, vec![none(attribution(LAST))]));
    // What has its answer is asked along, and first.
    let effects = talk.step(0.0, Input::Ask(all.to_vec()));
    assert_eq!(sent(&effects), [&Request::Look { id: 1, ask: all.to_vec() }]);
    talk.step(0.0, seen(1, all.iter().cloned().map(none).collect()));
    // Where nothing is left to the run, it is not.
    let effects = talk.step(0.0, Input::Ask(vec![attribution(LAST), film(0)]));
    assert_eq!(sent(&effects), [&Request::Look { id: 1, ask: vec![film(0)] }]);
}

#[test]
fn of_runs_under_way_each_brings_its_own_prompt_and_the_last_is_looked_at() {
    let mut talk = open();
    talk.step(0.0, run("a", &[next()]));
    talk.step(0.0, run("ab", &[next()]));
    talk.step(0.0, run("abc", &[next()]));
    talk.step(0.0, Input::Ask(vec![film(0)]));
    let effects = talk.step(0.1, ran(1, vec![none(next())]));
    assert!(matches!(&effects[0], Effect::Ran { run, .. } if run.prompt == "a"));
    assert_eq!(sent(&effects), Vec::<&Request>::new());
    let effects = talk.step(0.2, ran(3, vec![none(next())]));
    assert!(matches!(&effects[0], Effect::Ran { run, .. } if run.prompt == "abc"));
    assert!(matches!(sent(&effects)[..], [Request::Look { id: 3, .. }]));
}

#[test]
fn answers_to_an_earlier_look_are_not_taken_for_the_new_run() {
    let mut talk = open();
    talk.step(0.0, run("a", &[next()]));
    talk.step(0.0, ran(1, vec![none(next())]));
    talk.step(0.0, Input::Ask(vec![film(0)]));
    talk.step(0.0, run("ab", &[next(), film(0)]));
    assert_eq!(talk.step(0.1, seen(1, vec![none(film(0))])), []);
    let effects = talk.step(0.2, ran(2, vec![none(next()), none(film(0))]));
    assert_eq!(sent(&effects), Vec::<&Request>::new());
}

#[test]
fn a_prompt_that_is_refused_first_leaves_the_page_ready_and_later_ones_leave_the_last_run() {
    let mut talk = open();
    talk.step(0.0, run("much", &[next()]));
    let effects = talk.step(0.1, failed(Some(1), false));
    assert_eq!(statuses(&effects), [&Status::Ready]);
    let effects = talk.step(0.2, run("a", &[next()]));
    let [Request::Run { id, .. }] = sent(&effects)[..] else { panic!("{effects:?}") };
    talk.step(0.3, ran(*id, vec![none(next())]));
    talk.step(0.4, run("much", &[next()]));
    talk.step(0.4, Input::Ask(vec![film(0)]));
    let effects = talk.step(0.5, failed(Some(id + 1), false));
    assert_eq!(statuses(&effects), Vec::<&Status>::new(), "still live");
    assert!(matches!(sent(&effects)[..], [Request::Look { id: 1, .. }]), "{effects:?}");
    // A look that fails is not asked for ever.
    assert_eq!(talk.step(0.6, failed(Some(1), false)).len(), 1);
}

#[test]
fn a_model_that_does_not_open_stops_the_page_and_another_one_goes_on() {
    let mut talk = open();
    talk.step(0.0, run("a", &[next()]));
    talk.step(0.0, ran(1, vec![none(next())]));
    let effects = talk.step(0.0, Input::Model("nobody".to_owned()));
    assert_eq!(statuses(&effects), [&Status::Loading { got_bytes: 0, of_bytes: 0 }]);
    assert_eq!(statuses(&talk.step(0.0, failed(None, false))), [&Status::Stopped]);
    talk.step(0.0, Input::Model("other".to_owned()));
    let opened = Event::Opened { model: info("other") };
    let effects = talk.step(0.0, Input::Heard(Box::new(opened)));
    assert!(matches!(&effects[0], Effect::Opened { is_other: true, .. }));
    assert_eq!(talk.step(0.0, Input::Ask(vec![film(0)])), [], "its first run is still to come");
}

#[test]
fn what_a_model_says_after_another_was_wanted_comes_too_late() {
    let mut talk = open();
    talk.step(0.0, run("a", &[next()]));
    talk.step(0.0, Input::Model("other".to_owned()));
    assert_eq!(talk.step(0.1, ran(1, vec![none(next())])), []);
}

#[test]
fn an_engine_that_fails_is_started_again_a_few_times() {
    let mut talk = open();
    for _ in 0..3 {
        let effects = talk.step(0.0, Input::Broke("it stopped".to_owned()));
        assert!(effects.contains(&Effect::Restart { millis: 300 }), "{effects:?}");
        talk.step(0.0, Input::Engine { uses_gpu: false });
    }
    let effects = talk.step(0.0, Input::Broke("it stopped".to_owned()));
    assert_eq!(statuses(&effects), [&Status::Stopped]);
    assert!(effects.iter().any(|it| matches!(it, Effect::Notice(text) if text.contains("Reload"))));
}

#[test]
fn a_run_that_comes_back_forgives_earlier_failures() {
    let mut talk = open();
    for _ in 0..5 {
        talk.step(0.0, failed(None, true));
        talk.step(0.0, Input::Engine { uses_gpu: false });
        talk.step(0.0, started());
        talk.step(0.0, Input::Heard(Box::new(Event::Opened { model: info("tales") })));
        let effects = talk.step(0.0, run("a", &[next()]));
        let [Request::Run { id, .. }] = sent(&effects)[..] else { panic!("{effects:?}") };
        let effects = talk.step(0.0, ran(*id, vec![none(next())]));
        assert_eq!(statuses(&effects), [&Status::Live]);
    }
}

#[test]
fn a_graphics_card_that_fails_gives_way_to_the_cpu() {
    let mut talk = Talk::new("tales");
    talk.step(0.0, Input::Engine { uses_gpu: true });
    let effects = talk.step(0.0, failed(None, true));
    assert!(effects.contains(&Effect::UseCpu), "{effects:?}");
}

#[test]
fn an_engine_that_says_nothing_is_given_up_after_its_patience() {
    let mut talk = open();
    assert_eq!(talk.step(100.0, Input::Tick), [], "nothing is awaited");
    talk.step(100.0, run("a", &[next()]));
    talk.step(106.0, run("ab", &[next()]));
    assert_eq!(talk.step(107.9, Input::Tick), []);
    // Later requests do not put off the end of the wait.
    assert!(talk.step(108.1, Input::Tick).contains(&Effect::Stop));
    assert_eq!(talk.step(200.0, Input::Tick), [], "once is enough");
}

#[test]
fn slow_runs_and_loading_are_waited_for() {
    let mut talk = open();
    talk.step(0.0, run("a", &[next()]));
    let slow = Event::Ran {
        id: 1,
        tokens: Vec::new(),
        n_cut: 0,
        secs: 2.0,
        answers: vec![none(next())],
        report: Report::default(),
        step: None,
    };
    talk.step(2.0, Input::Heard(Box::new(slow)));
    talk.step(2.0, run("ab", &[next()]));
    assert_eq!(talk.step(41.0, Input::Tick), []);
    assert!(talk.step(43.0, Input::Tick).contains(&Effect::Stop));

    let mut talk = Talk::new("tales");
    talk.step(0.0, Input::Engine { uses_gpu: false });
    talk.step(0.0, started());
    let part = Event::Loading { got_bytes: 1, of_bytes: 9 };
    talk.step(100.0, Input::Heard(Box::new(part)));
    assert_eq!(talk.step(219.0, Input::Tick), []);
    assert!(talk.step(221.0, Input::Tick).contains(&Effect::Stop));
}

#[test]
fn an_engine_that_nobody_needs_is_ended_for_good() {
    let mut talk = open();
    assert_eq!(talk.step(0.0, Input::Close), [Effect::Stop]);
    assert_eq!(talk.step(0.0, Input::Engine { uses_gpu: false }), []);
    let next = Answer::Next(NamedArray::new(Vec::new(), &[(Axis::Vocab, 0)]).unwrap());
    let reply = Reply { question: AskNext.into(), answer: Ok(next) };
    assert_eq!(talk.step(0.0, ran(1, vec![reply])), []);
}

/// A model with two steps before its last.
fn with_steps() -> Input {
    let mut model = info("tales");
    model.checkpoints = vec![0, 10, 20];
    Input::Heard(Box::new(Event::Opened { model }))
}

/// A conversation whose model has checkpoints and has run once.
fn with_checkpoints() -> Talk {
    let mut talk = Talk::new("tales");
    talk.step(0.0, Input::Engine { uses_gpu: false });
    talk.step(0.0, started());
    talk.step(0.0, with_steps());
    talk.step(0.0, run("a", &[next()]));
    talk.step(0.0, ran(1, vec![none(next())]));
    talk
}

fn at(step: Option<usize>) -> Input {
    Input::Heard(Box::new(Event::AtCheckpoint { step }))
}

fn to(step: Option<usize>) -> Request {
    Request::Checkpoint { url: "./models/tales".to_owned(), step }
}

#[track_caller]
fn runs(effects: &[Effect], wanted: &str) {
    let is_run = |it: &&Request| matches!(it, Request::Run { prompt, .. } if prompt == wanted);
    assert_eq!(sent(effects).into_iter().filter(is_run).count(), 1, "{effects:?}");
}

#[test]
fn at_another_step_the_last_prompt_runs_again() {
    let mut talk = with_checkpoints();
    assert_eq!(sent(&talk.step(1.0, Input::Checkpoint(Some(10)))), [&to(Some(10))]);
    let effects = talk.step(1.1, at(Some(10)));
    runs(&effects, "a");
    assert_eq!(statuses(&effects), [&Status::Live]);
    let event = Event::Ran {
        id: 2,
        tokens: Vec::new(),
        n_cut: 0,
        secs: 0.1,
        answers: vec![none(next())],
        report: Report::default(),
        step: Some(10),
    };
    let effects = talk.step(1.2, Input::Heard(Box::new(event)));
    assert!(matches!(&effects[0], Effect::Ran { run, .. } if run.step == Some(10)));
    // Where it is already there is nothing to do.
    assert_eq!(talk.step(1.3, Input::Checkpoint(Some(10))), []);
    assert_eq!(sent(&talk.step(1.3, Input::Checkpoint(None))), [&to(None)]);
}

#[test]
fn while_the_engine_is_on_its_way_the_latest_step_counts_and_nothing_else_is_asked() {
    let mut talk = with_checkpoints();
    talk.step(1.0, Input::Checkpoint(Some(0)));
    assert_eq!(talk.step(1.0, Input::Checkpoint(Some(10))), []);
    assert_eq!(talk.step(1.0, Input::Checkpoint(Some(20))), []);
    assert_eq!(talk.step(1.0, Input::Ask(vec![next(), film(0)])), [], "a look waits");
    assert_eq!(talk.step(1.0, run("ab", &[next(), film(0)])), [], "a run waits");
    // Each step that it comes to is shown.
    let effects = talk.step(1.1, at(Some(0)));
    runs(&effects, "ab");
    assert_eq!(sent(&effects)[1], &to(Some(20)));
    let effects = talk.step(1.2, ran(2, vec![none(next())]));
    assert!(matches!(&effects[0], Effect::Ran { run, .. } if run.prompt == "ab"));
    assert_eq!(sent(&effects), Vec::<&Request>::new(), "its answers would be of the next step");
    let effects = talk.step(1.3, at(Some(20)));
    runs(&effects, "ab");
    assert_eq!(sent(&effects).len(), 1);
}

#[test]
fn a_run_under_way_comes_back_under_its_own_step() {
    let mut talk = with_checkpoints();
    talk.step(1.0, run("ab", &[next()]));
    assert_eq!(sent(&talk.step(1.0, Input::Checkpoint(Some(0)))), [&to(Some(0))]);
    let effects = talk.step(1.1, ran(2, vec![none(next())]));
    assert!(matches!(&effects[0], Effect::Ran { run, .. } if run.step.is_none()));
    runs(&talk.step(1.2, at(Some(0))), "ab");
}

#[test]
fn a_step_that_the_model_lacks_is_said_and_nothing_moves() {
    let mut talk = with_checkpoints();
    let effects = talk.step(1.0, Input::Checkpoint(Some(11)));
    let [Effect::Notice(text), Effect::StayAt(None)] = &effects[..] else { panic!("{effects:?}") };
    assert!(text.contains("no checkpoint at step 11; it has 0, 10, 20"), "{text}");
    assert_eq!(talk.step(1.0, Input::Checkpoint(None)), []);

    let mut talk = open();
    let effects = talk.step(1.0, Input::Checkpoint(Some(0)));
    let [Effect::Notice(text), Effect::StayAt(None)] = &effects[..] else { panic!("{effects:?}") };
    assert!(text.contains("no checkpoints of its training"), "{text}");
}

#[test]
fn where_a_step_is_not_to_be_had_the_one_before_stays() {
    let mut talk = with_checkpoints();
    talk.step(1.0, Input::Checkpoint(Some(10)));
    talk.step(1.0, Input::Ask(vec![next(), film(0)]));
    let effects = talk.step(1.1, failed(None, false));
    assert!(matches!(&effects[..], [Effect::Notice(_)]), "{effects:?}");
    let effects = talk.step(1.1, at(None));
    assert!(effects.contains(&Effect::StayAt(None)), "{effects:?}");
    // The last run stands and can be looked at.
    assert!(matches!(sent(&effects)[..], [Request::Look { id: 1, .. }]), "{effects:?}");
    // It may be tried again.
    assert_eq!(sent(&talk.step(2.0, Input::Checkpoint(Some(10)))), [&to(Some(10))]);
}

#[test]
fn a_step_in_the_link_comes_before_the_first_run() {
    let mut talk = Talk::new("tales");
    talk.step(0.0, Input::Checkpoint(Some(10)));
    talk.step(0.0, Input::Engine { uses_gpu: false });
    talk.step(0.0, started());
    assert_eq!(sent(&talk.step(0.0, with_steps())), [&to(Some(10))]);
    assert_eq!(talk.step(0.1, run("a", &[next()])), []);
    // Fetching the file takes a while.
    let part = Event::Loading { got_bytes: 1, of_bytes: 9 };
    talk.step(60.0, Input::Heard(Box::new(part)));
    assert_eq!(talk.step(100.0, Input::Tick), []);
    runs(&talk.step(110.0, at(Some(10))), "a");
    // An engine that is started again goes back to it.
    talk.step(111.0, Input::Broke("it stopped".to_owned()));
    talk.step(111.0, Input::Engine { uses_gpu: false });
    talk.step(111.0, started());
    assert_eq!(sent(&talk.step(112.0, with_steps())), [&to(Some(10))]);
}

#[test]
fn another_model_begins_at_its_end() {
    let mut talk = with_checkpoints();
    talk.step(1.0, Input::Checkpoint(Some(10)));
    talk.step(1.0, Input::Model("other".to_owned()));
    assert_eq!(talk.step(1.1, at(Some(10))), [], "that was of the model before");
    let mut model = info("other");
    model.checkpoints = vec![0, 10];
    let effects = talk.step(1.2, Input::Heard(Box::new(Event::Opened { model })));
    assert_eq!(sent(&effects), Vec::<&Request>::new());
    let effects = talk.step(1.2, run("b", &[next()]));
    assert!(matches!(sent(&effects)[..], [Request::Run { .. }]));
    let expected = Request::Checkpoint { url: "./models/other".to_owned(), step: Some(0) };
    assert_eq!(sent(&talk.step(1.3, Input::Checkpoint(Some(0)))), [&expected]);
}

fn job(n_rows: usize) -> Job {
    Job::Probe(ProbeJob { n_rows, ..ProbeJob::default() })
}

fn start_job(n_rows: usize) -> Input {
    Input::StartJob(Box::new(job(n_rows)))
}

fn heard(event: Event) -> Input {
    Input::Heard(Box::new(event))
}

fn result() -> JobResult {
    let [by_site, exact, decoded] = [(); 3].map(|()| Frame::default());
    JobResult::Probe(Box::new(Probed { by_site, exact, decoded, shown: Site::Embed }))
}

fn done(id: u64) -> Input {
    heard(Event::Done { id, result: result() })
}

fn progress(id: u64, done: usize) -> Input {
    heard(Event::Progress { id, done, of: 9, secs_left: Some(1.5) })
}

fn states(effects: &[Effect]) -> Vec<&JobState> {
    let mut all = Vec::new();
    for effect in effects {
        if let Effect::Job(state) = effect {
            all.push(state);
        }
    }
    all
}

const BEGUN: JobState = JobState::Running { done: 0, of: 0, secs_left: None };

#[test]
fn a_job_is_sent_followed_and_done_and_what_it_fitted_is_asked_about() {
    let mut talk = open();
    talk.step(0.0, run("a", &[next()]));
    talk.step(0.0, ran(1, vec![none(next())]));
    let effects = talk.step(0.0, start_job(8));
    assert_eq!(states(&effects), [&BEGUN]);
    assert_eq!(sent(&effects), [&Request::Start { id: 1, job: job(8) }]);
    let effects = talk.step(0.5, progress(1, 3));
    let going = JobState::Running { done: 3, of: 9, secs_left: Some(1.5) };
    assert_eq!(effects, [Effect::Job(going)]);
    let effects = talk.step(1.0, done(1));
    let told = JobState::Done(std::sync::Arc::new(result()));
    assert_eq!(states(&effects), [&told]);
    let [Request::Run { id: 2, prompt, .. }] = sent(&effects)[..] else { panic!("{effects:?}") };
    assert_eq!(prompt, "a");
    assert_eq!(talk.step(1.1, progress(1, 9)), [], "it is done");
}

#[test]
fn of_jobs_the_last_counts_and_one_that_is_stopped_says_no_more() {
    let mut talk = open();
    talk.step(0.0, start_job(8));
    let effects = talk.step(0.1, start_job(9));
    assert_eq!(sent(&effects), [&Request::Start { id: 2, job: job(9) }]);
    assert_eq!(talk.step(0.2, heard(Event::Stopped { id: 1 })), []);
    assert_eq!(talk.step(0.2, done(1)), []);
    let effects = talk.step(0.3, Input::StopJob);
    assert_eq!(
        (states(&effects), sent(&effects)),
        (vec![&JobState::None], vec![&Request::Stop { id: 2 }])
    );
    assert_eq!(talk.step(0.4, progress(2, 4)), []);
    assert_eq!(talk.step(0.4, heard(Event::Stopped { id: 2 })), []);
    assert_eq!(talk.step(0.5, Input::StopJob), [], "there is none");
    // One that the engine ended by itself is told of.
    talk.step(0.6, start_job(7));
    let effects = talk.step(0.7, heard(Event::Stopped { id: 3 }));
    assert_eq!(effects, [Effect::Job(JobState::None)]);
    // Why one could not be done stands until the next.
    talk.step(0.8, start_job(7));
    let failed = heard(Event::JobFailed { id: 4, trouble: JobTrouble::NoModel });
    let said = JobState::Failed("no model is loaded yet".to_owned());
    assert_eq!(talk.step(0.9, failed), [Effect::Job(said)]);
}

#[test]
fn a_job_waits_for_its_model_and_ends_with_it() {
    let mut talk = Talk::new("tales");
    talk.step(0.0, Input::Engine { uses_gpu: false });
    assert_eq!(talk.step(0.0, start_job(8)), [Effect::Job(BEGUN)]);
    talk.step(0.1, started());
    let opened = |id: &str| heard(Event::Opened { model: info(id) });
    let effects = talk.step(0.2, opened("tales"));
    assert_eq!(sent(&effects), [&Request::Start { id: 1, job: job(8) }]);
    // Another model ends it; one that is wanted after that is of the other model.
    let effects = talk.step(0.3, Input::Model("other".to_owned()));
    assert_eq!(states(&effects), [&JobState::None]);
    assert_eq!(talk.step(0.4, start_job(9)), [Effect::Job(BEGUN)]);
    assert_eq!(talk.step(0.4, done(1)), [], "of the model before");
    let effects = talk.step(0.5, opened("other"));
    assert_eq!(sent(&effects), [&Request::Start { id: 2, job: job(9) }]);
    talk.step(0.6, done(2));
    // What is shown goes with its model too.
    let effects = talk.step(0.7, Input::Model("third".to_owned()));
    assert_eq!(states(&effects), [&JobState::None]);
    assert_eq!(states(&talk.step(0.8, opened("third"))), Vec::<&JobState>::new());
}

#[test]
fn an_engine_that_starts_again_ends_its_job_and_says_so() {
    let mut talk = open();
    talk.step(0.0, start_job(8));
    let effects = talk.step(0.1, failed(None, true));
    let [JobState::Failed(text)] = states(&effects)[..] else { panic!("{effects:?}") };
    assert!(text.contains("start it anew"), "{text}");
    assert!(effects.contains(&Effect::Notice(text.clone())));
    let again = talk.step(0.5, Input::Engine { uses_gpu: false });
    assert_eq!(states(&again), Vec::<&JobState>::new(), "once is enough");
    talk.step(0.6, started());
    talk.step(0.7, heard(Event::Opened { model: info("tales") }));
    assert_eq!(talk.step(0.8, done(1)), [], "of the engine before");
    // The reader changes engines.
    talk.step(1.0, start_job(9));
    let effects = talk.step(1.1, Input::Engine { uses_gpu: true });
    assert!(matches!(states(&effects)[..], [JobState::Failed(_)]), "{effects:?}");
}

#[test]
fn a_job_does_not_try_the_pages_patience() {
    let mut talk = open();
    talk.step(0.0, start_job(8));
    assert_eq!(talk.step(500.0, Input::Tick), [], "a step may take its time");
    // A run that waits for a step is waited for as long as the engine says something.
    talk.step(500.0, run("a", &[next()]));
    talk.step(507.0, progress(1, 2));
    assert_eq!(talk.step(514.0, Input::Tick), []);
    assert!(talk.step(515.1, Input::Tick).contains(&Effect::Stop));
}

#[test]
fn a_changed_run_is_asked_what_would_come_next_unchanged() {
    let mut talk = open();
    let (interventions, _) = read_program("mlp.0 scale 0");
    let program = Program { interventions, blocks: None };
    let ask = vec![Question::from(AskNext)];
    let changed = Input::Run { prompt: "w".into(), program, ask: ask.clone() };
    let Some(Effect::Send(Request::Run { ask: sent, .. })) = talk.step(1.0, changed).pop() else {
        panic!("a run is sent")
    };
    let unchanged = Question::from(AskUnchanged::of(AskNext));
    assert_eq!(sent, [ask[0].clone(), unchanged.clone()]);
    let logits = NamedArray::new(vec![1.0, 2.0], &[(Axis::Vocab, 2)]).unwrap();
    let answer = Unchanged { answer: Box::new(Answer::Next(logits.clone())) };
    let reply = Reply { question: unchanged, answer: Ok(Answer::Unchanged(answer)) };
    let effects = talk.step(2.0, ran(1, vec![none(ask[0].clone()), reply]));
    let run = effects.into_iter().find_map(|it| match it {
        Effect::Ran { run, .. } => Some(run),
        _ => None,
    });
    assert_eq!(run.unwrap().unchanged, Some(logits));
}
