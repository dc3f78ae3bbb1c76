//! Whether everything in `lab.json` names something that is there.

use std::collections::BTreeSet;

use super::{
    Claim, Control, Expect, Lab, Measure, MeasureKind, Problem, Prompt, View, ViewKind,
    fits::{fact_of, kind_fits},
    task::Exercise,
};
use crate::claim::{Metric, Test};

/// Finds problems, one after another.
struct Check<'a> {
    lab: &'a Lab,
    exercises: Vec<Exercise>,
    problems: Vec<Problem>,
}

impl Lab {
    /// Everything that is wrong.
    pub fn check(&self) -> Vec<Problem> {
        let mut check = Check { lab: self, exercises: Vec::new(), problems: Vec::new() };
        check.texts();
        check.tasks();
        check.recipe();
        check.networks();
        check.measures();
        check.claims();
        check.stage();
        check.problems
    }
}

/// Whether a name is small letters, digits and single hyphens, a letter first.
fn is_name(text: &str) -> bool {
    let is_in = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-';
    text.starts_with(|it: char| it.is_ascii_lowercase())
        && text.bytes().all(is_in)
        && !text.contains("--")
        && !text.ends_with('-')
}

/// Names that are there more than once.
fn doubles<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<(usize, &'a str)> {
    let mut met = BTreeSet::new();
    names.into_iter().enumerate().filter(|it| !met.insert(it.1)).collect()
}

