//! S4D: a linear system for each channel that is the same at every position.

use burn::{module::Param, nn::Linear, prelude::*, tensor::activation::gelu};
use trace::Part;

use super::{At, Make};
use crate::model::config::S4dConfig;

/// Diagonal state spaces, real or complex, one for each channel of the stream and each filter.
#[derive(Module, Debug)]
pub(in crate::model) struct S4d {
    /// log Δ, `[channel]`
    step_log: Param<Tensor<1>>,
    /// log(−Re a), `[channel, slot]`, as are the next three.
    a_log: Param<Tensor<2>>,
    a_imag: Option<Param<Tensor<2>>>,
    read: Param<Tensor<2>>,
    read_imag: Option<Param<Tensor<2>>>,
    /// `[channel]`
    skip: Param<Tensor<1>>,
    pub(super) output: Option<Linear>,
    n_filters: usize,
}

/// A complex number for each channel and slot; without an imaginary part where all are real.
#[derive(Clone)]
struct Complex<const D: usize> {
    re: Tensor<D>,
    im: Option<Tensor<D>>,
}

impl<const D: usize> Complex<D> {
    fn times(&self, other: &Self) -> Self {
        let re = self.re.clone() * other.re.clone();
        match (&self.im, &other.im) {
            (Some(im), Some(other_im)) => Self {
                re: re - im.clone() * other_im.clone(),
                im: Some(self.re.clone() * other_im.clone() + im.clone() * other.re.clone()),
            },
            _ => Self { re, im: None },
        }
    }

    fn map<const E: usize>(&self, each: impl Fn(Tensor<D>) -> Tensor<E>) -> Complex<E> {
        Complex { re: each(self.re.clone()), im: self.im.clone().map(each) }
    }

    /// The real part, and the imaginary one where there is one.
    fn parts(self) -> Vec<Tensor<D>> {
        [Some(self.re), self.im].into_iter().flatten().collect()
    }

    fn plus(&self, other: &Self) -> Self {
        let im = self.im.clone().zip(other.im.clone());
        Self { re: self.re.clone() + other.re.clone(), im: im.map(|(a, b)| a + b) }
    }
}

/// How often an angle is halved before its series is taken.
const N_HALVINGS: i32 = 3;

/// `size · (cos angle + i sin angle)`. Graphics cards may be 5e-4 off in sines (WGSL, section 15.7.4),
/// so that the series of a small part of the angle is squared instead: 6e-8 off for any angle.
fn turned<const D: usize>(size: Tensor<D>, angle: Tensor<D>) -> Complex<D> {
    let whole = std::f64::consts::TAU;
    let rest = angle.clone() - (angle / whole).round() * whole;
    let small = rest / 2f64.powi(N_HALVINGS);
    let square = small.clone() * small.clone();
    let series = |terms: [f64; 4]| {
        let [first, rest @ ..] = terms;
        let last = square.clone() * 0.0 + first;
        rest.into_iter().fold(last, |sum, term| sum * square.clone() + term)
    };
    let mut cos = series([1.0 / 40_320.0, -1.0 / 720.0, 1.0 / 24.0, -0.5]) * square.clone() + 1.0;
    let mut sin = series([-1.0 / 5_040.0, 1.0 / 120.0, -1.0 / 6.0, 1.0]) * small;
    for _ in 0..N_HALVINGS {
        let twice = sin.clone() * cos.clone() * 2.0;
        cos = cos.clone() * cos - sin.clone() * sin;
        sin = twice;
    }
    Complex { re: size.clone() * cos, im: Some(size * sin) }
}

