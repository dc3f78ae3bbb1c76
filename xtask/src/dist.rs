//! The page as it is served: `www/`, `assets/` and the wasm modules, side by side.

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
};

use crate::{
    args::Args,
    compress, lab,
    project::{Failure, Project, Result, failed},
    text,
    wasm::{self, CPU_ENGINE, Finish, GPU_ENGINE, Module, PAGE},
};

/// The page's front door; its lines for Trunk are not for the browser.
const INDEX: &str = "index.html";
const FOR_TRUNK: &str = "data-trunk";

/// In the page's front door: the languages that there are translations for.
const LANGUAGES: &str = r#"<meta name="languages" content="">"#;

/// A folder being laid out. A file that would not change is not touched.
pub(crate) struct Dist {
    folder: PathBuf,
    /// Those of the translations.
    languages: Vec<String>,
    laid: BTreeSet<PathBuf>,
}

impl Dist {
    /// Starts with what needs no compiler: `www/` as it is, each folder of `assets/`, and all labs in
    /// one file.
    pub(crate) fn new(project: &Project, folder: PathBuf) -> Result<Self> {
        let mut dist = Self { folder, languages: text::languages(project)?, laid: BTreeSet::new() };
        for from in ["www", "assets"] {
            let from = project.root.join(from);
            if from.is_dir() {
                dist.lay_folder(&from, Path::new(""))?;
            }
        }
        dist.lay(PathBuf::from("labs/index.bin"), &lab::index(project)?)?;
        Ok(dist)
    }

    /// Builds modules and lays their files.
    pub(crate) fn add(
        &mut self,
        project: &Project,
        modules: &[&Module],
        finish: Finish,
    ) -> Result<()> {
        for module in modules {
            let built = wasm::build(project, module, finish)?;
            self.lay_folder(&built, Path::new(""))?;
        }
        Ok(())
    }

    /// Removes what an earlier build left and this one did not lay.
    pub(crate) fn prune(&self) -> Result<()> {
        for path in files(&self.folder, Path::new(""))? {
            let base =
                path.extension().is_some_and(|it| it == "br").then(|| path.with_extension(""));
            let is_kept = match base {
                Some(base) if self.laid.contains(&base) => {
                    compress::has_fresh_twin(&self.folder.join(base))
                }
                _ => self.laid.contains(&path),
            };
            if !is_kept {
                let path = self.folder.join(path);
                fs::remove_file(&path).map_err(failed(format!("removing {}", path.display())))?;
            }
        }
        Ok(())
    }

    fn lay_folder(&mut self, from: &Path, under: &Path) -> Result<()> {
        for path in files(from, Path::new(""))? {
            let source = from.join(&path);
            let bytes =
                fs::read(&source).map_err(failed(format!("reading {}", source.display())))?;
            let name = under.join(&path);
            let bytes = if name == Path::new(INDEX) { self.front_door(&bytes)? } else { bytes };
            self.lay(name, &bytes)?;
        }
        Ok(())
    }

    /// The page's front door for browsers: without Trunk's lines, and with the languages.
    fn front_door(&self, html: &[u8]) -> Result<Vec<u8>> {
        let html = String::from_utf8_lossy(html);
        if !html.contains(LANGUAGES) {
            return Err(Failure::new(format!(
                "{INDEX} has no place for the languages: {LANGUAGES}"
            )));
        }
        let lines = html.split_inclusive('\n').filter(|it| !it.contains(FOR_TRUNK));
        let meta = LANGUAGES.replace("\"\"", &format!("{:?}", self.languages.join(" ")));
        Ok(lines.collect::<String>().replace(LANGUAGES, &meta).into_bytes())
    }

    fn lay(&mut self, name: PathBuf, bytes: &[u8]) -> Result<()> {
        let path = self.folder.join(&name);
        let doing = || format!("writing {}", path.display());
        let is_same = path.metadata().is_ok_and(|it| it.len() == bytes.len() as u64)
            && fs::read(&path).is_ok_and(|it| it == bytes);
        if !is_same {
            let folder = path.parent().expect("a file lies in a folder");
            fs::create_dir_all(folder).map_err(failed(doing()))?;
            fs::write(&path, bytes).map_err(failed(doing()))?;
        }
        self.laid.insert(name);
        Ok(())
    }
}

/// Lays out `dist/` with the page and both engines.
pub(crate) fn whole(project: &Project, finish: Finish) -> Result<()> {
    let mut dist = Dist::new(project, project.dist.clone())?;
    dist.add(project, &[&PAGE, &CPU_ENGINE, &GPU_ENGINE], finish)?;
    dist.prune()
}

/// Fills a folder of its own with page and CPU engine whose functions have names; gives a project
/// that serves it.
pub(crate) fn named(project: &Project) -> Result<Project> {
    let folder = project.target.join("undercurrent-web").join("named").join("dist");
    let mut dist = Dist::new(project, folder.clone())?;
    dist.add(project, &[&PAGE, &CPU_ENGINE], Finish::Named)?;
    dist.prune()?;
    Ok(Project { dist: folder, ..project.clone() })
}

