//! What a probe reads, set to something else.

use burn::prelude::*;
use trace::{Site, Trouble};

use super::Resolver;
use crate::{
    model::{Change, Reader},
    study::{Fitted, FittedProbe},
};

impl Resolver<'_> {
    /// The least change of a site that makes the fitted map read `value` of a fact there: for a map
    /// `xᵀ W + c`, the stream `x` becomes `x + B (value − (xᵀ W + c))` with the map's way back, `B`.
    ///
    /// Least is measured by how the stream varies over rows
    /// ([`back`](crate::geometry::NormalEquations::back)). The shortest change reads as well but does
    /// not make the network predict so: at the last stream of Mess3's first network it leaves up to
    /// 0.34 of total variation to the prediction of Bayes, and this one 0.03.
    ///
    /// Shares stay in their plane: the map's outputs sum to 1 whatever the input, so that `W` has a
    /// rank of one less than there are shares, and its way back leaves the rest out.
    ///
    /// # Source
    /// Shai et al. 2024 (arXiv 2405.15943) for the map; that it is turned around to write a belief is
    /// an addition.
    pub(super) fn reread(
        &self,
        fact: &str,
        value: &[f32],
        site: Site,
        strength: f32,
    ) -> Result<Change, Trouble> {
        let name = || fact.to_owned();
        let (probe, fitted) = self.fitted(fact, value, site)?;
        let no_map = || Trouble::NoMap { fact: name(), site };
        let back = fitted.back.clone().ok_or_else(no_map)?;
        let [d_in, d_out] = fitted.map.sizes();
        let wide: Vec<f64> = value.iter().map(|&it| f64::from(it)).collect();
        if !probe.fact.has(&wide) {
            return Err(Trouble::NotShares(name()));
        }
        let device = self.references.device();
        let tensor = |values: Vec<f32>, rows: usize, columns: usize| -> Tensor<2> {
            Tensor::from_data(TensorData::new(values, [rows, columns]), device)
        };
        let vector = |values: Vec<f32>| -> Tensor<1> {
            let size = values.len();
            Tensor::from_data(TensorData::new(values, [size]), device)
        };
        let [weights, bias] = fitted.map.parts();
        let reader = Reader {
            weights: tensor(weights, d_in, d_out),
            bias: vector(bias),
            back: tensor(back, d_out, d_in),
            wanted: vector(value.to_vec()),
        };
        Ok(Change::Reread { reader: Box::new(reader), strength })
    }

    /// The direction of length 1 along which what the fitted map `xᵀ W + c` reads grows, each number
    /// by its share of `value`: that of `W value`, `[d_model]`.
    pub(super) fn fact_direction(
        &self,
        fact: &str,
        value: &[f32],
        site: Site,
    ) -> Result<Tensor<1>, Trouble> {
        let (_, fitted) = self.fitted(fact, value, site)?;
        let [_, d_out] = fitted.map.sizes();
        let [weights, _] = fitted.map.parts();
        let row = |row: &[f32]| -> f64 {
            row.iter().zip(value).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
        };
        let vector: Vec<f64> = weights.chunks_exact(d_out).map(row).collect();
        let length = vector.iter().map(|it| it * it).sum::<f64>().sqrt();
        // Shares sum to 1 whatever the stream, so that all alike are no direction but for rounding.
        let largest = weights.iter().fold(0.0f32, |most, it| most.max(it.abs()));
        if length <= 1e-5 * f64::from(largest) {
            return Err(Trouble::ZeroDirection(fact.to_owned()));
        }
        let unit: Vec<f32> = vector.iter().map(|it| (it / length) as f32).collect();
        let size = unit.len();
        Ok(Tensor::from_data(TensorData::new(unit, [size]), self.references.device()))
    }

    /// The probe of a fact with its map at a site.
    fn fitted(
        &self,
        fact: &str,
        value: &[f32],
        site: Site,
    ) -> Result<(&FittedProbe, &Fitted), Trouble> {
        let no_map = || Trouble::NoMap { fact: fact.to_owned(), site };
        let probe = self.probes.get(fact).ok_or_else(no_map)?;
        let fitted = probe.maps.get(&site).ok_or_else(no_map)?;
        let [_, wanted] = fitted.map.sizes();
        if value.len() != wanted {
            let got = value.len();
            return Err(Trouble::FactSize { fact: fact.to_owned(), wanted, got });
        }
        Ok((probe, fitted))
    }
}
