//! Reading `lab.json` and `measured.json`, and writing the latter so that a changed number is seen.

use serde::Deserialize;

use super::{Lab, Measured, Problem, VERSION, Value};

/// The version alone, before all else is looked at.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

fn read<'a, T: Deserialize<'a>>(file: &str, text: &'a str) -> Result<T, Problem> {
    let broken = |error: serde_json::Error| {
        let place = format!("{file} line {} column {}", error.line(), error.column());
        let what = error.to_string();
        let end = what.rfind(" at line ").unwrap_or(what.len());
        Problem::new(place, &what[..end])
    };
    let Versioned { version } = serde_json::from_str(text).map_err(broken)?;
    if version == 0 || VERSION < version {
        let what =
            format!("{version} is not a version that this program reads; it reads {VERSION}");
        return Err(Problem::new(format!("{file} version"), what));
    }
    serde_json::from_str(text).map_err(broken)
}

impl Lab {
    /// Reads `lab.json` and checks all of it.
    ///
    /// # Errors
    /// Everything that is wrong; where the text is no lab at all, the first thing.
    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        let lab: Self = read("lab.json", text).map_err(|it| vec![it])?;
        let problems = lab.check();
        if problems.is_empty() { Ok(lab) } else { Err(problems) }
    }
}

impl Measured {
    /// Reads `measured.json` and checks that it fits `lab`.
    ///
    /// # Errors
    /// Everything that is wrong or missing.
    pub fn parse(text: &str, lab: &Lab) -> Result<Self, Vec<Problem>> {
        let measured: Self = read("measured.json", text).map_err(|it| vec![it])?;
        let problems = measured.check(lab);
        if problems.is_empty() { Ok(measured) } else { Err(problems) }
    }

    /// The text of `measured.json`: one number a line.
    ///
    /// # Panics
    /// Where a number is not finite, which [`Measured::check`] refuses.
    pub fn to_json(&self) -> String {
        let text = |it: &dyn erased::Line| it.line();
        let mut out = format!(
            "{{\n  \"version\": {},\n  \"lab\": {},\n  \"runs\": [",
            self.version,
            text(&self.lab)
        );
        for (place, run) in self.runs.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            out += &format!(
                "{comma}\n    {{\n      \"network\": {}, \"seed\": {}, \"step\": {}, \"n_params\": {}, \
                 \"cpu_minutes\": {},\n      \"sha256\": {},\n      \"values\": [",
                text(&run.network),
                run.seed,
                run.step,
                run.n_params,
                text(&run.cpu_minutes),
                text(&run.sha256)
            );
            out += &lines(&run.values, "        ");
            out += "\n      ]";
            for (place, moment) in run.timeline.iter().enumerate() {
                let before = if place == 0 { ",\n      \"timeline\": [" } else { "," };
                let values = lines(&moment.values, "          ");
                out += &format!(
                    "{before}\n        {{ \"step\": {}, \"values\": [{values}\n        ] }}",
                    moment.step
                );
            }
            out += if run.timeline.is_empty() { "\n    }" } else { "\n      ]\n    }" };
        }
        out + "\n  ]\n}\n"
    }
}

/// Values, each on a line of its own; the site is left out where there is none.
fn lines(values: &[Value], indent: &str) -> String {
    let line = |value: &Value| {
        let text = erased::Line::line(value);
        let short = text.strip_suffix(",\"site\":null}").map(|it| format!("{it}}}"));
        format!("\n{indent}{}", short.unwrap_or(text))
    };
    values.iter().map(line).collect::<Vec<_>>().join(",")
}

/// Anything that is written on one line.
mod erased {
    pub(super) trait Line {
        fn line(&self) -> String;
    }

    impl<T: serde::Serialize> Line for T {
        fn line(&self) -> String {
            serde_json::to_string(self).expect("text and finite numbers are JSON")
        }
    }
}
