//! The three wasm modules: compiled by cargo, then given their JavaScript by wasm-bindgen.

use std::{
    env, fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use wasm_bindgen_cli_support::Bindgen;

use crate::{
    install,
    project::{Project, Result, failed, run, spent},
};

/// The target that all three are compiled for.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// A module of the page.
#[derive(Debug)]
pub(crate) struct Module {
    /// What its files are called: `name.js` and `name_bg.wasm`.
    name: &'static str,
    about: &'static str,
    /// How long the first build takes on two cores; later ones take seconds.
    usually: &'static str,
    /// The profile in Cargo.toml.
    profile: &'static str,
    package: &'static str,
    bin: &'static str,
    /// The features in place of the package's own, if any.
    features: Option<&'static str>,
}

/// The page itself.
pub(crate) const PAGE: Module = Module {
    name: "page",
    about: "the page",
    usually: "3 minutes",
    profile: "page",
    package: "undercurrent",
    bin: "page",
    features: None,
};

/// The engine on burn's `flex`.
pub(crate) const CPU_ENGINE: Module = Module {
    name: "engine-cpu",
    about: "the engine for the CPU",
    usually: "5 minutes",
    profile: "web",
    package: "engine",
    bin: "worker",
    features: Some("cpu"),
};

/// The engine on WebGPU, which carries a kernel compiler.
pub(crate) const GPU_ENGINE: Module = Module {
    name: "engine-gpu",
    about: "the engine for WebGPU",
    usually: "15 minutes",
    profile: "web",
    package: "engine",
    bin: "worker",
    features: Some("gpu"),
};

impl Module {
    /// What tells cargo which program to build, and for what machine.
    pub(crate) fn choice(&self) -> Vec<&'static str> {
        let mut words = vec!["--profile", self.profile, "--target", TARGET];
        words.extend(["--package", self.package, "--bin", self.bin]);
        if let Some(features) = self.features {
            words.extend(["--no-default-features", "--features", features]);
        }
        words
    }
}

/// What becomes of a module once it is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Finish {
    Plain,
    /// Rewritten by `wasm-opt`, which takes minutes.
    Optimized,
    /// With the names of its functions, for a profile.
    Named,
}

/// Builds `module` and gives the folder with its files.
pub(crate) fn build(project: &Project, module: &Module, finish: Finish) -> Result<PathBuf> {
    install::wasm_target()?;
    println!("building {} (the first time usually {})", module.about, module.usually);
    let start = Instant::now();
    // RUSTFLAGS would replace the flags of .cargo/config.toml, and with them SIMD.
    run(project.cargo(["build"]).args(module.choice()).env_remove("RUSTFLAGS"))?;
    let built =
        project.target.join(TARGET).join(module.profile).join(module.bin).with_extension("wasm");
    let folder = project.target.join("undercurrent-web");
    let folder = if finish == Finish::Named { folder.join("named") } else { folder };
    let folder = folder.join(module.name);
    let stamp_file = folder.with_extension("stamp");
    let stamp = stamp(&built, finish)?;
    if fs::read_to_string(&stamp_file).is_ok_and(|it| it == stamp) {
        return Ok(folder);
    }
    write_glue(module, &built, &folder, finish)?;
    if finish == Finish::Optimized {
        optimize(project, &folder.join(format!("{}_bg.wasm", module.name)))?;
    }
    fs::write(&stamp_file, stamp).map_err(failed("writing a stamp"))?;
    println!("built {} in {}", module.about, spent(start.elapsed()));
    Ok(folder)
}

/// Changes whenever the files made of `wasm` would: with its bytes, or with this program.
fn stamp(wasm: &Path, finish: Finish) -> Result<String> {
    let this = env::current_exe().map_err(failed("finding this program"))?;
    let mut hasher = DefaultHasher::new();
    for path in [wasm, &this] {
        let bytes = fs::read(path).map_err(failed(format!("reading {}", path.display())))?;
        bytes.hash(&mut hasher);
    }
    finish.hash(&mut hasher);
    Ok(format!("{:016x}", hasher.finish()))
}

fn write_glue(module: &Module, wasm: &Path, folder: &Path, finish: Finish) -> Result<()> {
    let doing = || format!("writing the JavaScript of {}", module.about);
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(failed(doing()))?;
    }
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(wasm)
        .out_name(module.name)
        .typescript(false)
        // The JavaScript looks for the module beside itself.
        .omit_default_module_path(false)
        .remove_name_section(finish != Finish::Named)
        .remove_producers_section(true)
        .web(true)
        .and_then(|it| it.generate(folder))
        .map_err(failed(doing()))
}

/// Rewrites a module by binaryen's `wasm-opt`, out of npm, for a fifth less weight.
fn optimize(project: &Project, wasm: &Path) -> Result<()> {
    let tools = project.target.join("undercurrent-web").join("tools");
    let program = tools.join("node_modules").join("binaryen").join("bin").join("wasm-opt");
    install::node()?;
    if !program.is_file() {
        println!("installing wasm-opt (npm binaryen, 100 MB, usually 20 s)");
        fs::create_dir_all(&tools).map_err(failed("making a folder for wasm-opt"))?;
        run(install::npm()
            .current_dir(&tools)
            .args(["install", "--no-save", "--no-audit", "--no-fund", "--prefix", "."])
            .arg("binaryen@132.0.0"))?;
    }
    println!("optimising {} (usually 1 to 6 minutes)", project.shown(wasm));
    let better = wasm.with_extension("better");
    run(Command::new("node").arg(program).arg(wasm).args(WASM_OPT).arg("-o").arg(&better))?;
    fs::rename(better, wasm).map_err(failed("keeping what wasm-opt wrote"))
}

/// What Rust's output uses beyond the first edition of wasm has to be named.
const WASM_OPT: [&str; 8] = [
    "-O2",
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
    "--enable-simd",
];
