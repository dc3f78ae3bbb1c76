//! `cargo xtask lab`: makes, trains, measures and checks labs, and writes what is read of them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use lab::{
    claim::Finding,
    format::{Expect, Lab, Measured, Problem, Run},
    index::{Entry, Index},
    lesson::{Lesson, Trouble},
    report,
};
use sha2::{Digest, Sha256};

use crate::{
    args::Args,
    bench::command_line,
    project::{Failure, Project, Result, failed, run},
};

/// What `cargo xtask lab` can do.
const USAGE: &str = "new ID | train ID [--network NAME] [--seed N] | measure ID [--network NAME] \
                     [--seed N] | checkpoints ID --runs DIR [--network NAME] [--seed N] | \
                     check [ID…] | tables";

/// `cargo xtask lab`.
pub(crate) fn lab(project: &Project, words: &[String]) -> Result<()> {
    let args = Args::parse(words, &[], &["--network", "--seed", "--runs"])?;
    let names: Vec<&str> = args.words.iter().map(String::as_str).collect();
    match names[..] {
        ["new", id] => new(project, id),
        ["train" | "measure" | "checkpoints", _] => {
            run(command_line(project, "lab").args(words))?;
            tables(project)
        }
        ["check", ..] => check(project, &names[1..]),
        ["tables"] => tables(project),
        _ => Err(Failure::new(format!("say one of: {USAGE}"))),
    }
}

/// A folder of `assets/labs`, as far as it is there.
struct Folder {
    lab: Lab,
    /// Nothing of a lab that was not measured yet.
    measured: Option<Measured>,
    /// Its text in steps; empty where it has none.
    lesson: String,
}

fn labs(project: &Project) -> PathBuf {
    project.root.join("assets").join("labs")
}

/// The ids of all folders, in order.
fn ids(project: &Project) -> Result<Vec<String>> {
    let folder = labs(project);
    let mut ids = Vec::new();
    for entry in fs::read_dir(&folder).map_err(failed("listing assets/labs"))? {
        let entry = entry.map_err(failed("listing assets/labs"))?;
        if entry.path().is_dir() {
            ids.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    ids.sort();
    Ok(ids)
}

impl Folder {
    fn open(project: &Project, id: &str) -> Result<Self> {
        let path = labs(project).join(id);
        let text = fs::read_to_string(path.join("lab.json"))
            .map_err(failed(format!("reading assets/labs/{id}/lab.json")))?;
        let lab = Lab::parse(&text).map_err(|it| listed(id, &it))?;
        if lab.id != id {
            return Err(Failure::new(format!(
                "the lab in assets/labs/{id} calls itself {}",
                lab.id
            )));
        }
        let measured = path.join("measured.json");
        let lesson = fs::read_to_string(path.join("lesson.md")).unwrap_or_default();
        let (_, troubles) = Lesson::read(&lesson);
        if let Some(trouble) = troubles.first().filter(|_| !lesson.is_empty()) {
            let Trouble { line, what, fix } = trouble;
            return Err(Failure::new(format!(
                "assets/labs/{id}/lesson.md line {line}: {what}; {fix}"
            )));
        }
        let measured = if measured.exists() {
            let text = fs::read_to_string(measured).map_err(failed("reading measured.json"))?;
            Some(Measured::parse(&text, &lab).map_err(|it| listed(id, &it))?)
        } else {
            None
        };
        Ok(Self { lab, measured, lesson })
    }

    /// The lab with its findings; nothing where it was not measured.
    fn entry(&self) -> Result<Option<Entry>> {
        let Some(measured) = self.measured.clone() else { return Ok(None) };
        let entry = Entry::new(self.lab.clone(), measured);
        let entry = entry.map(|it| Entry { lesson: self.lesson.clone(), ..it });
        entry.map(Some).map_err(|why| Failure::new(format!("{}: {why}", self.lab.id)))
    }

    /// Every run whose weights or checkpoints are not those that were measured.
    fn changed(&self, project: &Project) -> Vec<String> {
        let runs = self.measured.iter().flat_map(|it| &it.runs);
        runs.filter_map(|run| {
            let network = self.lab.network(&run.network)?;
            // Weights of a network without training are made from its seed; the engine's tests
            // make them again.
            if run.step == 0 {
                return None;
            }
            let folder = self.lab.folder_of(network, run.seed);
            let place = project.root.join("assets").join(&folder);
            let found = fs::read(place.join("weights.safetensors")).map(|bytes| digest(&bytes));
            let wrong = match found {
                Ok(digest) if digest == run.sha256 => wrong_checkpoints(&place, run)?,
                Ok(_) => "has other weights than those that were measured",
                Err(_) => "has no weights",
            };
            Some(format!("assets/{folder} {wrong}"))
        })
        .collect()
    }
}

/// What is wrong with the checkpoints beside the weights of a run, if anything is.
fn wrong_checkpoints(place: &Path, run: &Run) -> Option<&'static str> {
    let model = fs::read(place.join("model.json")).unwrap_or_default();
    let model: serde_json::Value = serde_json::from_slice(&model).unwrap_or_default();
    let said = &model["checkpoints"];
    let steps: Vec<u64> =
        said["steps"].as_array().into_iter().flatten().filter_map(|it| it.as_u64()).collect();
    let measured = run.timeline.iter().map(|it| it.step as u64);
    if !measured.eq(steps) {
        return Some("has other checkpoints than those that were measured");
    }
    if said.is_null() {
        return None;
    }
    match fs::read(place.join("checkpoints.safetensors")) {
        Ok(bytes) if said["sha256"].as_str() == Some(&digest(&bytes)) => None,
        Ok(_) => Some("has other checkpoints than its model.json tells of"),
        Err(_) => Some("has no checkpoints"),
    }
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|it| format!("{it:02x}")).collect()
}

