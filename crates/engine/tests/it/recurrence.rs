//! The forms of the recurrence give the same numbers, and its gradients are those of differences.

use burn::{module::Param, prelude::*};
use engine::model::{Decay, Recurrence};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::tiny::assert_close;

/// Sums of some hundred values in another order, through decays taken as logarithms.
const CLOSE: f32 = 1e-5;

#[derive(Clone, Copy, Debug)]
enum Forgets {
    Nothing,
    ByHead,
    BySlot,
}

/// A random recurrence of two rows and three heads; keys have length one where something is erased.
struct Case {
    n_pos: usize,
    d_value: usize,
    forgets: Forgets,
    /// Largest β, where the delta rule holds.
    beta: Option<f32>,
}

const N_SLOTS: usize = 5;

impl Case {
    fn tensor(rng: &mut ChaCha8Rng, dims: [usize; 4], range: [f32; 2]) -> Tensor<4> {
        let count = dims.iter().product();
        let values: Vec<f32> = (0..count).map(|_| rng.random_range(range[0]..range[1])).collect();
        Tensor::from_data(TensorData::new(values, dims), &Device::flex())
    }

    fn draw(&self) -> Recurrence {
        let mut rng = ChaCha8Rng::seed_from_u64(self.n_pos as u64);
        let form = |width: usize| [2, self.n_pos, 3, width];
        let mut slots = || Self::tensor(&mut rng, form(N_SLOTS), [-1.0, 1.0]);
        let (write, read) = (slots(), slots());
        let write = match self.beta {
            Some(_) => write.clone() / write.powi_scalar(2).sum_dim(3).sqrt(),
            None => write,
        };
        let value = Self::tensor(&mut rng, form(self.d_value), [-1.0, 1.0]);
        let decay = |rng: &mut _, width| Decay::Log(Self::tensor(rng, form(width), [-0.7, 0.0]));
        let decay = match self.forgets {
            Forgets::Nothing => None,
            Forgets::ByHead => Some(decay(&mut rng, 1)),
            Forgets::BySlot => Some(decay(&mut rng, N_SLOTS)),
        };
        let erase = self.beta.map(|most| {
            let beta = Self::tensor(&mut rng, form(1), [0.0, most]);
            [write.clone(), write.clone() * beta]
        });
        Recurrence { decay, value, write, erase, read }
    }
}

fn numbers<const D: usize>(of: Tensor<D>) -> Vec<f32> {
    of.into_data().try_to_vec().unwrap()
}

fn cases() -> impl Iterator<Item = Case> {
    let lengths = [1, 2, 7, 16, 33, 100];
    let forgets = [Forgets::Nothing, Forgets::ByHead, Forgets::BySlot];
    let betas = [None, Some(1.0), Some(2.0)];
    lengths.into_iter().flat_map(move |n_pos| {
        forgets.into_iter().flat_map(move |forgets| {
            betas
                .into_iter()
                .flat_map(move |beta| [1, 4].map(|d_value| Case { n_pos, d_value, forgets, beta }))
        })
    })
}

#[test]
fn every_form_gives_the_same_numbers() {
    for case in cases() {
        let recurrence = case.draw();
        let what = format!(
            "{} positions, {} values, {:?}, β to {:?}",
            case.n_pos, case.d_value, case.forgets, case.beta
        );
        let (y, states) = recurrence.steps(|_, state| state);
        let y = numbers(y);
        assert_close(&format!("chunks, {what}"), &numbers(recurrence.chunks()), &y, CLOSE);
        assert_close(&format!("matrix, {what}"), &numbers(recurrence.mixed()), &y, CLOSE);
        assert_close(&format!("forward, {what}"), &numbers(recurrence.forward()), &y, CLOSE);
        if case.beta.is_none() {
            let all = recurrence.scan();
            let states: Tensor<5> = Tensor::stack(states, 1);
            assert_close(&format!("scan, {what}"), &numbers(all.clone()), &numbers(states), CLOSE);
            assert_close(&format!("read, {what}"), &numbers(recurrence.read_all(all)), &y, CLOSE);
        }
    }
}

