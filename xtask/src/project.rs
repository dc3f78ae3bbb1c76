//! Where things are, how other programs are run, and how a failure is told.

use std::{
    env,
    fmt::{self, Display},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

/// What every task gives: nothing, or why it stopped.
pub(crate) type Result<T> = std::result::Result<T, Failure>;

/// Why a task stopped: what happened, then what to do.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// For `map_err`: the failure of `doing`, with its cause behind.
pub(crate) fn failed<E: Display>(doing: impl Display) -> impl FnOnce(E) -> Failure {
    move |cause| Failure(format!("{doing}: {cause:#}"))
}

/// The folders of this repository.
#[derive(Clone, Debug)]
pub(crate) struct Project {
    /// Where the workspace's `Cargo.toml` is.
    pub(crate) root: PathBuf,
    /// Cargo's target folder, `CARGO_TARGET_DIR` where that is set.
    pub(crate) target: PathBuf,
    /// The page as it is served.
    pub(crate) dist: PathBuf,
}

impl Project {
    /// The repository that this program was built from.
    pub(crate) fn here() -> Result<Self> {
        let manifest = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest
            .parent()
            .filter(|it| it.join("Cargo.toml").is_file())
            .ok_or_else(|| Failure::new("the repository has moved; start this by `cargo xtask`"))?
            .to_path_buf();
        let target = env::var_os("CARGO_TARGET_DIR")
            .filter(|it| !it.is_empty())
            .map_or_else(|| root.join("target"), |it| root.join(it));
        Ok(Self { target, dist: root.join("dist"), root })
    }

    /// Cargo with these words, in the root and with our target folder.
    ///
    /// In CI it does not touch `Cargo.lock`.
    pub(crate) fn cargo<'a>(&self, words: impl IntoIterator<Item = &'a str>) -> Command {
        let program = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut words = words.into_iter();
        let mut command = Command::new(program);
        command.current_dir(&self.root).env("CARGO_TARGET_DIR", &self.target);
        command.args(words.next());
        if env::var_os("CI").is_some_and(|it| !it.is_empty()) {
            command.arg("--locked");
        }
        command.args(words);
        command
    }

    /// `path` as a person in the root would write it.
    pub(crate) fn shown<'a>(&self, path: &'a Path) -> std::path::Display<'a> {
        path.strip_prefix(&self.root).unwrap_or(path).display()
    }
}

/// Runs `command` to its end; its output goes where ours goes, and it is asked nothing.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = shown(command);
    let status =
        command.stdin(Stdio::null()).status().map_err(failed(format!("`{line}` did not start")))?;
    if status.success() { Ok(()) } else { Err(Failure(format!("`{line}` ended with {status}"))) }
}

/// The first line that `program` prints, or nothing where it is not there or fails.
pub(crate) fn first_line(program: &str, words: &[&str]) -> Option<String> {
    let output = Command::new(program).args(words).stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.lines().next().unwrap_or_default().trim().to_owned())
}

/// A span of time as a person says it.
pub(crate) fn spent(time: Duration) -> String {
    let secs = time.as_secs();
    match secs {
        0..10 => format!("{:.1} s", time.as_secs_f64()),
        10..60 => format!("{secs} s"),
        _ => format!("{} min {:02} s", secs / 60, secs % 60),
    }
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_stem().unwrap_or_default();
    let mut line = program.to_string_lossy().into_owned();
    for word in command.get_args() {
        line.push(' ');
        line.push_str(&word.to_string_lossy());
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_command_and_how_it_ended() {
        let failure = run(Command::new("cargo").arg("no-such-word").stderr(Stdio::null()));
        let text = failure.unwrap_err().to_string();
        assert!(text.starts_with("`cargo no-such-word` ended with"), "{text}");
    }

    #[test]
    fn time_is_told_in_the_unit_that_fits() {
        assert_eq!(spent(Duration::from_millis(1250)), "1.2 s");
        assert_eq!(spent(Duration::from_secs(59)), "59 s");
        assert_eq!(spent(Duration::from_secs(65)), "1 min 05 s");
    }
}
