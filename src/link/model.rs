//! What is known of a model before it answers: where its files are, and which steps it has.

/// That a model has no such step, and which it has.
pub(super) fn lacking(step: usize, checkpoints: &[usize]) -> String {
    if checkpoints.is_empty() {
        return tr!(
            "this model has no checkpoints of its training, so none at step {step}; the finished weights answer",
            step
        );
    }
    let steps: Vec<String> = checkpoints.iter().map(usize::to_string).collect();
    tr!(
        "this model has no checkpoint at step {step}; it has {steps}",
        step,
        steps = steps.join(", ")
    )
}

/// Where the files of a model are, seen from the worker: of `LAB/NETWORK-SEED` in the lab's folder.
pub(super) fn address_of(model: &str) -> String {
    match model.split_once('/') {
        Some((lab, network)) => format!("./labs/{lab}/networks/{network}"),
        None => format!("./models/{model}"),
    }
}
