//! Brotli, for what is published and for saying how much goes over the wire.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use brotli::enc::BrotliEncoderParams;

use crate::project::{Result, failed};

/// The best that brotli does: ten times slower than its middle, and it is done once.
const QUALITY: i32 = 11;
/// The widest window that browsers take, as a power of two.
const WINDOW: i32 = 24;

/// What shrinks. Weights are left out: random mantissas do not, and a reader is shown their bytes.
const SHRINKING: [&str; 8] = ["css", "html", "js", "json", "md", "svg", "txt", "wasm"];

/// Whether files of this name get smaller by compression.
pub(crate) fn does_shrink(path: &Path) -> bool {
    let ending = path.extension().unwrap_or_default();
    SHRINKING.iter().any(|it| ending == *it)
}

/// Where the compressed twin of `path` lies: `path` with `.br` behind.
pub(crate) fn twin(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".br");
    PathBuf::from(name)
}

/// Whether the twin is there and not older than the file.
pub(crate) fn has_fresh_twin(path: &Path) -> bool {
    let changed = |path: &Path| path.metadata().and_then(|it| it.modified()).ok();
    changed(&twin(path)).is_some_and(|it| Some(it) >= changed(path))
}

/// Writes the twin of `path` where that is smaller; one that is there and fresh stays.
pub(crate) fn write_twin(path: &Path) -> Result<()> {
    if has_fresh_twin(path) {
        return Ok(());
    }
    let doing = || format!("compressing {}", path.display());
    let bytes = fs::read(path).map_err(failed(doing()))?;
    let mut small = Vec::new();
    compress(&bytes, &mut small).map_err(failed(doing()))?;
    if small.len() < bytes.len() {
        fs::write(twin(path), small).map_err(failed(doing()))?;
    }
    Ok(())
}

/// How many bytes go over the wire for `path`.
pub(crate) fn wire_bytes(path: &Path) -> Result<u64> {
    if does_shrink(path) {
        write_twin(path)?;
    }
    let sent = if has_fresh_twin(path) { twin(path) } else { path.to_path_buf() };
    Ok(sent.metadata().map_err(failed(format!("weighing {}", path.display())))?.len())
}

fn compress(mut bytes: &[u8], mut into: impl Write) -> io::Result<()> {
    let params = BrotliEncoderParams { quality: QUALITY, lgwin: WINDOW, ..Default::default() };
    brotli::BrotliCompress(&mut bytes, &mut into, &params).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_compressed_comes_back() {
        let bytes = b"the same words, the same words, the same words".repeat(50);
        let mut small = Vec::new();
        compress(&bytes, &mut small).unwrap();
        assert!(small.len() < bytes.len() / 10);
        let mut back = Vec::new();
        brotli::BrotliDecompress(&mut small.as_slice(), &mut back).unwrap();
        assert_eq!(back, bytes);
    }

    #[test]
    fn text_and_wasm_shrink_and_weights_do_not() {
        let shrinks = |name| does_shrink(Path::new(name));
        assert!(
            shrinks("page_bg.wasm") && shrinks("index.html") && shrinks("models/a/config.json")
        );
        assert!(!shrinks("models/a/model.safetensors") && !shrinks("LICENSE"));
        assert_eq!(twin(Path::new("a/page.js")), Path::new("a/page.js.br"));
    }
}