impl S4d {
    /// Slots start as S4D-Lin (complex: −1/2 + iπn) or S4D-Real (−(n + 1)).
    pub(super) fn new(config: &S4dConfig, make: &Make<'_>) -> Self {
        let S4dConfig { d_state, is_complex, n_filters } = *config;
        let n_channels = n_filters * make.d_model;
        let slots = || (0..d_state).map(|it| it as f64);
        let a_log: Vec<f64> =
            slots().map(|it| if is_complex { 0.5f64.ln() } else { (it + 1.0).ln() }).collect();
        let spread = 1.0 / (d_state as f64).sqrt();
        Self {
            step_log: make.uniform(0.001f64.ln(), 0.1f64.ln(), [n_channels]),
            a_log: make.rows(n_channels, a_log.into_iter()),
            a_imag: is_complex
                .then(|| make.rows(n_channels, slots().map(|it| it * std::f64::consts::PI))),
            read: make.uniform(-spread, spread, [n_channels, d_state]),
            read_imag: is_complex.then(|| make.uniform(-spread, spread, [n_channels, d_state])),
            skip: make.ones(n_channels),
            output: make.output(n_channels, true),
            n_filters,
        }
    }

    /// What the output matrix reads, `[batch, pos, channel, 1]`.
    ///
    /// # Sites
    /// `ssm.{value,state,y}`
    ///
    /// # Source
    /// Gu et al. 2022, *On the parameterization and initialization of diagonal state space models*,
    /// eq. (2) and table 1: zero-order hold with B = 1; a GELU before the output matrix.
    pub(super) fn forward(&self, normed: &Tensor<3>, probe: &mut At<'_>) -> Tensor<4> {
        let value = normed.clone().repeat_dim(2, self.n_filters);
        let value: Tensor<4> = probe.see(Part::SsmValue, value.unsqueeze_dim(3));
        let states = if probe.wants_state() {
            self.steps(&value, |pos, state| probe.see_state(pos, state))
        } else {
            self.scan(&value)
        };
        if probe.wants_state() {
            probe.keep_states(Tensor::cat(states.clone().parts(), 3).unsqueeze_dim(3));
        }
        let read = states.times(&self.read_weights().map(Tensor::unsqueeze));
        let factor = if read.im.is_some() { 2.0 } else { 1.0 };
        let read = read.re.sum_dim(3) * factor;
        let y = read + value * self.skip.val().reshape([1, 1, -1, 1]);
        gelu(probe.see(Part::SsmY, y))
    }

    /// ā = exp(Δ a), `[channel, slot]`.
    fn decay(&self) -> Complex<2> {
        let step: Tensor<2> = self.step_log.val().exp().unsqueeze_dim(1);
        let size = (-self.a_log.val().exp() * step.clone()).exp();
        match &self.a_imag {
            None => Complex { re: size, im: None },
            Some(imag) => turned(size, imag.val() * step),
        }
    }

    /// Real and imaginary part of ā, `[channel, slot]`.
    pub(in crate::model) fn poles(&self) -> [Tensor<2>; 2] {
        let Complex { re, im } = self.decay();
        let im = im.unwrap_or_else(|| re.zeros_like());
        [re, im]
    }

    /// b̄ = (ā − 1) / a, `[channel, slot]`.
    fn write(&self) -> Complex<2> {
        let decay = self.decay();
        let less = Complex { re: decay.re - 1.0, im: decay.im };
        let a = -self.a_log.val().exp();
        match &self.a_imag {
            None => Complex { re: less.re / a, im: None },
            Some(imag) => {
                let imag = imag.val();
                let size = a.clone().powi_scalar(2) + imag.clone().powi_scalar(2);
                less.times(&Complex { re: a / size.clone(), im: Some(-imag / size) })
            }
        }
    }

