//! A small server of static files, for this machine alone.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, UNIX_EPOCH},
};

use crate::{
    compress,
    project::{Result, failed},
};

/// The longest request that is read.
const MAX_HEAD_BYTES: u64 = 16 * 1024;
const PATIENCE: Duration = Duration::from_secs(10);

/// What browsers want to be told of a file, by the ending of its name.
const TYPES: [(&str, &str); 12] = [
    ("css", "text/css; charset=utf-8"),
    ("html", "text/html; charset=utf-8"),
    ("ico", "image/x-icon"),
    ("js", "text/javascript; charset=utf-8"),
    ("json", "application/json"),
    ("md", "text/markdown; charset=utf-8"),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
    ("toml", "text/plain; charset=utf-8"),
    ("txt", "text/plain; charset=utf-8"),
    ("wasm", "application/wasm"),
    ("webmanifest", "application/manifest+json"),
];

/// Answers GET and HEAD for the files of one folder.
pub(crate) struct Server {
    listener: TcpListener,
    site: Site,
}

/// What is served.
#[derive(Clone)]
struct Site {
    folder: PathBuf,
    /// Until it is, a browser is told to come again.
    is_ready: Arc<AtomicBool>,
}

impl Server {
    /// Takes `port` of 127.0.0.1, or any free one for 0.
    pub(crate) fn bind(folder: PathBuf, port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        Ok(Self { listener, site: Site { folder, is_ready: Arc::default() } })
    }

    /// Starts to answer, in threads of its own, and gives the address. Files are served from when
    /// the flag is set.
    pub(crate) fn start(self) -> Result<(SocketAddr, Arc<AtomicBool>)> {
        let address = self.listener.local_addr().map_err(failed("starting the server"))?;
        let is_ready = self.site.is_ready.clone();
        thread::spawn(move || {
            for stream in self.listener.incoming().flatten() {
                let site = self.site.clone();
                // A reader who went away is no concern of ours.
                thread::spawn(move || converse(&stream, &site).ok());
            }
        });
        Ok((address, is_ready))
    }
}

/// What of a request matters here.
#[derive(Debug, Default, PartialEq)]
struct Request {
    method: String,
    target: String,
    accepts_brotli: bool,
    /// The value of `If-None-Match`.
    known_tags: String,
}

struct Response {
    status: &'static str,
    headers: Vec<(&'static str, String)>,
    body: Box<dyn Read>,
    body_bytes: u64,
}

fn converse(stream: &TcpStream, site: &Site) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let request = read(BufReader::new(stream.take(MAX_HEAD_BYTES)))?;
    let response = match &request {
        Some(_) if !site.is_ready.load(Ordering::Acquire) => not_yet(),
        Some(request) => answer(&site.folder, request),
        None => plain("400 Bad Request"),
    };
    let has_body = request.is_none_or(|it| it.method != "HEAD");
    write(stream, response, has_body)
}

/// The request, or nothing where it is not HTTP.
fn read(mut from: impl BufRead) -> io::Result<Option<Request>> {
    let mut line = String::new();
    from.read_line(&mut line)?;
    let mut words = line.split_whitespace();
    let (Some(method), Some(target), Some(version)) = (words.next(), words.next(), words.next())
    else {
        return Ok(None);
    };
    if !version.starts_with("HTTP/1.") {
        return Ok(None);
    }
    let mut request =
        Request { method: method.into(), target: target.into(), ..Request::default() };
    loop {
        line.clear();
        from.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { return Ok(Some(request)) };
        match name.to_ascii_lowercase().as_str() {
            "accept-encoding" => {
                let name = |it: &str| it.split(';').next().unwrap_or_default().trim() == "br";
                request.accepts_brotli = value.split(',').any(name);
            }
            "if-none-match" => request.known_tags = value.trim().to_owned(),
            _ => {}
        }
    }
}

fn answer(folder: &Path, request: &Request) -> Response {
    if !matches!(request.method.as_str(), "GET" | "HEAD") {
        let mut response = plain("405 Method Not Allowed");
        response.headers.push(("Allow", "GET, HEAD".into()));
        return response;
    }
    find(folder, &request.target)
        .and_then(|path| file(&path, request).ok())
        .unwrap_or_else(|| plain("404 Not Found"))
}

/// The file that is meant, if it is there and within `folder`.
fn find(folder: &Path, target: &str) -> Option<PathBuf> {
    let path = decoded(target.split(['?', '#']).next()?)?;
    let mut found = folder.to_path_buf();
    for name in path.strip_prefix('/')?.split('/').filter(|it| !it.is_empty()) {
        if name.starts_with('.') || name.contains(['\\', ':', '\0']) {
            return None;
        }
        found.push(name);
    }
    if path.ends_with('/') {
        found.push("index.html");
    }
    // A link may still lead out of the folder.
    let found = found.canonicalize().ok().filter(|it| it.is_file())?;
    found.starts_with(folder.canonicalize().ok()?).then_some(found)
}

