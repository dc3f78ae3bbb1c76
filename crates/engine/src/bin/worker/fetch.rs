//! Fetching the files of a model, with progress.

use engine::load::{CHECKPOINTS_FILE, CheckpointsFile, MODEL_FILE, ModelFile, WEIGHTS_FILE};
use js_sys::{Reflect, Uint8Array};
use trace::Event;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStreamDefaultReader, Response};

use crate::browser::scope;

/// The description and the weights of the model under `url`; `tell` hears how far it is.
///
/// # Errors
/// A sentence for the reader.
pub(crate) async fn model(url: &str, tell: impl Fn(Event)) -> Result<(ModelFile, Vec<u8>), String> {
    let described = whole(&format!("{url}/{MODEL_FILE}"), |_| ()).await?;
    let file = ModelFile::parse(&described).map_err(|error| error.to_string())?;
    let of_bytes = file.weights_bytes;
    // The digest in the address keeps an old copy from answering for new weights.
    let address = format!("{url}/{WEIGHTS_FILE}?{}", file.weights_sha256);
    let weights = whole(&address, |got_bytes| tell(Event::Loading { got_bytes, of_bytes })).await?;
    Ok((file, weights))
}

/// The checkpoints of the model under `url`; `tell` hears how far they are.
///
/// # Errors
/// A sentence for the reader.
pub(crate) async fn checkpoints(
    url: &str,
    file: &CheckpointsFile,
    tell: impl Fn(Event),
) -> Result<Vec<u8>, String> {
    let of_bytes = file.bytes;
    let address = format!("{url}/{CHECKPOINTS_FILE}?{}", file.sha256);
    whole(&address, |got_bytes| tell(Event::Loading { got_bytes, of_bytes })).await
}

async fn whole(url: &str, arrived: impl Fn(u64)) -> Result<Vec<u8>, String> {
    let unreachable = |_: JsValue| {
        format!("the network did not give the file; try again when it is back ({url})")
    };
    let response: Response =
        JsFuture::from(scope().fetch_with_str(url)).await.map_err(unreachable)?.unchecked_into();
    if !response.ok() {
        return Err(format!("the server answers {} for the file ({url})", response.status()));
    }
    let Some(body) = response.body() else { return Ok(Vec::new()) };
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
    let mut all = Vec::new();
    loop {
        let part = JsFuture::from(reader.read()).await.map_err(unreachable)?;
        let is_done = Reflect::get(&part, &"done".into()).is_ok_and(|it| it.is_truthy());
        if is_done {
            return Ok(all);
        }
        let value = Reflect::get(&part, &"value".into()).map_err(unreachable)?;
        all.extend(Uint8Array::new(&value).to_vec());
        arrived(all.len() as u64);
    }
}
