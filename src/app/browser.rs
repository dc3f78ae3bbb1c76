//! What the page asks of the browser besides elements.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;

/// Asks whether the system is dark.
const DARK: &str = "(prefers-color-scheme: dark)";

/// Seconds since the page was opened.
pub(in crate::app) fn now_secs() -> f64 {
    window().performance().map_or(0.0, |clock| clock.now() / 1e3)
}

/// Runs `work` after `millis`.
pub(in crate::app) fn after(millis: u64, work: impl FnOnce() + 'static) {
    set_timeout(work, std::time::Duration::from_millis(millis));
}

/// Calls `told` with width and height of `element`, in CSS pixels, now and whenever they change,
/// until the reactive owner that this is called under is cleaned up.
pub(in crate::app) fn observe_size(element: &web_sys::Element, told: impl Fn([f32; 2]) + 'static) {
    let watched = element.clone();
    let callback = Closure::<dyn FnMut()>::new(move || {
        told([watched.client_width() as f32, watched.client_height() as f32]);
    });
    if let Ok(observer) = web_sys::ResizeObserver::new(callback.as_ref().unchecked_ref()) {
        observer.observe(element);
        // Dropped with the owner.
        StoredValue::new_local(Observed { observer, _callback: callback });
    }
}

/// A running observer. Its callback holds the element, and the browser holds the observer: only
/// disconnecting lets go of both.
struct Observed {
    observer: web_sys::ResizeObserver,
    _callback: Closure<dyn FnMut()>,
}

impl Drop for Observed {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

/// The bytes of a file.
///
/// # Errors
/// What happened, to stand in a sentence.
pub(in crate::app) async fn fetched(address: &str) -> Result<Vec<u8>, String> {
    let lost = |_: JsValue| tr!("the network did not give the file").to_owned();
    let response = JsFuture::from(window().fetch_with_str(address)).await.map_err(lost)?;
    let response: web_sys::Response = response.unchecked_into();
    if !response.ok() {
        return Err(tr!("the server answers {status}", status = response.status()));
    }
    let bytes = response.array_buffer().map_err(lost)?;
    let bytes = JsFuture::from(bytes).await.map_err(lost)?;
    Ok(js_sys::Uint8Array::new(&bytes).to_vec())
}

/// Device pixels per CSS pixel.
pub(in crate::app) fn pixel_ratio() -> f32 {
    (window().device_pixel_ratio() as f32).clamp(1.0, 4.0)
}

/// Whether the page is shown dark, by the reader's choice or else by the system's.
pub(in crate::app) fn is_dark() -> bool {
    let root = document().document_element();
    match root.and_then(|it| it.get_attribute("data-theme")).as_deref() {
        Some("dark") => true,
        Some(_) => false,
        None => prefers(DARK),
    }
}

/// Whether a media query holds.
pub(in crate::app) fn prefers(query: &str) -> bool {
    window().match_media(query).ok().flatten().is_some_and(|it| it.matches())
}

/// Calls `told` whenever the system turns from light to dark or back.
pub(in crate::app) fn on_system_theme(told: impl Fn() + 'static) {
    let Some(query) = window().match_media(DARK).ok().flatten() else { return };
    let callback = Closure::<dyn FnMut()>::new(told);
    let listening =
        query.add_event_listener_with_callback("change", callback.as_ref().unchecked_ref());
    // A browser that cannot tell keeps the theme of the start.
    listening.unwrap_or_default();
    // Both live as long as the page.
    callback.forget();
    std::mem::forget(query);
}

/// Gives the reader a file to keep.
pub(in crate::app) fn download(name: &str, kind: &str, text: &str) -> Result<(), JsValue> {
    let parts = js_sys::Array::of1(&text.into());
    let bag = web_sys::BlobPropertyBag::new();
    bag.set_type(kind);
    let blob = web_sys::Blob::new_with_str_sequence_and_options(&parts, &bag)?;
    let url = web_sys::Url::create_object_url_with_blob(&blob)?;
    let anchor: web_sys::HtmlAnchorElement = document().create_element("a")?.unchecked_into();
    anchor.set_href(&url);
    anchor.set_download(name);
    anchor.click();
    web_sys::Url::revoke_object_url(&url)
}

/// What lies in `element` and is named by `selector`, in the order of the page.
pub(in crate::app) fn all_in(
    element: &web_sys::Element,
    selector: &str,
) -> Vec<web_sys::HtmlElement> {
    let found = called(element, "querySelectorAll", Some(selector));
    js_sys::Array::from(&found).iter().filter_map(|it| it.dyn_into().ok()).collect()
}

/// The left and the right edge of `element` in the window, in CSS pixels.
pub(in crate::app) fn edges(element: &web_sys::Element) -> [f64; 2] {
    let rectangle = called(element, "getBoundingClientRect", None);
    ["left", "right"].map(|side| {
        let edge = js_sys::Reflect::get(&rectangle, &side.into());
        edge.ok().and_then(|it| it.as_f64()).unwrap_or(0.0)
    })
}

/// Calls a method that every browser has; nothing where one has it not.
fn called(element: &web_sys::Element, name: &str, word: Option<&str>) -> JsValue {
    let method = js_sys::Reflect::get(element, &name.into()).unwrap_or(JsValue::UNDEFINED);
    let Some(method) = method.dyn_ref::<js_sys::Function>() else { return JsValue::UNDEFINED };
    let result = match word {
        Some(word) => method.call1(element, &word.into()),
        None => method.call0(element),
    };
    result.unwrap_or(JsValue::UNDEFINED)
}

/// Puts the focus on the first thing that `selector` names, where there is one.
pub(in crate::app) fn focus(selector: &str) {
    let found = document().query_selector(selector).ok().flatten();
    if let Some(element) = found.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok()) {
        element.focus().unwrap_or_default();
    }
}

/// Takes the element of this id out of the document, where it is there.
pub(in crate::app) fn remove(id: &str) {
    if let Some(element) = document().get_element_by_id(id) {
        element.remove();
    }
}