/// `path` with its `%xx` resolved.
fn decoded(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            let digits = str::from_utf8(&digits).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

fn file(path: &Path, request: &Request) -> io::Result<Response> {
    let is_brotli = request.accepts_brotli && compress::has_fresh_twin(path);
    let file = File::open(if is_brotli { compress::twin(path) } else { path.to_path_buf() })?;
    let about = file.metadata()?;
    let changed = about.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let tag = format!("\"{changed:x}-{:x}{}\"", about.len(), if is_brotli { "-br" } else { "" });
    let mut headers = vec![
        ("Content-Type", type_of(path).to_owned()),
        ("Cache-Control", "no-cache".to_owned()),
        ("ETag", tag.clone()),
        ("Vary", "Accept-Encoding".to_owned()),
    ];
    if is_brotli {
        headers.push(("Content-Encoding", "br".to_owned()));
    }
    let is_known =
        request.known_tags.split(',').any(|it| it.trim().trim_start_matches("W/") == tag);
    if is_known {
        let body = Box::new(io::empty());
        return Ok(Response { status: "304 Not Modified", headers, body, body_bytes: 0 });
    }
    Ok(Response { status: "200 OK", headers, body: Box::new(file), body_bytes: about.len() })
}

fn type_of(path: &Path) -> &'static str {
    let ending = path.extension().unwrap_or_default();
    TYPES.iter().find(|it| ending == it.0).map_or("application/octet-stream", |it| it.1)
}

/// Browsers that heed `Refresh` come again by themselves.
fn not_yet() -> Response {
    let text = "Undercurrent is being built; the terminal says how far it is.";
    let mut response = plain("503 Service Unavailable");
    response.headers.extend([("Retry-After", "3".to_owned()), ("Refresh", "3".to_owned())]);
    Response { body: Box::new(text.as_bytes()), body_bytes: text.len() as u64, ..response }
}

/// A response whose text is its status.
fn plain(status: &'static str) -> Response {
    Response {
        status,
        headers: vec![("Content-Type", "text/plain; charset=utf-8".to_owned())],
        body: Box::new(status.as_bytes()),
        body_bytes: status.len() as u64,
    }
}

fn write(mut stream: &TcpStream, mut response: Response, has_body: bool) -> io::Result<()> {
    let mut head = format!("HTTP/1.1 {}\r\n", response.status);
    for (name, value) in &response.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if !response.status.starts_with("304") {
        head.push_str(&format!("Content-Length: {}\r\n", response.body_bytes));
    }
    head.push_str("X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    if has_body {
        io::copy(&mut response.body, &mut stream)?;
    }
    stream.flush()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A server of one folder with a page, a module with a fresh twin, and a secret beside it.
    fn served(name: &str) -> (PathBuf, SocketAddr) {
        let outside =
            std::env::temp_dir().join(format!("xtask-http-{name}-{}", std::process::id()));
        let folder = outside.join("dist");
        fs::create_dir_all(folder.join("models")).unwrap();
        fs::write(outside.join("secret.txt"), "secret").unwrap();
        fs::write(folder.join("index.html"), "<p>page").unwrap();
        fs::write(folder.join("models/a b.wasm"), "module").unwrap();
        fs::write(folder.join("models/a b.wasm.br"), "small").unwrap();
        let (address, is_ready) = Server::bind(folder, 0).unwrap().start().unwrap();
        let early = ask(address, "GET /", "");
        assert!(early.starts_with("HTTP/1.1 503") && early.contains("being built"), "{early}");
        is_ready.store(true, Ordering::Release);
        (outside, address)
    }

    fn ask(address: SocketAddr, line: &str, headers: &str) -> String {
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "{line} HTTP/1.1\r\nHost: x\r\n{headers}\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn files_come_with_their_type_and_compressed_where_that_is_welcome() {
        let (outside, address) = served("types");
        let page = ask(address, "GET /?x#y", "");
        assert!(page.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/html"), "{page}");
        assert!(page.ends_with("\r\n\r\n<p>page"), "{page}");
        let module = ask(address, "GET /models/a%20b.wasm", "");
        assert!(module.contains("application/wasm") && module.ends_with("module"), "{module}");
        let small = ask(address, "GET /models/a%20b.wasm", "accept-encoding: gzip, br;q=0.5\r\n");
        assert!(small.contains("Content-Encoding: br") && small.ends_with("small"), "{small}");
        let head = ask(address, "HEAD /", "");
        assert!(head.contains("Content-Length: 7") && head.ends_with("\r\n\r\n"), "{head}");
        fs::remove_dir_all(outside).unwrap();
    }

    #[test]
    fn what_the_browser_has_is_not_sent_again() {
        let (outside, address) = served("tags");
        let first = ask(address, "GET /", "");
        let tag = first.lines().find_map(|it| it.strip_prefix("ETag: ")).unwrap();
        let again = ask(address, "GET /", &format!("If-None-Match: W/{tag}\r\n"));
        assert!(again.starts_with("HTTP/1.1 304") && !again.contains("<p>"), "{again}");
        fs::write(outside.join("dist/index.html"), "<p>another").unwrap();
        assert!(ask(address, "GET /", &format!("If-None-Match: {tag}\r\n")).contains(" 200 "));
        fs::remove_dir_all(outside).unwrap();
    }

    #[test]
    fn nothing_outside_the_folder_is_served() {
        let (outside, address) = served("outside");
        for path in ["/../secret.txt", "/%2e%2e/secret.txt", "/models/../../secret.txt", "/models"]
        {
            let text = ask(address, &format!("GET {path}"), "");
            assert!(text.starts_with("HTTP/1.1 404"), "{path}: {text}");
        }
        assert!(ask(address, "POST /", "").starts_with("HTTP/1.1 405"));
        assert!(ask(address, "nonsense", "").starts_with("HTTP/1.1 400"));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(outside.join("secret.txt"), outside.join("dist/s")).unwrap();
            assert!(ask(address, "GET /s", "").starts_with("HTTP/1.1 404"));
        }
        fs::remove_dir_all(outside).unwrap();
    }
}
