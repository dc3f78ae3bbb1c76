//! The keys of a JSON object, each taken out as it is read, so that what nobody read is found.

use serde_json::{Map, Value};

use super::{
    ImportError,
    tables::{Fixed, Only},
};

/// What of an object has not been read yet.
pub(super) struct Keys {
    left: Map<String, Value>,
    /// What stands before a key in messages: `rope_parameters.` within that object.
    path: String,
}

impl Keys {
    pub(super) fn parse(text: &str) -> Result<Self, ImportError> {
        let left = serde_json::from_str(text).or_else(|_| {
            // Python writes infinity as no JSON does, as the last of a step's two bounds.
            serde_json::from_str(&text.replace(" Infinity", r#" {"__float__": "Infinity"}"#))
        });
        let left = left.map_err(|error| ImportError::NotJson(error.to_string()))?;
        Ok(Self { left, path: String::new() })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.left.is_empty()
    }

    pub(super) fn text(&mut self, key: &str) -> Result<Option<String>, ImportError> {
        self.read(key, "a text", |it| it.as_str().map(str::to_owned))
    }

    pub(super) fn flag(&mut self, key: &str) -> Result<Option<bool>, ImportError> {
        self.read(key, "true or false", Value::as_bool)
    }

    pub(super) fn number(&mut self, key: &str) -> Result<Option<f64>, ImportError> {
        self.read(key, "a number", Value::as_f64)
    }

    pub(super) fn count(&mut self, key: &str) -> Result<Option<usize>, ImportError> {
        self.drop_null(key);
        self.read(key, "a whole number", |it| it.as_u64().and_then(|it| it.try_into().ok()))
    }

    /// A count, or nothing where the config leaves it to its default by the word "auto".
    pub(super) fn count_or_auto(&mut self, key: &str) -> Result<Option<usize>, ImportError> {
        if self.left.get(key).is_some_and(|it| it == "auto") {
            self.left.remove(key);
        }
        self.count(key)
    }

    /// Two bounds, each a number, or infinite and therefore none: `{"__float__": "Infinity"}`.
    pub(super) fn limits(&mut self, key: &str) -> Result<[Option<f64>; 2], ImportError> {
        let bound = |it: &Value| match it {
            Value::Object(named) if named.get("__float__").is_some_and(|it| it == "Infinity") => {
                Some(None)
            }
            _ => it.as_f64().map(Some),
        };
        let both = |it: &Value| match it.as_array()?.as_slice() {
            [low, high] => Some([bound(low)?, bound(high)?]),
            _ => None,
        };
        Ok(self.read(key, "two numbers", both)?.unwrap_or([None, None]))
    }

    pub(super) fn needed_count(&mut self, key: &str) -> Result<usize, ImportError> {
        self.count(key)?.ok_or_else(|| ImportError::Missing(self.named(key)))
    }

    /// The object under `key`; an empty one where there is none.
    pub(super) fn object(&mut self, key: &str) -> Result<Keys, ImportError> {
        self.drop_null(key);
        let left = self.read(key, "an object", |it| it.as_object().cloned())?;
        Ok(Keys { left: left.unwrap_or_default(), path: self.named(key) + "." })
    }

    /// Takes `key`, which, if it is there, must say what holds anyway.
    pub(super) fn agree(&mut self, key: &str, holds: f64) -> Result<(), ImportError> {
        match self.number(key)? {
            Some(says) if says != holds => {
                Err(ImportError::disagree(&self.named(key), says, holds))
            }
            _ => Ok(()),
        }
    }

    /// Takes a key that may have one value alone.
    pub(super) fn hold(&mut self, fixed: &Fixed) -> Result<(), ImportError> {
        match self.left.remove(fixed.key) {
            Some(value) if !fixed.only.allows(&value) => Err(ImportError::NotComputed {
                key: self.named(fixed.key),
                value: value.to_string(),
                why: fixed.why,
                only: fixed.only.text(),
            }),
            _ => Ok(()),
        }
    }

    /// Nothing is left but what is harmless.
    pub(super) fn finish(self, is_harmless: impl Fn(&str) -> bool) -> Result<(), ImportError> {
        match self.left.iter().find(|(key, _)| !is_harmless(key)) {
            Some((key, value)) => {
                Err(ImportError::UnknownKey { key: self.named(key), value: value.to_string() })
            }
            None => Ok(()),
        }
    }

    /// `null` is as good as absent where theirs is optional. Elsewhere it is no such thing: a flag
    /// that is `None` is off in Python, whatever its default.
    fn drop_null(&mut self, key: &str) {
        if self.left.get(key).is_some_and(Value::is_null) {
            self.left.remove(key);
        }
    }

    fn named(&self, key: &str) -> String {
        format!("{}{key}", self.path)
    }

    fn read<T>(
        &mut self,
        key: &str,
        wanted: &'static str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<Option<T>, ImportError> {
        let Some(value) = self.left.remove(key) else { return Ok(None) };
        let wrong =
            || ImportError::WrongKind { key: self.named(key), value: value.to_string(), wanted };
        read(&value).map(Some).ok_or_else(wrong)
    }
}

impl Only {
    fn allows(self, value: &Value) -> bool {
        let is_empty = match value {
            Value::Null => true,
            Value::Array(items) => items.is_empty(),
            Value::Object(items) => items.is_empty(),
            _ => false,
        };
        match self {
            Only::True => value == &Value::Bool(true),
            Only::False => matches!(value, Value::Null | Value::Bool(false)),
            Only::One => value.as_f64() == Some(1.0),
            Only::Text(text) => value.as_str() == Some(text),
            Only::Empty => is_empty,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn infinity_is_read_as_python_writes_it() {
        for bounds in
            ["[0.0, Infinity]", r#"[0.0, {"__float__": "Infinity"}]"#, "[0.0,\n Infinity]"]
        {
            let mut keys = Keys::parse(&format!(r#"{{"time_step_limit": {bounds}}}"#)).unwrap();
            assert_eq!(keys.limits("time_step_limit").unwrap(), [Some(0.0), None], "{bounds}");
        }
    }

    #[test]
    fn a_text_that_speaks_of_infinity_is_left_as_it_is() {
        let mut keys = Keys::parse(r#"{"name": "To Infinity"}"#).unwrap();
        assert_eq!(keys.text("name").unwrap().as_deref(), Some("To Infinity"));
        assert!(matches!(Keys::parse(r#"{"name": Infinity"#), Err(ImportError::NotJson(_))));
    }
}
