//! Layer, group and batch normalisation: x̂ = (x − mean) / √(variance + ε), then γ x̂ + β.

use super::elementwise::{sigmoid, silu_derivative};
use super::linear::Activation;
use crate::tensor::{Element, Tensor, Var, contiguous, parallel};
use rayon::prelude::*;

/// What keeps a variance of zero from dividing by zero; the usual value of all three papers' implementations.
const EPSILON: f64 = 1e-5;

impl<'t, E: Element> Var<'t, E> {
    /// Mean and variance over the last axis (Ba, Kiros & Hinton 2016, arXiv:1607.06450): x `[.., n]`, γ and β `[n]`.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn layer_norm(self, gamma: Self, beta: Self) -> Self {
        let (x, scale, shift) = (self.ordered(), gamma.ordered(), beta.ordered());
        let width = *x.shape().last().expect("a last axis");
        assert_eq!((scale.shape(), shift.shape()), (&[width][..], &[width][..]), "γ and β of {width} numbers");
        let rows = x.len() / width.max(1);
        let mut y = Tensor::unset(x.raw_dim());
        let mut moments = E::pool().take(2 * rows); // mean and 1/√(variance + ε) of each row
        let (values, gammas, betas) = (x.values(), scale.values(), shift.values());
        parallel::each_row2(
            width,
            (y.values_mut(), width),
            (&mut moments, 2),
            #[inline(always)]
            |row, out, moments| {
                let x = &values[row * width..(row + 1) * width];
                let share = E::one() / E::of(width as f64);
                let mean = parallel::dot_with(x, x, |x, _| x) * share;
                let variance = parallel::dot_with(x, x, |x, _| (x - mean) * (x - mean)) * share;
                let rate = E::one() / (variance + E::of(EPSILON)).sqrt();
                (moments[0], moments[1]) = (mean, rate);
                let places = out.iter_mut().zip(x).zip(gammas).zip(betas);
                for (((y, &x), &gamma), &beta) in places {
                    *y = gamma * ((x - mean) * rate) + beta;
                }
            },
        );
        let indices = [self.index(), gamma.index(), beta.index()];
        self.tape().record(y, &[self, gamma, beta], move |gradient, gradients| {
            let [x_index, gamma_index, beta_index] = indices;
            let (x, scale) = (gradients.value(x_index), gradients.value(gamma_index));
            let mut back = contiguous(&gradient);
            drop(gradient);
            let (values, gammas) = (x.values(), scale.values());
            // The sums for γ and β, a few rows at a time, then the gradient of x over that of y.
            let at_a_time = 4 * parallel::rows_a_piece(width);
            let parts = rows.div_ceil(at_a_time).max(1);
            let mut sums = E::pool().filled(parts * 2 * width, E::zero());
            let part = |(part, (back, sums)): (usize, (&mut [E], &mut [E]))| {
                let (for_gamma, for_beta) = sums.split_at_mut(width);
                parallel::vectorised(
                    #[inline(always)]
                    || {
                        for (row, g) in back.chunks_exact_mut(width).enumerate() {
                            let row = part * at_a_time + row;
                            let x = &values[row * width..(row + 1) * width];
                            let (mean, rate) = (moments[2 * row], moments[2 * row + 1]);
                            let sums = for_gamma.iter_mut().zip(for_beta.iter_mut());
                            for (((gamma, beta), &g), &x) in sums.zip(g.iter()).zip(x) {
                                *gamma += g * ((x - mean) * rate);
                                *beta += g;
                            }
                            for (g, &gamma) in g.iter_mut().zip(gammas) {
                                *g *= gamma;
                            }
                            let share = E::one() / E::of(width as f64);
                            let direct = parallel::dot_with(g, g, |g, _| g) * share;
                            let along = parallel::dot_with(g, x, |g, x| g * ((x - mean) * rate)) * share;
                            let places = g.iter_mut().zip(x);
                            for (g, &x) in places {
                                *g = rate * (*g - direct - ((x - mean) * rate) * along);
                            }
                        }
                    },
                );
            };
            if rows > 0 && width > 0 {
                let backs = back.values_mut().par_chunks_mut(at_a_time * width);
                backs.zip(sums.par_chunks_exact_mut(2 * width)).enumerate().for_each(part);
                for sums in sums.chunks_exact(2 * width) {
                    let (for_gamma, for_beta) = sums.split_at(width);
                    gradients.accumulate(gamma_index, |all| parallel::update_with(all, for_gamma, |a, b| a + b));
                    gradients.accumulate(beta_index, |all| parallel::update_with(all, for_beta, |a, b| a + b));
                }
            }
            E::pool().give(sums);
            E::pool().give(moments);
            gradients.add(x_index, back);
        })
    }

    /// Mean and variance over the places and the channels of each group of one picture (Wu & He 2018, arXiv:1803.08494):
    /// x `[n, .., c]`, γ and β `[c]`, channels in `groups` of equal size. SiLU, which follows it in most networks, is one
    /// operation with it, so that what lies between is not kept.
    ///
    /// # Panics
    /// If the shapes do not fit or the groups do not divide the channels.
    pub fn group_norm(self, groups: usize, gamma: Self, beta: Self, activation: Activation) -> Self {
        let with_silu = match activation {
            Activation::Identity => false,
            Activation::Silu => true,
            other => return self.group_norm(groups, gamma, beta, Activation::Identity).activate(other),
        };
        let (x, scale, shift) = (self.ordered(), gamma.ordered(), beta.ordered());
        let (n, c) = (x.shape()[0], *x.shape().last().expect("channels"));
        assert!(groups > 0 && c.is_multiple_of(groups), "{groups} groups of equal size of {c} channels");
        assert_eq!((scale.shape(), shift.shape()), (&[c][..], &[c][..]), "γ and β of {c} numbers");
        let picture = x.len() / n.max(1);
        let layout = Groups { channels: c, size: c / groups, places: picture / c.max(1) };
        let mut y = Tensor::unset(x.raw_dim());
        let mut moments = E::pool().take(n * 2 * c); // mean and 1/√(variance + ε) of each channel's group
        let (values, gammas, betas) = (x.values(), scale.values(), shift.values());
        parallel::each_row2(
            picture,
            (y.values_mut(), picture),
            (&mut moments, 2 * c),
            #[inline(always)]
            |index, out, moments| {
                let x = &values[index * picture..(index + 1) * picture];
                layout.moments(x, moments);
                let (means, rates) = moments.split_at(c);
                for (out, x) in out.chunks_exact_mut(c).zip(x.chunks_exact(c)) {
                    let places = out.iter_mut().zip(x).zip(means.iter().zip(rates)).zip(gammas.iter().zip(betas));
                    for (((y, &x), (&mean, &rate)), (&gamma, &beta)) in places {
                        *y = gamma * ((x - mean) * rate) + beta;
                    }
                    if with_silu {
                        for y in out {
                            *y *= sigmoid(*y);
                        }
                    }
                }
            },
        );
        let indices = [self.index(), gamma.index(), beta.index()];
        self.tape().record(y, &[self, gamma, beta], move |gradient, gradients| {
            let [x_index, gamma_index, beta_index] = indices;
            let (x, scale, shift) =
                (gradients.value(x_index), gradients.value(gamma_index), gradients.value(beta_index));
            let mut back = contiguous(&gradient);
            drop(gradient);
            let (values, gammas, betas) = (x.values(), scale.values(), shift.values());
            // For each picture and channel: the sums for γ and β, and what the group's means take away.
            let mut sums = E::pool().filled(n * 4 * c, E::zero());
            parallel::each_row2(
                picture,
                (back.values_mut(), picture),
                (&mut sums, 4 * c),
                #[inline(always)]
                |index, g, sums| {
                    let x = &values[index * picture..(index + 1) * picture];
                    let (means, rates) = moments[index * 2 * c..(index + 1) * 2 * c].split_at(c);
                    let (sums, taken) = sums.split_at_mut(2 * c);
                    let (for_gamma, for_beta) = sums.split_at_mut(c);
                    for (g, x) in g.chunks_exact_mut(c).zip(x.chunks_exact(c)) {
                        if with_silu {
                            let places = g.iter_mut().zip(x).zip(means.iter().zip(rates)).zip(gammas.iter().zip(betas));
                            for (((g, &x), (&mean, &rate)), (&gamma, &beta)) in places {
                                *g *= silu_derivative(gamma * ((x - mean) * rate) + beta);
                            }
                        }
                        let places = for_gamma.iter_mut().zip(for_beta.iter_mut()).zip(g.iter().zip(x));
                        for (((gamma, beta), (&g, &x)), (&mean, &rate)) in places.zip(means.iter().zip(rates)) {
                            *gamma += g * ((x - mean) * rate);
                            *beta += g;
                        }
                    }
                    let (along, direct) = taken.split_at_mut(c);
                    layout.share(for_gamma, gammas, along);
                    layout.share(for_beta, gammas, direct);
                    // ∂x = rate (γ g − mean of γ g − x̂ · mean of γ g x̂), the means over the group.
                    for (g, x) in g.chunks_exact_mut(c).zip(x.chunks_exact(c)) {
                        let places = g.iter_mut().zip(x).zip(means.iter().zip(rates));
                        let places = places.zip(gammas).zip(along.iter().zip(direct.iter()));
                        for ((((g, &x), (&mean, &rate)), &gamma), (&along, &direct)) in places {
                            *g = rate * (gamma * *g - direct - ((x - mean) * rate) * along);
                        }
                    }
                },
            );
            for sums in sums.chunks_exact((4 * c).max(1)) {
                gradients.accumulate(gamma_index, |all| parallel::update_with(all, &sums[..c], |a, b| a + b));
                gradients.accumulate(beta_index, |all| parallel::update_with(all, &sums[c..2 * c], |a, b| a + b));
            }
            E::pool().give(sums);
            E::pool().give(moments);
            gradients.add(x_index, back);
        })
    }

    /// Mean and variance of each channel over one picture: [group normalisation](Self::group_norm) of one channel a group
    /// (Ulyanov, Vedaldi & Lempitsky 2016, arXiv:1607.08022).
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn instance_norm(self, gamma: Self, beta: Self) -> Self {
        let channels = *self.value().shape().last().expect("channels");
        self.group_norm(channels, gamma, beta, Activation::Identity)
    }

    /// Mean and variance of each channel over the whole batch, as while training (Ioffe & Szegedy 2015,
    /// arXiv:1502.03167): x `[.., c]`, γ and β `[c]`. Whoever answers with running averages instead computes
    /// γ (x − mean) / √(variance + ε) + β.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn batch_norm(self, gamma: Self, beta: Self) -> Self {
        let shape = self.value().raw_dim();
        let channels = *self.value().shape().last().expect("channels");
        let rows = self.value().len() / channels.max(1);
        self.reshape([1, rows, channels]).group_norm(channels, gamma, beta, Activation::Identity).reshape(shape)
    }
}