    /// The same as a convolution: what is read of an input so many positions ago, `[channel, pos]`,
    /// without the skip.
    ///
    /// # Source
    /// Gu et al. 2022, eq. (3) and (5): `K_l = 2 Re Σ c ā^l b̄`, without the 2 where all is real.
    pub(in crate::model) fn kernel(&self, n_pos: usize) -> Tensor<2> {
        let device = self.skip.device();
        let ago = Tensor::<1, Int>::arange(0..n_pos as i64, &device).float();
        let ago: Tensor<3> = ago.unsqueeze();
        let step: Tensor<2> = self.step_log.val().exp().unsqueeze_dim(1);
        let by_slot = |it: Tensor<2>| -> Tensor<3> { (it * step.clone()).unsqueeze_dim(2) };
        let size = (by_slot(-self.a_log.val().exp()) * ago.clone()).exp();
        let power: Complex<3> = match &self.a_imag {
            None => Complex { re: size, im: None },
            Some(imag) => turned(size, by_slot(imag.val()) * ago),
        };
        let weight: Complex<3> =
            self.write().times(&self.read_weights()).map(|it| it.unsqueeze_dim(2));
        let read = power.times(&weight);
        let factor = if read.im.is_some() { 2.0 } else { 1.0 };
        read.re.sum_dim(1).squeeze_dim(1) * factor
    }

    fn read_weights(&self) -> Complex<2> {
        Complex { re: self.read.val(), im: self.read_imag.as_ref().map(Param::val) }
    }

    /// What each position writes, `[batch, pos, channel, slot]`.
    fn written(&self, value: &Tensor<4>) -> Complex<4> {
        self.write().map(|it| value.clone() * it.unsqueeze())
    }

    /// The states as they are read, position after position. `each` says what the recurrence carries
    /// on, and what is read at that position.
    fn steps(
        &self,
        value: &Tensor<4>,
        mut each: impl FnMut(usize, Tensor<4>) -> [Tensor<4>; 2],
    ) -> Complex<4> {
        let written = self.written(value);
        let decay: Complex<3> = self.decay().map(Tensor::unsqueeze);
        let [batch, n_pos, n_channels, n_slots] = written.re.dims();
        let at =
            |pos: usize| -> Complex<3> { written.map(|it| it.narrow(1, pos, 1).squeeze_dim(1)) };
        let mut carried: Option<Complex<3>> = None;
        let mut states: Vec<Complex<3>> = Vec::with_capacity(n_pos);
        for pos in 0..n_pos {
            let state = match &carried {
                Some(before) => before.times(&decay).plus(&at(pos)),
                None => at(pos),
            };
            let parts = state.parts();
            let n_parts = parts.len();
            let whole = Tensor::cat(parts, 2).reshape([batch, n_channels, 1, n_parts * n_slots]);
            let [goes_on, read] = each(pos, whole).map(|whole| {
                let whole: Tensor<3> = whole.squeeze_dim(2);
                let part = |which: usize| whole.clone().narrow(2, which * n_slots, n_slots);
                Complex { re: part(0), im: (n_parts == 2).then(|| part(1)) }
            });
            carried = Some(goes_on);
            states.push(read);
        }
        let stacked = |part: fn(&Complex<3>) -> Option<Tensor<3>>| {
            let all: Vec<Tensor<3>> = states.iter().filter_map(part).collect();
            (!all.is_empty()).then(|| Tensor::stack(all, 1))
        };
        let re = stacked(|it| Some(it.re.clone())).expect("a prompt has positions");
        Complex { re, im: stacked(|it| it.im.clone()) }
    }

    /// All states in log₂(positions) passes; what a pass multiplies by is ā to a power of two.
    fn scan(&self, value: &Tensor<4>) -> Complex<4> {
        let mut states = self.written(value);
        let n_pos = states.re.dims()[1];
        let mut factor: Complex<4> = self.decay().map(Tensor::unsqueeze);
        let mut reach = 1;
        while reach < n_pos {
            let first = states.map(|it| it.narrow(1, 0, reach));
            let later = states.map(|it| it.narrow(1, reach, n_pos - reach));
            let earlier = states.map(|it| it.narrow(1, 0, n_pos - reach));
            let rest = later.plus(&earlier.times(&factor));
            let joined = |a: Tensor<4>, b: Tensor<4>| Tensor::cat(vec![a, b], 1);
            states = Complex {
                re: joined(first.re, rest.re),
                im: first.im.zip(rest.im).map(|(a, b)| joined(a, b)),
            };
            factor = factor.times(&factor);
            reach *= 2;
        }
        states
    }
}