fn listed(id: &str, problems: &[Problem]) -> Failure {
    let lines: Vec<String> = problems.iter().map(|it| format!("\n  {it}")).collect();
    Failure::new(format!("assets/labs/{id}:{}", lines.concat()))
}

/// Prints every claim with theirs, ours and the outcome; fails where one is not as expected, or
/// weights are not those that were measured.
pub(crate) fn check(project: &Project, wanted: &[&str]) -> Result<()> {
    let all = ids(project)?;
    if let Some(unknown) = wanted.iter().find(|it| !all.iter().any(|id| id == *it)) {
        return Err(Failure::new(format!("no lab {unknown:?}; there are: {}", all.join(" "))));
    }
    let mut troubles = Vec::new();
    for id in all.iter().filter(|id| wanted.is_empty() || wanted.contains(&id.as_str())) {
        match check_one(project, id) {
            Ok(found) => troubles.extend(found),
            Err(failure) => troubles.push(failure.to_string()),
        }
    }
    if troubles.is_empty() { Ok(()) } else { Err(Failure::new(troubles.join("\n"))) }
}

fn check_one(project: &Project, id: &str) -> Result<Vec<String>> {
    let folder = Folder::open(project, id)?;
    println!("\n{id}: {}", folder.lab.title);
    let Some(entry) = folder.entry()? else {
        if folder.lab.claims.is_empty() {
            println!("  not measured yet: cargo xtask lab train {id}");
            return Ok(Vec::new());
        }
        return Ok(vec![format!(
            "{id} has claims and no measured.json: cargo xtask lab train {id}"
        )]);
    };
    for (claim, finding) in entry.lab.claims.iter().zip(&entry.findings) {
        println!("  {}", claim.text);
        println!("    theirs: {}", claim.theirs);
        println!("    ours:   {}", ours(&entry, finding));
        println!("    {} ({})", met(claim.expect, finding), claim.test);
    }
    let surprises = entry.surprises().map(|(place, outcome)| {
        let claim = &entry.lab.claims[place];
        format!("{id}: claims[{place}] is {}, not as expected: {}", outcome.name(), claim.text)
    });
    Ok(surprises.chain(folder.changed(project)).collect())
}