/// How the channels of a picture `[places, channels]` fall into groups.
#[derive(Clone, Copy)]
struct Groups {
    channels: usize,
    size: usize,
    places: usize,
}

impl Groups {
    /// For each channel the mean and 1/√(variance + ε) of its group: `[2, channels]`.
    #[inline(always)]
    fn moments<E: Element>(&self, x: &[E], out: &mut [E]) {
        let (means, rates) = out.split_at_mut(self.channels);
        means.fill(E::zero());
        for x in x.chunks_exact(self.channels) {
            for (sum, &x) in means.iter_mut().zip(x) {
                *sum += x;
            }
        }
        self.spread_means(means);
        rates.fill(E::zero());
        for x in x.chunks_exact(self.channels) {
            let places = rates.iter_mut().zip(x).zip(means.iter());
            for ((sum, &x), &mean) in places {
                *sum += (x - mean) * (x - mean);
            }
        }
        self.spread_means(rates);
        for variance in rates.iter_mut() {
            *variance = E::one() / (*variance + E::of(EPSILON)).sqrt();
        }
    }

    /// From the sums of channels to the means of their groups.
    #[inline(always)]
    fn spread_means<E: Element>(&self, sums: &mut [E]) {
        let share = E::one() / E::of((self.size * self.places) as f64);
        for group in sums.chunks_exact_mut(self.size) {
            let mean = group.iter().copied().fold(E::zero(), |sum, x| sum + x) * share;
            group.fill(mean);
        }
    }

