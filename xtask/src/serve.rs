//! `cargo xtask serve`: the page on this machine, as soon as it can be shown.

use std::{path::Path, sync::atomic::Ordering, thread};

use crate::{
    args::Args,
    dist::Dist,
    http::Server,
    install,
    project::{Failure, Project, Result},
    wasm::{CPU_ENGINE, Finish, GPU_ENGINE, PAGE},
};

/// Tried in this order where no port is asked for; the last takes any that is free.
const PORTS: [u16; 4] = [8080, 8081, 8082, 0];

/// Builds and serves until it is stopped.
///
/// The page works on the CPU alone, so that it is served before the WebGPU engine is built.
pub(crate) fn serve(project: &Project, words: &[String]) -> Result<()> {
    let flags = ["--no-gpu-engine", "--dist-only", "--open"];
    let args = Args::parse(words, &flags, &["--port"])?.no_words()?;
    let is_building = !args.has("--dist-only");
    let (address, is_ready) = bind(&project.dist, args.number("--port")?)?.start()?;
    let address = format!("http://{address}/");
    if is_building {
        println!("building; the page will come to {address}");
    }
    let mut dist = None;
    if is_building {
        let mut ready = Dist::new(project, project.dist.clone())?;
        ready.add(project, &[&PAGE, &CPU_ENGINE], Finish::Plain)?;
        dist = Some(ready);
    } else if !project.dist.join("index.html").is_file() {
        return Err(Failure::new("there is no dist/ yet; `cargo xtask build` makes it"));
    }
    is_ready.store(true, Ordering::Release);
    println!("Undercurrent is at {address} (Ctrl-C stops it)");
    if args.has("--open") {
        install::open(&address)?;
    }
    if let Some(mut dist) = dist {
        if !args.has("--no-gpu-engine") {
            match dist.add(project, &[&GPU_ENGINE], Finish::Plain) {
                Ok(()) => println!("the engine for WebGPU is there: reload the page to use it"),
                Err(failure) => eprintln!("going on with the CPU alone: {failure}"),
            }
        }
        dist.prune()?;
    }
    loop {
        thread::park();
    }
}

/// Serves `dist/` on a port of its own for as long as this program runs, and gives the address.
pub(crate) fn in_background(project: &Project) -> Result<String> {
    let (address, is_ready) = bind(&project.dist, Some(0))?.start()?;
    is_ready.store(true, Ordering::Release);
    Ok(format!("http://{address}/"))
}

fn bind(folder: &Path, port: Option<u16>) -> Result<Server> {
    let asked = port.map(|it| [it]);
    let ports = asked.as_ref().map_or(&PORTS[..], |it| &it[..]);
    let mut cause = None;
    for port in ports {
        match Server::bind(folder.to_path_buf(), *port) {
            Ok(server) => return Ok(server),
            Err(error) => cause = Some(format!("port {port} cannot be used: {error}")),
        }
    }
    let cause = cause.expect("at least one port was tried");
    Err(Failure::new(format!("{cause}; name another with --port, or 0 for any")))
}