#[test]
fn a_decay_may_be_nothing_or_change_the_sign() {
    for beta in [None, Some(2.0)] {
        let case = Case { n_pos: 9, d_value: 4, forgets: Forgets::BySlot, beta };
        let mut recurrence = case.draw();
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let plain = Case::tensor(&mut rng, [2, 9, 3, N_SLOTS], [-1.0, 1.0]);
        let is_cut = plain.clone().abs().lower_elem(0.2);
        recurrence.decay = Some(Decay::Plain(plain.mask_fill(is_cut, 0.0)));
        let y = numbers(recurrence.steps(|_, state| state).0);
        assert_close("matrix", &numbers(recurrence.mixed()), &y, CLOSE);
        assert_close("forward", &numbers(recurrence.forward()), &y, CLOSE);
    }
}

#[test]
fn the_matrix_sees_nothing_ahead_of_the_query() {
    let case = Case { n_pos: 7, d_value: 4, forgets: Forgets::BySlot, beta: Some(1.0) };
    for (place, weight) in numbers(case.draw().matrix()).into_iter().enumerate() {
        let (query, key) = (place / 7 % 7, place % 7);
        assert!(key <= query || weight == 0.0, "query {query} reads key {key}: {weight}");
    }
}

#[test]
fn a_state_that_is_changed_is_what_goes_on() {
    let case = Case { n_pos: 6, d_value: 4, forgets: Forgets::ByHead, beta: Some(1.0) };
    let recurrence = case.draw();
    let forget = |pos: usize, state: Tensor<4>| if pos == 2 { state * 0.0 } else { state };
    let after = recurrence.steps(forget).0.narrow(1, 3, 3);
    let rest = |of: &Tensor<4>| of.clone().narrow(1, 3, 3);
    let alone = Recurrence {
        decay: match &recurrence.decay {
            Some(Decay::Log(it)) => Some(Decay::Log(rest(it))),
            _ => None,
        },
        value: rest(&recurrence.value),
        write: rest(&recurrence.write),
        erase: recurrence.erase.as_ref().map(|both| both.each_ref().map(rest)),
        read: rest(&recurrence.read),
    };
    assert_close("after", &numbers(after), &numbers(alone.chunks()), CLOSE);
}

/// Central differences of a sum of some hundred products in single precision: the third derivative
/// and the roundings are both below a hundredth of the gradient.
const DIFFERENCE: f32 = 1e-2;

#[test]
fn gradients_are_those_of_differences() {
    for (forgets, beta) in
        [(Forgets::ByHead, None), (Forgets::BySlot, None), (Forgets::ByHead, Some(2.0))]
    {
        let case = Case { n_pos: 40, d_value: 2, forgets, beta };
        let base = case.draw();
        let device = Device::flex().autodiff();
        let param = |of: &Tensor<4>| {
            let data = of.clone().into_data();
            Param::from_tensor(Tensor::<4>::from_data(data, &device))
        };
        let log = |of: &Recurrence| match &of.decay {
            Some(Decay::Log(it)) => it.clone(),
            _ => panic!("these forget"),
        };
        let params = [&log(&base), &base.value, &base.write, &base.read].map(param);
        let [decay, value, write, read] = params.each_ref().map(Param::val);
        let on_device = |of: &Tensor<4>| Tensor::<4>::from_data(of.clone().into_data(), &device);
        let erase = base.erase.as_ref().map(|both| both.each_ref().map(on_device));
        let tracked = Recurrence { decay: Some(Decay::Log(decay)), value, write, read, erase };
        let grads = tracked.chunks().powi_scalar(2).sum().backward();
        let loss = |of: &Recurrence| numbers(of.steps(|_, state| state).0.powi_scalar(2).sum())[0];
        for (which, param) in params.iter().enumerate() {
            let grad = numbers(param.val().grad(&grads).unwrap());
            // Along the gradient itself, so that the difference stands out of the roundings.
            let length = grad.iter().map(|it| it * it).sum::<f32>().sqrt();
            let width = 1e-2 / length;
            let along =
                Tensor::<4>::from_data(TensorData::new(grad, param.val().dims()), &Device::flex());
            let moved = |by: f32| {
                let mut it = base.clone();
                let step = along.clone() * by;
                match which {
                    0 => it.decay = Some(Decay::Log(log(&base) + step)),
                    1 => it.value = it.value + step,
                    2 => it.write = it.write + step,
                    _ => it.read = it.read + step,
                }
                loss(&it)
            };
            let found = (moved(width) - moved(-width)) / (2.0 * width);
            let what =
                format!("{forgets:?} {beta:?}, part {which}: {found} and {}", length * length);
            assert!((found / (length * length) - 1.0).abs() < DIFFERENCE, "{what}");
        }
    }
}