    /// For each channel the mean over its group of γ times what `sums` sums.
    #[inline(always)]
    fn share<E: Element>(&self, sums: &[E], gammas: &[E], out: &mut [E]) {
        for ((out, &sum), &gamma) in out.iter_mut().zip(sums).zip(gammas) {
            *out = gamma * sum;
        }
        self.spread_means(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::gradient_check::check;
    use crate::tensor::{Tape, tensor};

    #[test]
    fn normalisations_have_right_gradients() {
        for shape in [&[3, 4][..], &[2, 2, 4], &[1, 4], &[0, 4]] {
            check("layer", &[shape, &[4], &[4]], |_, x| x[0].layer_norm(x[1], x[2]));
        }
        check("layer of one element", &[&[2, 1], &[1], &[1]], |_, x| x[0].layer_norm(x[1], x[2]));
        check("many rows", &[&[70, 33], &[33], &[33]], |_, x| x[0].layer_norm(x[1], x[2]));
        for shape in [&[2, 3, 2, 6][..], &[1, 2, 6], &[0, 2, 6]] {
            check("group", &[shape, &[6], &[6]], |_, x| x[0].group_norm(2, x[1], x[2], Activation::Identity));
            check("group and silu", &[shape, &[6], &[6]], |_, x| x[0].group_norm(2, x[1], x[2], Activation::Silu));
            check("group and tanh", &[shape, &[6], &[6]], |_, x| x[0].group_norm(2, x[1], x[2], Activation::Tanh));
            check("instance", &[shape, &[6], &[6]], |_, x| x[0].instance_norm(x[1], x[2]));
        }
        for shape in [&[5, 3][..], &[2, 2, 3], &[0, 3]] {
            check("batch", &[shape, &[3], &[3]], |_, x| x[0].batch_norm(x[1], x[2]));
        }
    }

    #[test]
    fn what_is_normalised_has_mean_0_and_variance_1() {
        let tape = Tape::without_gradients();
        let x = tape.constant(tensor([2, 3, 4], (0..24).map(|i| f64::from(i * i % 17)).collect()));
        let (one, zero) = (tape.constant(Tensor::filled([4], 1.0)), tape.constant(Tensor::filled([4], 0.0)));
        let moments = |values: &[f64]| {
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            (mean, values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / values.len() as f64)
        };
        let is_normal = |values: &[f64]| {
            let (mean, variance) = moments(values);
            assert!(mean.abs() < 1e-12 && (variance - 1.0).abs() < 1e-4, "{mean}, {variance}");
        };
        x.layer_norm(one, zero).value().values().chunks(4).for_each(is_normal);
        let grouped = x.group_norm(2, one, zero, Activation::Identity).value();
        for picture in grouped.values().chunks(12) {
            is_normal(&picture.chunks(4).flat_map(|c| c[..2].to_vec()).collect::<Vec<_>>());
            is_normal(&picture.chunks(4).flat_map(|c| c[2..].to_vec()).collect::<Vec<_>>());
        }
        let batch = x.batch_norm(one, zero).value();
        for channel in 0..4 {
            is_normal(&batch.values().chunks(4).map(|c| c[channel]).collect::<Vec<_>>());
        }
    }
}
