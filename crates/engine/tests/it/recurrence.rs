//! The forms of the recurrence give the same numbers, and its gradients are those of differences.

use burn::{module::Param, prelude::*};
use engine::model::{Decay, Recurrence};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::{close::sums, tiny::assert_close};

/// Some hundred values that are added up in another order, a position at a time or by chunks, or
/// that go through decays taken as logarithms: the logarithm of what is left of hundred positions is
/// a sum of hundred. Erasures take from a state or turn it, so that nothing is carried on enlarged.
const CLOSE: f32 = sums(100);

#[derive(Clone, Copy, Debug)]
enum Forgets {
    Nothing,
    ByHead,
    BySlot,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Erases {
    Nothing,
    /// What is found under the key, which has length one, times a β up to this.
    Key(f32),
    /// What is found in a direction of length one, from another not far from it.
    Own,
}

/// A random recurrence of two rows and three heads.
struct Case {
    n_pos: usize,
    d_value: usize,
    forgets: Forgets,
    erases: Erases,
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
        let unit = |it: Tensor<4>| it.clone() / it.powi_scalar(2).sum_dim(3).sqrt();
        let (write, read) = (slots(), slots());
        let write = if matches!(self.erases, Erases::Key(_)) { unit(write) } else { write };
        let value = Self::tensor(&mut rng, form(self.d_value), [-1.0, 1.0]);
        let decay = |rng: &mut _, width| Decay::Log(Self::tensor(rng, form(width), [-0.7, 0.0]));
        let decay = match self.forgets {
            Forgets::Nothing => None,
            Forgets::ByHead => Some(decay(&mut rng, 1)),
            Forgets::BySlot => Some(decay(&mut rng, N_SLOTS)),
        };
        let erase = match self.erases {
            Erases::Nothing => None,
            Erases::Key(most) => {
                let beta = Self::tensor(&mut rng, form(1), [0.0, most]);
                Some([write.clone(), write.clone() * beta])
            }
            Erases::Own => {
                let slots = |rng: &mut _, least| Self::tensor(rng, form(N_SLOTS), [least, 1.0]);
                let remove = unit(slots(&mut rng, -1.0));
                let rate = slots(&mut rng, 0.0);
                Some([remove.clone(), remove * rate + slots(&mut rng, -1.0) * 0.2])
            }
        };
        Recurrence { decay, value, write, erase, read }
    }
}

fn numbers<const D: usize>(of: Tensor<D>) -> Vec<f32> {
    of.into_data().try_to_vec().unwrap()
}

fn cases() -> impl Iterator<Item = Case> {
    let lengths = [1, 2, 7, 16, 33, 100];
    let forgets = [Forgets::Nothing, Forgets::ByHead, Forgets::BySlot];
    let erases = [Erases::Nothing, Erases::Key(1.0), Erases::Key(2.0), Erases::Own];
    lengths.into_iter().flat_map(move |n_pos| {
        forgets.into_iter().flat_map(move |forgets| {
            erases.into_iter().flat_map(move |erases| {
                [1, 4].map(|d_value| Case { n_pos, d_value, forgets, erases })
            })
        })
    })
}

#[test]
fn every_form_gives_the_same_numbers() {
    for case in cases() {
        let recurrence = case.draw();
        let what = format!(
            "{} positions, {} values, forgets {:?}, erases {:?}",
            case.n_pos, case.d_value, case.forgets, case.erases
        );
        let mut states = Vec::new();
        let y = numbers(recurrence.steps(|_, state| {
            states.push(state.clone());
            state
        }));
        assert_close(&format!("chunks, {what}"), &numbers(recurrence.chunks()), &y, CLOSE);
        assert_close(&format!("matrix, {what}"), &numbers(recurrence.mixed()), &y, CLOSE);
        assert_close(&format!("forward, {what}"), &numbers(recurrence.forward()), &y, CLOSE);
        if case.erases == Erases::Nothing {
            let all = recurrence.scan();
            let states: Tensor<5> = Tensor::stack(states, 1);
            assert_close(&format!("scan, {what}"), &numbers(all.clone()), &numbers(states), CLOSE);
            assert_close(&format!("read, {what}"), &numbers(recurrence.read_all(all)), &y, CLOSE);
        }
    }
}

#[test]
fn a_decay_may_be_nothing_or_change_the_sign() {
    for erases in [Erases::Nothing, Erases::Key(2.0), Erases::Own] {
        let case = Case { n_pos: 9, d_value: 4, forgets: Forgets::BySlot, erases };
        let mut recurrence = case.draw();
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let plain = Case::tensor(&mut rng, [2, 9, 3, N_SLOTS], [-1.0, 1.0]);
        let is_cut = plain.clone().abs().lower_elem(0.2);
        recurrence.decay = Some(Decay::Plain(plain.mask_fill(is_cut, 0.0)));
        let y = numbers(recurrence.steps(|_, state| state));
        assert_close("matrix", &numbers(recurrence.mixed()), &y, CLOSE);
        assert_close("forward", &numbers(recurrence.forward()), &y, CLOSE);
    }
}