impl Check<'_> {
    fn add(&mut self, place: impl Into<String>, what: impl Into<String>) {
        self.problems.push(Problem::new(place, what));
    }

    fn need(&mut self, place: &str, text: &str) {
        if text.trim().is_empty() {
            self.add(place, "is empty; write something");
        }
    }

    fn texts(&mut self) {
        let lab = self.lab;
        if !is_name(&lab.id) {
            self.add("id", "must be small letters, digits and hyphens, a letter first");
        }
        for (place, text) in
            [("title", &lab.title), ("about", &lab.about), ("licence", &lab.licence)]
        {
            self.need(place, text);
        }
        for (place, key) in doubles(lab.papers.iter().map(|it| it.key.as_str())) {
            self.add(format!("papers[{place}].key"), format!("{key:?} is taken"));
        }
        for (place, paper) in lab.papers.iter().enumerate() {
            self.need(&format!("papers[{place}].cite"), &paper.cite);
            self.need(&format!("papers[{place}].where"), &paper.r#where);
            if !paper.url.starts_with("https://") {
                self.add(format!("papers[{place}].url"), "must begin with https://");
            }
        }
    }

    fn tasks(&mut self) {
        let lab = self.lab;
        for (place, key) in doubles(lab.tasks.iter().map(|it| it.id.as_str())) {
            self.add(format!("tasks[{place}].id"), format!("{key:?} is there already"));
        }
        for (place, spec) in lab.tasks.iter().enumerate() {
            match spec.exercise() {
                Ok(it) => self.exercises.push(it),
                Err(problem) => self.problems.push(problem.inside(&format!("tasks[{place}]"))),
            }
        }
        let words: Vec<_> = self.exercises.iter().map(|it| it.task.words()).collect();
        if words.windows(2).any(|it| it[0] != it[1]) {
            self.add("tasks", "these tasks have other words; make a lab of each");
        }
        if lab.tasks.is_empty() {
            self.add("tasks", "name at least one");
        }
    }

    fn recipe(&mut self) {
        let recipe = &self.lab.recipe;
        for (name, count) in
            [("n_rows", recipe.n_rows), ("checkpoint_every", recipe.checkpoint_every)]
        {
            if count == 0 {
                self.add(format!("recipe.{name}"), "must be at least 1");
            }
        }
        self.seeds("recipe.seeds", &recipe.seeds);
    }

    fn seeds(&mut self, place: &str, seeds: &[u64]) {
        let once: BTreeSet<_> = seeds.iter().collect();
        if seeds.is_empty() || once.len() != seeds.len() {
            self.add(place, "name at least one seed, and each once");
        }
    }

    fn networks(&mut self) {
        let lab = self.lab;
        if lab.networks.is_empty() {
            self.add("networks", "name at least one");
        }
        for (place, name) in doubles(lab.networks.iter().map(|it| it.name.as_str())) {
            self.add(format!("networks[{place}].name"), format!("{name:?} is taken"));
        }
        for (place, network) in lab.networks.iter().enumerate() {
            let place = format!("networks[{place}]");
            if !is_name(&network.name) {
                let what = "must be small letters, digits and hyphens, a letter first";
                self.add(format!("{place}.name"), what);
            }
            self.need(&format!("{place}.about"), &network.about);
            if let Some(seeds) = &network.seeds {
                self.seeds(&format!("{place}.seeds"), seeds);
            }
            if network.model.as_ref().is_some_and(|it| !is_name(it)) {
                self.add(format!("{place}.model"), "must be the name of a folder in assets/models");
            }
            #[cfg(feature = "json")]
            if self.exercises.len() == lab.tasks.len()
                && let Err(problem) = lab.resolve(network)
            {
                self.problems.push(problem);
            }
        }
    }

    fn exercise_of(&self, measure: &Measure) -> Option<&Exercise> {
        let spec = self.lab.task_of(measure)?;
        self.exercises.iter().find(|it| it.task.id() == spec.id)
    }

    fn measures(&mut self) {
        let lab = self.lab;
        for (place, name) in doubles(lab.measures.iter().map(|it| it.name.as_str())) {
            self.add(format!("measures[{place}].name"), format!("{name:?} is taken"));
        }
        for (place, measure) in lab.measures.iter().enumerate() {
            let place = format!("measures[{place}]");
            self.need(&format!("{place}.about"), &measure.about);
            let is_function = ["min", "max", "slope", "corr"].contains(&measure.name.as_str());
            if !is_name(&measure.name) || is_function {
                let what = "must be small letters, digits and hyphens, and no function of claims";
                self.add(format!("{place}.name"), what);
            }
            let Some(exercise) = self.exercise_of(measure) else {
                self.add(format!("{place}.task"), "must be the id of a task of this lab");
                continue;
            };
            if let Err((field, what)) = kind_fits(measure, exercise) {
                self.add(format!("{place}.{field}"), what);
            }
        }
    }

    fn claims(&mut self) {
        let lab = self.lab;
        for (place, claim) in lab.claims.iter().enumerate() {
            let place = format!("claims[{place}]");
            self.claim(&place, claim);
            for what in self.test(&claim.test) {
                self.add(format!("{place}.test"), what);
            }
        }
    }

    fn test(&self, text: &str) -> Vec<String> {
        let test = match Test::parse(text) {
            Ok(test) => test,
            Err(error) => return vec![error.to_string()],
        };
        let wrong = |it: &Metric| self.metric(it).err().map(|what| format!("{it}: {what}"));
        test.metrics().into_iter().filter_map(wrong).collect()
    }

    fn claim(&mut self, place: &str, claim: &Claim) {
        self.need(&format!("{place}.text"), &claim.text);
        self.need(&format!("{place}.theirs"), &claim.theirs);
        let is_known = |key: &String| self.lab.papers.iter().any(|it| it.key == *key);
        if claim.paper.as_ref().is_some_and(|it| !is_known(it)) {
            self.add(format!("{place}.paper"), "must be the key of a paper of this lab");
        }
        let has_why = claim.why.as_ref().is_some_and(|it| !it.trim().is_empty());
        if claim.expect != Expect::Met && !has_why {
            self.add(format!("{place}.why"), "say why it is not met here");
        }
    }

    fn metric(&self, metric: &Metric) -> Result<(), String> {
        let Some(measure) = self.lab.measure(&metric.measure) else {
            let known: Vec<_> = self.lab.measures.iter().map(|it| it.name.as_str()).collect();
            return Err(format!("no such measure; there are: {}", known.join(" ")));
        };
        if self.lab.network(&metric.network).is_none() {
            let known: Vec<_> = self.lab.networks.iter().map(|it| it.name.as_str()).collect();
            return Err(format!("no such network; there are: {}", known.join(" ")));
        }
        match &metric.site {
            None if measure.each => {
                return Err("is measured at each site alone; say which: site=…".to_owned());
            }
            Some(_) if !measure.each => {
                return Err(
                    "has one value for all its sites; only measures with `each` take `site`"
                        .to_owned(),
                );
            }
            Some(site) if !measure.names(site) => {
                let known = measure.of.join(" ");
                return Err(format!("{site} is no site of this measure; there are: {known}"));
            }
            _ => {}
        }
        let places = self.lab.places_of(measure);
        for (name, size) in &metric.keys {
            let is_asked = places
                .iter()
                .any(|it| it.get(name).is_some_and(|it| size.is_none_or(|size| size == *it)));
            if !is_asked {
                let known: Vec<_> = places.iter().map(|it| format!("{it:?}")).collect();
                return Err(format!("no such size in the exam; there are: {}", known.join(" ")));
            }
        }
        if metric.keys.is_empty() && 1 < places.len() {
            return Err("say which size".to_owned());
        }
        Ok(())
    }

    fn stage(&mut self) {
        let lab = self.lab;
        for (place, prompt) in lab.prompts.iter().enumerate() {
            if let Err((field, what)) = self.prompt(prompt) {
                self.add(format!("prompts[{place}].{field}"), what);
            }
        }
        for (place, view) in lab.views.iter().enumerate() {
            if let Err((field, what)) = self.view(view) {
                self.add(format!("views[{place}].{field}"), what);
            }
        }
        let is_untrained = |it: &super::Network| {
            it.is_control && it.set.get("n_steps").is_some_and(|it| it.0 == "0")
        };
        if lab.controls.contains(&Control::Untrained) && !lab.networks.iter().any(is_untrained) {
            let what = "`untrained` needs a network with is_control that sets n_steps to 0";
            self.add("controls", what);
        }
        let is_probe = |it: &Measure| it.kind == MeasureKind::Unexplained;
        if lab.measures.iter().any(is_probe) && !lab.controls.contains(&Control::Untrained) {
            self.add("controls", "a probe needs its untrained twin: add `untrained`");
        }
    }

    fn prompt(&self, prompt: &Prompt) -> Result<(), (&'static str, String)> {
        match (&prompt.text, &prompt.size) {
            (Some(text), None) => {
                let words: Vec<&str> = text.split_whitespace().collect();
                let tried = self.exercises.iter().map(|it| it.task.read(&words));
                let mut whys = Vec::new();
                for read in tried {
                    match read {
                        Ok(_) => return Ok(()),
                        Err(why) => whys.push(why.to_string()),
                    }
                }
                if whys.is_empty() { Ok(()) } else { Err(("text", whys.join("; or "))) }
            }
            (None, Some(size)) => {
                let fits = |it: &Exercise| {
                    let items = it.task.items();
                    let most = items.most.unwrap_or(usize::MAX);
                    size.len() == 1 && size.get(items.name).is_some_and(|n| (1..=most).contains(n))
                };
                if !self.exercises.iter().any(fits) {
                    return Err(("size", "must be a size of a task of this lab".to_owned()));
                }
                let missing = || ("seed", "say which row: a seed".to_owned());
                prompt.seed.map(|_| ()).ok_or_else(missing)
            }
            _ => Err(("text", "give a text, or a size and a seed".to_owned())),
        }
    }

    fn view(&self, view: &View) -> Result<(), (&'static str, String)> {
        let lab = self.lab;
        if view.network.as_ref().is_some_and(|it| lab.network(it).is_none()) {
            return Err(("network", "must be the name of a network of this lab".to_owned()));
        }
        let needs_measure = matches!(view.kind, ViewKind::Curve | ViewKind::Bars);
        let measure = view.y.as_ref().and_then(|it| lab.measure(it));
        if (needs_measure || view.y.is_some()) && measure.is_none() {
            return Err(("y", "must be the name of a measure of this lab".to_owned()));
        }
        if let (Some(x), Some(measure)) = (&view.x, measure) {
            let is_size = self.exercise_of(measure).is_some_and(|it| it.task.items().name == x);
            let is_swept = measure.sweep.contains_key(x);
            if measure.sweep.is_empty() && !is_size {
                return Err(("x", "must be what the sizes of the measure's task count".to_owned()));
            }
            if !measure.sweep.is_empty() && !is_swept {
                return Err(("x", "must be what the measure's sweep changes".to_owned()));
            }
        }
        let is_each = view.y.as_ref().and_then(|it| self.lab.measure(it)).is_some_and(|it| it.each);
        if view.kind == ViewKind::Curve && view.x.is_none() && !is_each {
            return Err(("x", "say against what".to_owned()));
        }
        let series = if view.fact.is_some() { &["exact", "decoded"][..] } else { &["network"] };
        if view.series.as_ref().is_some_and(|it| !series.contains(&it.as_str())) {
            return Err(("series", format!("must be one of: {}", series.join(" "))));
        }
        if view.kind == ViewKind::Panel && view.panel.is_none() {
            return Err(("panel", "say which".to_owned()));
        }
        let has_fact = |name: &String| self.exercises.iter().any(|it| fact_of(it, name).is_some());
        if view.fact.as_ref().is_some_and(|it| !has_fact(it)) {
            return Err(("fact", "must be a fact of a task of this lab".to_owned()));
        }
        Ok(())
    }
}
