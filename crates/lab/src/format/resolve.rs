//! The base of a recipe with what one network sets.

use serde_json::Value;

use super::{Json, Lab, Network, Problem};

/// How one network is made; the engine reads `network` and `optimizer`.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolved {
    pub network: Value,
    pub optimizer: Value,
    pub n_steps: usize,
    pub n_rows: usize,
    pub checkpoint_every: usize,
    pub has_timeline: bool,
}

impl Json {
    /// The value itself.
    fn value(&self) -> Result<Value, Problem> {
        serde_json::from_str(&self.0).map_err(|error| Problem::new("", error.to_string()))
    }
}

impl Lab {
    /// The recipe of a network: base, then what it sets, in the order of the paths.
    ///
    /// `d_vocab` and `n_ctx` follow from the tasks where neither says them.
    ///
    /// # Errors
    /// [`Problem`] with the path that leads nowhere.
    pub fn resolve(&self, network: &Network) -> Result<Resolved, Problem> {
        let base = &self.recipe;
        let mut all = Resolved {
            network: base.network.value().map_err(|it| it.inside("recipe.network"))?,
            optimizer: base.optimizer.value().map_err(|it| it.inside("recipe.optimizer"))?,
            n_steps: base.n_steps,
            n_rows: base.n_rows,
            checkpoint_every: base.checkpoint_every,
            has_timeline: base.has_timeline,
        };
        for (path, value) in &network.set {
            let place = || format!("networks[{}].set[{path:?}]", network.name);
            let value = value.value().map_err(|it| it.inside(&place()))?;
            all.set(path, value).map_err(|what| Problem::new(place(), what))?;
        }
        self.fill_sizes(&mut all.network)?;
        Ok(all)
    }

    fn fill_sizes(&self, network: &mut Value) -> Result<(), Problem> {
        let Value::Object(fields) = network else {
            return Err(Problem::new("recipe.network", "must be an object"));
        };
        let mut n_ctx = 0;
        let mut d_vocab = 0;
        for (place, spec) in self.tasks.iter().enumerate() {
            let exercise = spec.exercise().map_err(|it| it.inside(&format!("tasks[{place}]")))?;
            n_ctx = n_ctx.max(exercise.task.n_tokens(crate::task::Size(exercise.trained[1])));
            d_vocab = exercise.task.words().len();
        }
        fields.entry("version").or_insert(super::VERSION.into());
        fields.entry("n_ctx").or_insert(n_ctx.into());
        fields.entry("d_vocab").or_insert(d_vocab.into());
        Ok(())
    }
}

impl Resolved {
    fn set(&mut self, path: &str, value: Value) -> Result<(), String> {
        let count = |value: &Value| {
            let number = value.as_u64().and_then(|it| usize::try_from(it).ok());
            number.ok_or_else(|| format!("{value} is no whole number"))
        };
        match path {
            "n_steps" => self.n_steps = count(&value)?,
            "n_rows" => self.n_rows = count(&value)?,
            "checkpoint_every" => self.checkpoint_every = count(&value)?,
            "has_timeline" => {
                let is_so = value.as_bool();
                self.has_timeline =
                    is_so.ok_or_else(|| format!("{value} is neither true nor false"))?;
            }
            _ => match path.strip_prefix("optimizer.") {
                Some(rest) => set(&mut self.optimizer, rest, value)?,
                None => set(&mut self.network, path, value)?,
            },
        }
        Ok(())
    }
}

/// Sets the field at a dotted path; a number in it counts in a list, from 0.
fn set(into: &mut Value, path: &str, value: Value) -> Result<(), String> {
    let (first, rest) = match path.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (path, None),
    };
    if first.is_empty() {
        return Err("a part of the path is empty".to_owned());
    }
    let field = match (into, rest) {
        (Value::Object(fields), None) => {
            fields.insert(first.to_owned(), value);
            return Ok(());
        }
        (Value::Object(fields), Some(_)) => fields
            .get_mut(first)
            .ok_or_else(|| format!("there is no `{first}` yet; set it as a whole"))?,
        (Value::Array(items), _) => {
            let n = items.len();
            let place = first.parse::<usize>().ok();
            let item = place.and_then(|it| items.get_mut(it));
            item.ok_or_else(|| format!("`{first}` is no place in a list of {n}, from 0"))?
        }
        (other, _) => {
            return Err(format!("`{first}` cannot be set in {other}, which has no fields"));
        }
    };
    match rest {
        Some(rest) => set(field, rest, value),
        None => {
            *field = value;
            Ok(())
        }
    }
}