#[test]
fn signs_of_decays_go_on_from_chunk_to_chunk() {
    for n_pos in [33, 100, 130] {
        for forgets in [Forgets::ByHead, Forgets::BySlot] {
            for erases in [Erases::Nothing, Erases::Key(2.0), Erases::Own] {
                let mut recurrence = Case { n_pos, d_value: 4, forgets, erases }.draw();
                let width = if matches!(forgets, Forgets::ByHead) { 1 } else { N_SLOTS };
                let mut rng = ChaCha8Rng::seed_from_u64(5);
                let form = [2, n_pos, 3, width];
                let size = Case::tensor(&mut rng, form, [0.8, 1.0]);
                let is_turned = Case::tensor(&mut rng, form, [-1.0, 1.0]).lower_elem(0.0);
                let plain = size.clone().mask_where(is_turned, -size);
                recurrence.decay = Some(Decay::Plain(plain));
                let y = numbers(recurrence.steps(|_, state| state));
                let what = format!("{n_pos} positions, {forgets:?}, {erases:?}");
                assert_close(&what, &numbers(recurrence.chunks()), &y, CLOSE);
                assert_close(&what, &numbers(recurrence.mixed()), &y, CLOSE);
            }
        }
    }
}

#[test]
fn the_matrix_sees_nothing_ahead_of_the_query() {
    let case = Case { n_pos: 7, d_value: 4, forgets: Forgets::BySlot, erases: Erases::Key(1.0) };
    for (place, weight) in numbers(case.draw().matrix()).into_iter().enumerate() {
        let (query, key) = (place / 7 % 7, place % 7);
        assert!(key <= query || weight == 0.0, "query {query} reads key {key}: {weight}");
    }
}

#[test]
fn a_state_that_is_changed_is_what_goes_on() {
    let case = Case { n_pos: 6, d_value: 4, forgets: Forgets::ByHead, erases: Erases::Key(1.0) };
    let recurrence = case.draw();
    let forget = |pos: usize, state: Tensor<4>| if pos == 2 { state * 0.0 } else { state };
    let after = recurrence.steps(forget).narrow(1, 3, 3);
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
    for (forgets, erases) in [
        (Forgets::ByHead, Erases::Nothing),
        (Forgets::BySlot, Erases::Nothing),
        (Forgets::ByHead, Erases::Key(2.0)),
        (Forgets::BySlot, Erases::Own),
    ] {
        let base = Case { n_pos: 40, d_value: 2, forgets, erases }.draw();
        let device = Device::flex().autodiff();
        let param =
            |of: Tensor<4>| Param::from_tensor(Tensor::<4>::from_data(of.into_data(), &device));
        let params: Vec<_> = parts(&base).into_iter().map(param).collect();
        let tracked = with_parts(params.iter().map(Param::val));
        let grads = tracked.chunks().powi_scalar(2).sum().backward();
        let loss = |of: &Recurrence| numbers(of.steps(|_, state| state).powi_scalar(2).sum())[0];
        for (which, param) in params.iter().enumerate() {
            let grad = numbers(param.val().grad(&grads).unwrap());
            // Along the gradient itself, so that the difference stands out of the roundings.
            let length = grad.iter().map(|it| it * it).sum::<f32>().sqrt();
            let width = 1e-2 / length;
            let along =
                Tensor::<4>::from_data(TensorData::new(grad, param.val().dims()), &Device::flex());
            let moved = |by: f32| {
                let mut parts = parts(&base);
                parts[which] = parts[which].clone() + along.clone() * by;
                loss(&with_parts(parts.into_iter()))
            };
            let found = (moved(width) - moved(-width)) / (2.0 * width);
            let what =
                format!("{forgets:?} {erases:?}, part {which}: {found} and {}", length * length);
            assert!((found / (length * length) - 1.0).abs() < DIFFERENCE, "{what}");
        }
    }
}

/// All that a recurrence is made of: the decay's logarithm, value, write, read, and what it erases.
fn parts(of: &Recurrence) -> Vec<Tensor<4>> {
    let Some(Decay::Log(log)) = &of.decay else { panic!("these forget") };
    let all = [log, &of.value, &of.write, &of.read].map(Clone::clone);
    all.into_iter().chain(of.erase.clone().into_iter().flatten()).collect()
}

fn with_parts(mut parts: impl Iterator<Item = Tensor<4>>) -> Recurrence {
    let mut next = || parts.next().unwrap();
    let (decay, value, write, read) = (Some(Decay::Log(next())), next(), next(), next());
    let erase = parts.next().map(|remove| [remove, parts.next().unwrap()]);
    Recurrence { decay, value, write, erase, read }
}
