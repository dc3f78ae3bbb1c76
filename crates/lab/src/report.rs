//! Tables and cards in Markdown, made of what was measured: nobody copies a number by hand.

use std::fmt::Write as _;

use crate::{
    format::{Lab, Measure, MeasureKind, Measured, Named, Network},
    stats::{Estimate, over_seeds},
};

/// A number with its interval, as a share in percent or as it is.
pub fn shown(measure: &Measure, estimate: Estimate) -> String {
    match measure.kind {
        MeasureKind::Accuracy | MeasureKind::Exact => {
            let percent = |it: f64| format!("{:.1}", 100.0 * it.clamp(0.0, 1.0));
            let Estimate { value, low, high } = estimate;
            format!("{} % [{}, {}]", percent(value), percent(low), percent(high))
        }
        _ => {
            let Estimate { value, low, high } = estimate;
            format!("{value:.5} [{low:.5}, {high:.5}]")
        }
    }
}

/// A size in words: "20 steps".
pub fn size(at: &Named<usize>) -> String {
    let parts: Vec<String> = at.iter().map(|(name, n)| format!("{n} {name}")).collect();
    parts.join(", ")
}

/// A size, and a site where there is one: "10 words, blocks.3.resid_post".
fn place(at: &Named<usize>, site: Option<&str>) -> String {
    site.map_or_else(|| size(at), |site| format!("{}, {site}", size(at)))
}

/// Every site that a measure has a value of at a size, in the order in which they were measured;
/// none alone for a measure without sites.
fn sites<'a>(measured: &'a Measured, measure: &Measure, at: &Named<usize>) -> Vec<Option<&'a str>> {
    let mut found: Vec<Option<&str>> = Vec::new();
    for value in measured.runs.iter().flat_map(|it| &it.values) {
        let site = value.site.as_deref();
        if value.measure == measure.name && value.at == *at && !found.contains(&site) {
            found.push(site);
        }
    }
    if found.is_empty() { vec![None] } else { found }
}

/// A measure: a row for each size of the exam (those of `sizes` where it names any), a column for
/// each network, each cell the mean over seeds with its 95 % interval.
pub fn table(lab: &Lab, measured: &Measured, measure: &Measure, sizes: &[usize]) -> String {
    let names: Vec<&str> = lab.networks.iter().map(|it| it.name.as_str()).collect();
    let mut text = format!("| | {} |\n|---|{}\n", names.join(" | "), "---|".repeat(names.len()));
    let exam = lab.places_of(measure);
    let is_wanted =
        |at: &&Named<usize>| sizes.is_empty() || at.values().any(|it| sizes.contains(it));
    let rows = exam.iter().filter(is_wanted);
    let rows = rows.flat_map(|at| sites(measured, measure, at).into_iter().map(move |it| (at, it)));
    for (at, site) in rows {
        let cell = |network: &Network| {
            let found: Vec<Estimate> = lab
                .seeds(network)
                .iter()
                .filter_map(|&seed| {
                    measured.run(&network.name, seed)?.value_of(&measure.name, at, site)
                })
                .map(|it| it.estimate())
                .collect();
            if found.is_empty() { "—".to_owned() } else { shown(measure, over_seeds(&found)) }
        };
        let cells: Vec<String> = lab.networks.iter().map(cell).collect();
        let place = place(at, site);
        writeln!(text, "| {place} | {} |", cells.join(" | ")).expect("a String takes all");
    }
    let seeds: Vec<String> =
        lab.networks.iter().map(|it| format!("{} {}", it.name, lab.seeds(it).len())).collect();
    let note = "Means over seeds with 95 % intervals: over seeds, and over rows where there is one";
    writeln!(text, "\n{note}. Seeds: {}.", seeds.join(", ")).expect("a String takes all");
    text
}

/// The card of one network: what it is, how it was made, what was measured.
pub fn card(lab: &Lab, measured: &Measured, network: &Network, seed: u64) -> Option<String> {
    let run = measured.run(&network.name, seed)?;
    let folder = lab.folder_of(network, seed);
    let id = folder.rsplit('/').next()?;
    let mut text =
        format!("# {id}\n\n{}: {}.\n\n| what | value |\n|---|---|\n", lab.title, network.about);
    let mut line = |what: &str, value: &str| {
        writeln!(text, "| {what} | {value} |").expect("a String takes all");
    };
    line("lab", &format!("[{0}](/assets/labs/{0}/lab.json)", lab.id));
    for spec in &lab.tasks {
        let about = spec.exercise().ok()?.task.about();
        let sizes: Vec<String> = spec
            .train
            .iter()
            .map(|(name, [least, most])| format!("{least} to {most} {name}"))
            .collect();
        line("task", &format!("{about}; trained on rows of {}, drawn anew", sizes.join(", ")));
    }
    line("parameters", &run.n_params.to_string());
    for (path, value) in &network.set {
        line(&format!("`{path}`"), &format!("`{}`", value.0));
    }
    line("seed", &seed.to_string());
    line("training", &format!("{} steps of {} rows", run.step, lab.recipe.n_rows));
    if let Some(minutes) = run.cpu_minutes {
        line("time", &format!("{minutes:.1} minutes of processor time"));
    }
    line("weights", &format!("SHA-256 `{}`", run.sha256));
    if let [first, .., last] = &run.timeline[..] {
        let n = run.timeline.len();
        line("checkpoints", &format!("{n}, from step {} to step {}", first.step, last.step));
    }
    line("licence", &lab.licence);
    let again =
        format!("cargo xtask lab train {} --network {} --seed {seed}", lab.id, network.name);
    let heading =
        "| measure | what it is | rows | value, 95 % over rows | cases |\n|---|---|---|---|---|";
    write!(text, "\nRepeat it with `{again}`.\n\n## On rows drawn apart from those of training\n\n{heading}\n")
        .expect("a String takes all");
    for value in &run.values {
        let measure = lab.measure(&value.measure)?;
        let (name, about) = (&measure.name, &measure.about);
        let at = place(&value.at, value.site.as_deref());
        let number = shown(measure, value.estimate());
        writeln!(text, "| {name} | {about} | {at} | {number} | {} |", value.n)
            .expect("a String takes all");
    }
    Some(text)
}

/// `text` with every block between `<!-- table LAB MEASURE [SIZE…] -->` and `<!-- end -->` written
/// anew by `make`, which is given the words of the mark.
///
/// # Errors
/// The mark that has no end, or what `make` says.
pub fn fill_tables(
    text: &str,
    make: impl Fn(&[&str]) -> Result<String, String>,
) -> Result<String, String> {
    const BEGIN: &str = "<!-- table ";
    const END: &str = "<!-- end -->";
    let (mut filled, mut rest) = (String::new(), text);
    while let Some(begin) = rest.find(BEGIN) {
        let after = &rest[begin + BEGIN.len()..];
        let mark = after.find(" -->").map(|it| &after[..it]);
        let mark = mark.ok_or_else(|| format!("`{BEGIN}` has no end of its own"))?;
        let end = after.find(END).ok_or_else(|| format!("the table {mark} has no {END}"))?;
        let words: Vec<&str> = mark.split_whitespace().collect();
        filled += &rest[..begin];
        write!(filled, "{BEGIN}{mark} -->\n{}{END}", make(&words)?).expect("a String takes all");
        rest = &after[end + END.len()..];
    }
    Ok(filled + rest)
}
