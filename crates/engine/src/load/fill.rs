//! Between a network's parameters and tensors by name.

use burn::{
    module::{Module, ModuleMapper, ModuleVisitor, Param},
    prelude::*,
};

use super::{HostTensor, LoadError, Weights};
use crate::model::Network;

/// The network with its parameters taken out of `weights` by their path: `blocks.0.attn.query.weight`.
///
/// # Errors
/// [`LoadError::Missing`] or [`LoadError::Sizes`] of the first parameter that does not fit.
pub fn fill(network: Network, weights: &mut Weights) -> Result<Network, LoadError> {
    let mut filler = Filler { weights, path: Vec::new(), error: None };
    let filled = network.map(&mut filler);
    match filler.error {
        Some(error) => Err(error),
        None => Ok(filled),
    }
}

/// The parameters by their path, read back from the device.
pub fn collect(network: &Network) -> Weights {
    let mut collector = Collector { weights: Weights::default(), path: Vec::new() };
    network.visit(&mut collector);
    collector.weights
}

/// Whether a module is one of several kinds, whose name is no part of a parameter's path.
fn is_choice(container: &str) -> bool {
    container.starts_with("Enum:")
}

struct Filler<'a> {
    weights: &'a mut Weights,
    path: Vec<String>,
    error: Option<LoadError>,
}

impl Filler<'_> {
    fn tensor<const D: usize>(
        &mut self,
        dims: [usize; D],
        device: &Device,
    ) -> Result<Tensor<D>, LoadError> {
        let name = self.path.join(".");
        let Some(found) = self.weights.take(&name) else { return Err(LoadError::Missing(name)) };
        if found.dims != dims {
            return Err(LoadError::Sizes { name, wanted: dims.to_vec(), got: found.dims });
        }
        Ok(Tensor::from_data(TensorData::new(found.values, dims), device))
    }
}

impl ModuleMapper for Filler<'_> {
    fn enter_module(&mut self, name: &str, container: &str) {
        if !is_choice(container) {
            self.path.push(name.to_owned());
        }
    }

    fn exit_module(&mut self, _name: &str, container: &str) {
        if !is_choice(container) {
            self.path.pop();
        }
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        // Asking a new parameter for its value would draw it, only to throw it away.
        match self.tensor(param.lazy_shape().dims(), &param.lazy_device()) {
            Ok(value) => {
                let id = param.id;
                param.transform_for_load(value, id)
            }
            Err(error) => {
                self.error = self.error.take().or(Some(error));
                param
            }
        }
    }
}

struct Collector {
    weights: Weights,
    path: Vec<String>,
}

impl ModuleVisitor for Collector {
    fn enter_module(&mut self, name: &str, container: &str) {
        if !is_choice(container) {
            self.path.push(name.to_owned());
        }
    }

    fn exit_module(&mut self, _name: &str, container: &str) {
        if !is_choice(container) {
            self.path.pop();
        }
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let value = param.val();
        let dims = value.dims().to_vec();
        let data = value.into_data().convert::<f32>();
        let values = data.try_to_vec().expect("parameters are floats");
        self.weights.0.insert(self.path.join("."), HostTensor { values, dims });
    }
}
