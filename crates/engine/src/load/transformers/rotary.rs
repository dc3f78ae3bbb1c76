//! How configs say that positions turn.

use super::{ImportError, keys::Keys, tables::ROPE_KINDS};
use crate::model::Positions;

/// Where older configs of a family say how positions turn, and what holds where none says it.
pub(super) struct RopeKeys {
    pub theta: &'static str,
    pub fraction: Option<&'static str>,
    pub default_fraction: f64,
}

/// Rotary positions: from the object `rope_parameters`, which newer versions write, or from keys
/// of their own. Keys that a family does not go by may stand there too, if they say the same.
pub(super) fn rotary(keys: &mut Keys, family: &RopeKeys) -> Result<Positions, ImportError> {
    let mut object = rope_object(keys)?;
    let mut settle = |inner: &str, own: Option<&str>, default: f64| {
        let mut standing = object.number(inner)?;
        if let Some(own) = own {
            match standing {
                Some(value) => keys.agree(own, value)?,
                None => standing = keys.number(own)?,
            }
        }
        let value = standing.unwrap_or(default);
        keys.agree(inner, value).map(|()| value)
    };
    let theta = settle("rope_theta", Some(family.theta), 10_000.0)?;
    let fraction = settle("partial_rotary_factor", family.fraction, family.default_fraction)?;
    object.finish(|_| false)?;
    if family.fraction.is_none() && fraction != family.default_fraction {
        return Err(ImportError::disagree(
            "partial_rotary_factor",
            fraction,
            family.default_fraction,
        ));
    }
    Ok(Positions::Rope { theta, fraction, interleaved: false })
}

/// The keys of `rope_parameters` or `rope_scaling`, of which at most one says anything.
fn rope_object(keys: &mut Keys) -> Result<Keys, ImportError> {
    let [new, old] = ["rope_parameters", "rope_scaling"].map(|name| keys.object(name));
    let (new, old) = (new?, old?);
    let mut object = match (new.is_empty(), old.is_empty()) {
        (false, false) => return Err(ImportError::TwoRopes),
        (true, _) => old,
        (false, true) => new,
    };
    for kind in &ROPE_KINDS {
        object.hold(kind)?;
    }
    Ok(object)
}