/// The numbers of a finding, each with its interval and of how many seeds it is.
fn ours(entry: &Entry, finding: &Finding) -> String {
    let number = |it: &lab::claim::Ours| {
        let measure = it.name.split('(').next().and_then(|it| entry.lab.measure(it));
        let estimate = measure.map_or_else(String::new, |of| report::shown(of, it.estimate));
        let seeds = if it.n_seeds == 1 { "1 seed".into() } else { format!("{} seeds", it.n_seeds) };
        format!("{} {estimate}, {seeds}", it.name)
    };
    finding.ours.iter().map(number).collect::<Vec<_>>().join("; ")
}

fn met(expect: Expect, finding: &Finding) -> &'static str {
    let is_expected = finding.outcome.is(expect);
    match expect {
        Expect::NotAtThisSize if is_expected => "not at this size",
        _ => finding.outcome.name(),
    }
}

/// Cards of all networks, and the tables of the README.
fn tables(project: &Project) -> Result<()> {
    for id in ids(project)? {
        let folder = Folder::open(project, &id)?;
        let Some(measured) = &folder.measured else { continue };
        for run in measured.runs.iter().filter(|it| 0 < it.step) {
            let network = folder.lab.network(&run.network).expect("measured.json was checked");
            let place = project.root.join("assets").join(folder.lab.folder_of(network, run.seed));
            if let Some(card) = report::card(&folder.lab, measured, network, run.seed) {
                write(&place.join("card.md"), &card)?;
            }
        }
    }
    let readme = project.root.join("README.md");
    let text = fs::read_to_string(&readme).map_err(failed("reading README.md"))?;
    let filled = report::fill_tables(&text, |words| table(project, words));
    write(&readme, &filled.map_err(|it| Failure::new(format!("README.md: {it}")))?)
}

/// The table that a mark in the README names.
fn table(project: &Project, words: &[&str]) -> std::result::Result<String, String> {
    let [id, measure, sizes @ ..] = words else {
        return Err("a mark names a lab and a measure".to_owned());
    };
    let folder = Folder::open(project, id).map_err(|it| it.to_string())?;
    let missing = || format!("{id} has no measure {measure}, or was not measured");
    let measured = folder.measured.as_ref().ok_or_else(missing)?;
    let measure = folder.lab.measure(measure).ok_or_else(missing)?;
    let sizes: std::result::Result<Vec<usize>, _> = sizes.iter().map(|it| it.parse()).collect();
    let sizes = sizes.map_err(|_| format!("sizes of {id} are numbers"))?;
    Ok(report::table(&folder.lab, measured, measure, &sizes))
}

fn write(path: &Path, text: &str) -> Result<()> {
    if fs::read_to_string(path).is_ok_and(|it| it == text) {
        return Ok(());
    }
    fs::write(path, text).map_err(failed(format!("writing {}", path.display())))
}

/// `labs/index.bin`: every lab that was measured.
pub(crate) fn index(project: &Project) -> Result<Vec<u8>> {
    let mut index = Index { labs: Vec::new() };
    for id in ids(project)? {
        index.labs.extend(Folder::open(project, &id)?.entry()?);
    }
    index.to_bytes().map_err(failed("packing labs/index.bin"))
}

/// A folder that passes its check, with what to do next.
fn new(project: &Project, id: &str) -> Result<()> {
    let folder = labs(project).join(id);
    if folder.exists() {
        return Err(Failure::new(format!("assets/labs/{id} is there already")));
    }
    let text = TEMPLATE.replace("NEW", id);
    Lab::parse(&text).map_err(|it| listed(id, &it))?;
    fs::create_dir_all(&folder).map_err(failed("making the folder"))?;
    write(&folder.join("lab.json"), &text)?;
    println!("assets/labs/{id}/lab.json is there and passes its check. Next:");
    println!("  1. say in it what the lab asks: tasks ({}), networks, measures", task_ids());
    println!(
        "  2. cargo xtask lab train {id}     trains, measures, writes measured.json and cards"
    );
    println!("  3. add papers and claims; a claim's test is an expression over measures");
    println!(
        "  4. cargo xtask lab check {id}     prints each claim with theirs, ours and the outcome"
    );
    Ok(())
}