/// `cargo xtask build`.
pub(crate) fn publish(project: &Project, words: &[String]) -> Result<()> {
    let args = Args::parse(words, &["--optimize"], &[])?.no_words()?;
    let is_optimized = args.has("--optimize");
    whole(project, if is_optimized { Finish::Optimized } else { Finish::Plain })?;
    println!("compressing (usually 2 minutes)");
    for path in files(&project.dist, Path::new(""))? {
        if compress::does_shrink(&path) {
            compress::write_twin(&project.dist.join(path))?;
        }
    }
    println!(
        "{} can be published: any server of static files will do",
        project.shown(&project.dist)
    );
    Ok(())
}

/// `cargo xtask trunk-hook`: what Trunk does not know how to make, into the folder it fills.
pub(crate) fn trunk_hook(project: &Project, words: &[String]) -> Result<()> {
    Args::parse(words, &[], &[])?.no_words()?;
    let folder = env::var_os("TRUNK_STAGING_DIR").map(PathBuf::from);
    let folder =
        folder.ok_or_else(|| Failure::new("only `trunk` calls this; it reads Trunk.toml"))?;
    let index = folder.join(INDEX);
    let by_trunk = fs::read(&index).map_err(failed("reading what Trunk wrote"))?;
    let mut dist = Dist::new(project, folder)?;
    let front_door = dist.front_door(&by_trunk)?;
    dist.lay(PathBuf::from(INDEX), &front_door)?;
    dist.add(project, &[&CPU_ENGINE, &GPU_ENGINE], Finish::Plain)
}

/// All files under `folder`, as paths below `under`, but for those whose name starts with a dot.
pub(crate) fn files(folder: &Path, under: &Path) -> Result<Vec<PathBuf>> {
    let doing = || format!("listing {}", folder.display());
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed(doing()))? {
        let entry = entry.map_err(failed(doing()))?;
        let name = under.join(entry.file_name());
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if entry.path().is_dir() {
            found.extend(files(&entry.path(), &name)?);
        } else {
            found.push(name);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> PathBuf {
        let folder = env::temp_dir().join(format!("xtask-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn the_front_door_has_the_languages_and_no_lines_for_trunk() {
        let html = format!("<head>\n  <link data-trunk rel=\"rust\">\n  {LANGUAGES}\n</head>\n");
        let shown = |languages: &[&str]| {
            let languages = languages.iter().map(|it| (*it).to_owned()).collect();
            let dist = Dist { folder: PathBuf::new(), languages, laid: BTreeSet::new() };
            String::from_utf8(dist.front_door(html.as_bytes()).unwrap()).unwrap()
        };
        assert_eq!(shown(&[]), format!("<head>\n  {LANGUAGES}\n</head>\n"));
        let meta = r#"<meta name="languages" content="de ja">"#;
        assert_eq!(shown(&["de", "ja"]), format!("<head>\n  {meta}\n</head>\n"));
        let dist = Dist { folder: PathBuf::new(), languages: Vec::new(), laid: BTreeSet::new() };
        assert!(dist.front_door(b"<head></head>").is_err());
    }

    #[test]
    fn pruning_leaves_what_was_laid_and_its_fresh_twin() {
        let folder = scratch("prune");
        let mut dist =
            Dist { folder: folder.clone(), languages: Vec::new(), laid: BTreeSet::new() };
        dist.lay(PathBuf::from("models/a/config.json"), b"{}").unwrap();
        dist.lay(PathBuf::from("page.js"), b"1").unwrap();
        for stale in ["page.js.br", "old.js", "old.js.br"] {
            fs::write(folder.join(stale), b"").unwrap();
        }
        dist.prune().unwrap();
        let left = files(&folder, Path::new("")).unwrap();
        let left: Vec<_> = left.iter().map(|it| it.to_string_lossy().replace('\\', "/")).collect();
        assert_eq!(left, ["models/a/config.json", "page.js", "page.js.br"]);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_file_that_stays_the_same_keeps_its_time() {
        let folder = scratch("same");
        let mut dist =
            Dist { folder: folder.clone(), languages: Vec::new(), laid: BTreeSet::new() };
        let time = || folder.join("a.js").metadata().unwrap().modified().unwrap();
        dist.lay(PathBuf::from("a.js"), b"one").unwrap();
        let before = time();
        std::thread::sleep(std::time::Duration::from_millis(20));
        dist.lay(PathBuf::from("a.js"), b"one").unwrap();
        assert_eq!(time(), before);
        dist.lay(PathBuf::from("a.js"), b"two").unwrap();
        assert_ne!(time(), before);
        fs::remove_dir_all(folder).unwrap();
    }
}
