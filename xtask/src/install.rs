//! What the tasks need from outside, installed where it is missing, or an error that says how.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    project::{Failure, Project, Result, failed, first_line, run},
    wasm::TARGET,
};

/// The oldest Node that Playwright runs on.
const OLDEST_NODE: u32 = 18;

/// Makes sure that Rust can compile for the browser.
pub(crate) fn wasm_target() -> Result<()> {
    let sysroot = first_line("rustc", &["--print", "sysroot"])
        .ok_or_else(|| Failure::new("rustc does not run; install Rust from rustup.rs"))?;
    if Path::new(&sysroot).join("lib").join("rustlib").join(TARGET).is_dir() {
        return Ok(());
    }
    if on_path("rustup").is_none() {
        return Err(Failure::new(format!(
            "Rust's library for {TARGET} is missing and there is no rustup to add it; install Rust \
             from rustup.rs, or that library from where your Rust came from (on Debian the package \
             libstd-rust-dev-wasm32)"
        )));
    }
    println!("installing Rust's library for {TARGET} (usually 10 s)");
    run(Command::new("rustup").args(["target", "add", TARGET]))
}

/// Makes sure that `node` and `npm` run, and that they are not too old.
pub(crate) fn node() -> Result<()> {
    if on_path("node").is_none() || on_path("npm").is_none() {
        println!("installing Node (Debian's nodejs and npm, usually 1 minute)");
        apt(&["nodejs", "npm"], "Node 18 or newer, with npm")?;
    }
    let version = first_line("node", &["--version"]).unwrap_or_default();
    match major(&version) {
        Some(major) if major >= OLDEST_NODE => Ok(()),
        _ => Err(Failure::new(format!(
            "Node {OLDEST_NODE} or newer is needed and this one is {version:?}; install a newer one"
        ))),
    }
}

/// npm, to be given its words.
pub(crate) fn npm() -> Command {
    let mut npm = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    npm.env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1").env("NPM_CONFIG_UPDATE_NOTIFIER", "false");
    npm
}

/// Installs what the browser tests import, as their lock file has it.
pub(crate) fn node_modules(project: &Project) -> Result<()> {
    node()?;
    let folder = project.root.join("tests").join("e2e");
    let changed = |name: &str| folder.join(name).metadata().and_then(|it| it.modified()).ok();
    let installed = changed("node_modules/.package-lock.json");
    if installed.is_some() && installed >= changed("package-lock.json") {
        return Ok(());
    }
    println!("installing Playwright (npm ci in tests/e2e, usually 10 s)");
    run(npm().current_dir(folder).args(["ci", "--no-audit", "--no-fund"]))
}

/// A Chromium or Chrome to test in: `CHROME`, or one in the usual places, or Debian's.
pub(crate) fn chromium() -> Result<PathBuf> {
    if let Some(named) = env::var_os("CHROME").filter(|it| !it.is_empty()) {
        return on_path(&named.to_string_lossy()).ok_or_else(|| {
            Failure::new(format!("CHROME is set to {named:?}, which is no program; correct it"))
        });
    }
    if let Some(found) = known_browser() {
        return Ok(found);
    }
    println!("installing Chromium (Debian's package, usually 1 minute)");
    apt(&["chromium"], "Chrome or Chromium (or set CHROME to where it is)")?;
    known_browser().ok_or_else(|| Failure::new("Chromium was installed but is not on PATH"))
}

fn known_browser() -> Option<PathBuf> {
    const NAMES: [&str; 9] = [
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
        "chrome",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        r"C:\Program Files\Google\Chrome\Application\chrome.exe",
        r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
    ];
    NAMES.iter().find_map(|name| on_path(name))
}

/// Installs Debian packages; `wanted` is what a person without apt has to get.
fn apt(packages: &[&str], wanted: &str) -> Result<()> {
    if on_path("apt-get").is_none() {
        return Err(Failure::new(format!("{wanted} is not there; install it and try again")));
    }
    let is_root = first_line("id", &["-u"]).is_some_and(|it| it == "0");
    if !is_root && on_path("sudo").is_none() {
        let line = format!("apt-get install {}", packages.join(" "));
        return Err(Failure::new(format!("{wanted} is not there; as root: {line}")));
    }
    let apt_get = |words: &[&str]| {
        let mut command = Command::new(if is_root { "apt-get" } else { "sudo" });
        command.args((!is_root).then_some("apt-get")).arg("-q").args(words);
        run(command.env("DEBIAN_FRONTEND", "noninteractive"))
    };
    apt_get(&["update"])?;
    apt_get(&[&["install", "-y"], packages].concat())
}

/// Where the program `name` is; a path is taken as it is.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    if name.contains(['/', '\\']) {
        return Some(PathBuf::from(name)).filter(|it| it.is_file());
    }
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders)
        .flat_map(|folder| ["", ".exe", ".cmd"].map(|end| folder.join(format!("{name}{end}"))))
        .find(|it| it.is_file())
}

/// Opens `address` in the browser that the person uses.
pub(crate) fn open(address: &str) -> Result<()> {
    let (program, words): (&str, &[&str]) = match env::consts::OS {
        "macos" => ("open", &[]),
        "windows" => ("cmd", &["/C", "start", ""]),
        _ => ("xdg-open", &[]),
    };
    let started = Command::new(program).args(words).arg(address).spawn();
    started.map(drop).map_err(failed(format!("opening {address}")))
}

fn major(version: &str) -> Option<u32> {
    version.trim_start_matches('v').split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_what_stands_before_the_first_dot() {
        assert_eq!(major("v20.20.2"), Some(20));
        assert_eq!(major(""), None);
    }

    #[test]
    fn a_program_is_found_by_name_and_by_path() {
        let cargo = on_path("cargo").unwrap();
        assert_eq!(on_path(&cargo.to_string_lossy()), Some(cargo));
        assert_eq!(on_path("no-such-program"), None);
        assert_eq!(on_path("/no/such/program"), None);
    }
}