fn task_ids() -> String {
    lab::task::ids().collect::<Vec<_>>().join(" ")
}

/// Parity for a small GRU: minutes of training, and something to see at once.
const TEMPLATE: &str = r#"{
  "version": 1,
  "id": "NEW",
  "title": "NEW",
  "about": "Say in a sentence what this lab shows.",
  "licence": "MIT OR Apache-2.0",
  "minutes": 5,
  "papers": [],
  "tasks": [{ "id": "parity", "train": { "steps": [20, 20] }, "exam": [{ "steps": 20 }, { "steps": 40 }] }],
  "recipe": {
    "network": { "n_layers": 1, "d_model": 32, "n_heads": 1, "d_mlp": 64, "positions": { "kind": "none" }, "mixers": [{ "kind": "gru", "d_state": 32 }] },
    "optimizer": { "learning_rate": 0.003, "n_warmup": 100, "weight_decay": 0.01, "beta_2": 0.98, "max_gradient": 1.0 },
    "n_steps": 300, "n_rows": 64, "seeds": [1, 2, 3], "checkpoint_every": 100
  },
  "networks": [
    { "name": "gru", "about": "a GRU" },
    { "name": "untrained", "about": "the same before its first step", "set": { "n_steps": 0 }, "is_control": true }
  ],
  "measures": [{ "name": "right", "kind": "accuracy", "about": "the state after the last step", "at": "last" }],
  "claims": [],
  "controls": ["untrained", "chance"],
  "prompts": [{ "text": "1 0 1 1 0", "say": "three ones" }],
  "views": [{ "kind": "curve", "x": "steps", "y": "right", "series": "network" }, { "kind": "claims" }]
}
"#;

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> Project {
        let root = std::env::temp_dir().join(format!("xtask-lab-{name}-{}", std::process::id()));
        fs::create_dir_all(root.join("assets").join("labs")).unwrap();
        Project { target: root.join("target"), dist: root.join("dist"), root }
    }

    #[test]
    fn a_new_lab_passes_its_check_and_is_not_written_over() {
        let project = scratch("new");
        new(&project, "fresh").unwrap();
        check(&project, &[]).unwrap();
        check(&project, &["fresh"]).unwrap();
        assert!(new(&project, "fresh").unwrap_err().to_string().contains("is there already"));
        assert!(new(&project, "Not a name").is_err());
        assert!(check(&project, &["other"]).unwrap_err().to_string().contains("there are: fresh"));
        let bytes = index(&project).unwrap();
        assert_eq!(
            Index::from_bytes(&bytes).unwrap().labs.len(),
            0,
            "what was not measured is out"
        );
        fs::remove_dir_all(project.root).unwrap();
    }

    #[test]
    fn weights_and_claims_that_changed_fail_the_check() {
        let project = scratch("changed");
        new(&project, "fresh").unwrap();
        let folder = labs(&project).join("fresh");
        let path = folder.join("lab.json");
        let text = fs::read_to_string(&path).unwrap();
        let claims = |test: &str| {
            let claim = format!(r#""claims": [{{"text": "t", "theirs": "x", "test": "{test}"}}]"#);
            fs::write(&path, text.replace(r#""claims": []"#, &claim)).unwrap();
        };
        claims("right(gru; steps=20) > 0.5");
        assert!(check(&project, &[]).unwrap_err().to_string().contains("no measured.json"));
        let lab = open_lab(&path);
        let mut measured = Measured { version: 1, lab: "fresh".into(), runs: Vec::new() };
        for network in &lab.lab.networks {
            for &seed in lab.lab.seeds(network) {
                let step = if network.is_control { 0 } else { 300 };
                measured.runs.push(measured_run(&network.name, seed, step));
                if 0 < step {
                    let place = project.root.join("assets").join(lab.lab.folder_of(network, seed));
                    fs::create_dir_all(&place).unwrap();
                    fs::write(place.join("weights.safetensors"), b"weights").unwrap();
                }
            }
        }
        fs::write(folder.join("measured.json"), measured.to_json()).unwrap();
        check(&project, &[]).unwrap();
        assert_eq!(Index::from_bytes(&index(&project).unwrap()).unwrap().labs.len(), 1);
        let steps = "---\ntitle: a\nversion: 1\n---\n# One\n";
        fs::write(folder.join("lesson.md"), steps).unwrap();
        let packed = Index::from_bytes(&index(&project).unwrap()).unwrap();
        assert_eq!(packed.labs[0].lesson, steps);
        fs::write(folder.join("lesson.md"), format!("{steps}```holo\nx\n```\n")).unwrap();
        let said = check(&project, &[]).unwrap_err().to_string();
        assert!(said.contains("lesson.md line 6"), "{said}");
        fs::remove_file(folder.join("lesson.md")).unwrap();
        claims("right(gru; steps=20) < 0.5");
        let said = check(&project, &[]).unwrap_err().to_string();
        assert!(said.contains("claims[0] is not met, not as expected"), "{said}");
        claims("right(gru; steps=20) > 0.5");
        let weights = folder.join("networks").join("gru-2").join("weights.safetensors");
        fs::write(&weights, b"other").unwrap();
        let said = check(&project, &[]).unwrap_err().to_string();
        assert!(said.contains("gru-2 has other weights"), "{said}");
        fs::remove_file(&weights).unwrap();
        assert!(check(&project, &[]).unwrap_err().to_string().contains("gru-2 has no weights"));
        fs::remove_dir_all(project.root).unwrap();
    }

    #[test]
    fn checkpoints_that_changed_fail_the_check() {
        let project = scratch("checkpoints");
        let place = project.root.join("gru-1");
        fs::create_dir_all(&place).unwrap();
        let mut run = measured_run("gru", 1, 300);
        assert_eq!(wrong_checkpoints(&place, &run), None, "there are none");
        let moment = |step: usize| lab::format::Moment { step, values: Vec::new() };
        run.timeline = vec![moment(0), moment(300)];
        let other = Some("has other checkpoints than those that were measured");
        assert_eq!(wrong_checkpoints(&place, &run), other);
        let describe = |steps: &str, bytes: &[u8]| {
            let sha256 = digest(bytes);
            let text = format!(r#"{{"checkpoints": {{"steps": {steps}, "sha256": "{sha256}"}}}}"#);
            fs::write(place.join("model.json"), text).unwrap();
        };
        describe("[0, 100, 300]", b"steps");
        assert_eq!(wrong_checkpoints(&place, &run), other);
        describe("[0, 300]", b"steps");
        assert_eq!(wrong_checkpoints(&place, &run), Some("has no checkpoints"));
        fs::write(place.join("checkpoints.safetensors"), b"steps").unwrap();
        assert_eq!(wrong_checkpoints(&place, &run), None);
        fs::write(place.join("checkpoints.safetensors"), b"other").unwrap();
        let said = wrong_checkpoints(&place, &run).unwrap();
        assert!(said.contains("its model.json tells of"), "{said}");
        fs::remove_dir_all(project.root).unwrap();
    }

    fn open_lab(path: &Path) -> Folder {
        let lab = Lab::parse(&fs::read_to_string(path).unwrap()).unwrap();
        Folder { lab, measured: None, lesson: String::new() }
    }

    fn measured_run(network: &str, seed: u64, step: usize) -> Run {
        let value = |steps: usize| lab::format::Value {
            measure: "right".into(),
            at: [("steps".to_owned(), steps)].into(),
            value: 0.9,
            n: 100,
            interval: [0.89, 0.91],
            site: None,
        };
        Run {
            network: network.into(),
            seed,
            step,
            sha256: digest(b"weights"),
            n_params: 1,
            cpu_minutes: None,
            values: vec![value(20), value(40)],
            timeline: Vec::new(),
        }
    }
}
