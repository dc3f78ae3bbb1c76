//! Named tensors on the host, and the safetensors format.

use std::collections::BTreeMap;

use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use sha2::{Digest, Sha256};

use super::LoadError;

/// A tensor on the host, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct HostTensor {
    pub values: Vec<f32>,
    pub dims: Vec<usize>,
}

/// Tensors by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Weights(pub BTreeMap<String, HostTensor>);

/// How numbers are written to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    Single,
    Half,
}

impl Weights {
    /// Reads a safetensors file of 32- or 16-bit floats.
    ///
    /// # Errors
    /// [`LoadError::Broken`] where the file is cut short or no such file, [`LoadError::Dtype`] for
    /// numbers of another kind.
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self, LoadError> {
        let file = SafeTensors::deserialize(bytes)
            .map_err(|error| LoadError::Broken(error.to_string()))?;
        let mut all = BTreeMap::new();
        for (name, view) in file.iter() {
            all.insert(name.to_owned(), host_tensor(name, &view)?);
        }
        Ok(Self(all))
    }

    /// The file of these tensors. Tensors named in `exact` stay 32-bit whatever `precision` says.
    ///
    /// # Panics
    /// Where a tensor's sizes do not multiply to the number of its values.
    pub fn to_safetensors(&self, precision: Precision, exact: &[&str]) -> Vec<u8> {
        let encoded: Vec<_> = self
            .0
            .iter()
            .map(|(name, tensor)| {
                let is_half = precision == Precision::Half && !exact.contains(&name.as_str());
                let values = tensor.values.iter();
                let (dtype, bytes) = if is_half {
                    let half = values.flat_map(|&it| half::f16::from_f32(it).to_le_bytes());
                    (Dtype::F16, half.collect::<Vec<u8>>())
                } else {
                    (Dtype::F32, values.flat_map(|it| it.to_le_bytes()).collect())
                };
                (name, dtype, tensor.dims.clone(), bytes)
            })
            .collect();
        let views = encoded.iter().map(|(name, dtype, dims, bytes)| {
            let view = TensorView::new(*dtype, dims.clone(), bytes);
            (name, view.expect("the bytes were made for these sizes"))
        });
        safetensors::serialize(views, None).expect("names and sizes are plain")
    }

    /// Takes the tensor out.
    pub fn take(&mut self, name: &str) -> Option<HostTensor> {
        self.0.remove(name)
    }
}

fn host_tensor(name: &str, view: &TensorView<'_>) -> Result<HostTensor, LoadError> {
    let data = view.data();
    let pairs = || data.chunks_exact(2).map(|it| [it[0], it[1]]);
    let values = match view.dtype() {
        Dtype::F32 => data
            .chunks_exact(4)
            .map(|it| f32::from_le_bytes([it[0], it[1], it[2], it[3]]))
            .collect(),
        Dtype::F16 => pairs().map(|it| half::f16::from_le_bytes(it).to_f32()).collect(),
        Dtype::BF16 => pairs().map(|it| half::bf16::from_le_bytes(it).to_f32()).collect(),
        Dtype::U8 | Dtype::BOOL => data.iter().map(|&it| f32::from(it)).collect(),
        other => {
            return Err(LoadError::Dtype { name: name.to_owned(), dtype: format!("{other:?}") });
        }
    };
    Ok(HostTensor { values, dims: view.shape().to_vec() })
}

/// SHA-256 in hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Weights {
        let tensor = HostTensor { values: vec![1.0, -0.5, 3.25, 0.0], dims: vec![2, 2] };
        Weights([("a.weight".to_owned(), tensor)].into())
    }

    #[test]
    fn what_is_written_is_read() {
        for precision in [Precision::Single, Precision::Half] {
            let bytes = sample().to_safetensors(precision, &[]);
            assert_eq!(Weights::from_safetensors(&bytes).unwrap(), sample());
        }
    }

    #[test]
    fn a_file_cut_short_is_an_error_wherever_it_is_cut() {
        let bytes = sample().to_safetensors(Precision::Single, &[]);
        for length in 0..bytes.len() {
            let read = Weights::from_safetensors(&bytes[..length]);
            assert!(matches!(read, Err(LoadError::Broken(_))), "cut at {length}");
        }
    }

    #[test]
    fn the_digest_is_sha_256() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(digest(b"abc"), abc);
    }
}
