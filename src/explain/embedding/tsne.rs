//! t-SNE (van der Maaten and Hinton 2008, "Visualizing Data using t-SNE"), exactly: all pairs are computed. It starts from the principal
//! components (Kobak and Berens 2019), so that there is nothing random in it.

use super::gram::{Gram, each};

/// Steps, of which the first ones exaggerate what attracts.
const STEPS: usize = 750;
const EXAGGERATED: usize = 250;
const EXAGGERATION: f64 = 12.0;
/// Deviation of the first component at the start.
const START: f64 = 1e-4;

/// Where each example is put, `[n, 2]`; `tell` hears how many of how many steps are done.
pub fn tsne(gram: &Gram, pca: &[[f64; 2]], perplexity: f64, tell: &dyn Fn(usize, usize)) -> Vec<[f64; 2]> {
    let n = gram.count();
    if n < 3 {
        return pca.to_vec();
    }
    let deviation = (pca.iter().map(|score| score[0] * score[0]).sum::<f64>() / n as f64).sqrt();
    if deviation == 0.0 {
        // all are the same
        return vec![[0.0; 2]; n];
    }
    let attraction = joint(gram, perplexity);
    let mut places: Vec<[f64; 2]> = pca.iter().map(|score| score.map(|value| value * START / deviation)).collect();
    let rate = (n as f64 / EXAGGERATION / 4.0).max(50.0) * 4.0;
    let (mut moves, mut gains) = (vec![[0.0; 2]; n], vec![[1.0_f64; 2]; n]);
    for step in 0..STEPS {
        let early = step < EXAGGERATED;
        let gradient = gradient(&places, &attraction, if early { EXAGGERATION } else { 1.0 });
        let momentum = if early { 0.5 } else { 0.8 };
        for i in 0..n {
            for k in 0..2 {
                // a gain grows while the direction stays (Jacobs 1988)
                let same = (gradient[i][k] > 0.0) == (moves[i][k] > 0.0);
                gains[i][k] = if same { (gains[i][k] * 0.8).max(0.01) } else { gains[i][k] + 0.2 };
                moves[i][k] = momentum * moves[i][k] - rate * gains[i][k] * gradient[i][k];
                places[i][k] += moves[i][k];
            }
        }
        for k in 0..2 {
            let mean = places.iter().map(|place| place[k]).sum::<f64>() / n as f64;
            places.iter_mut().for_each(|place| place[k] -= mean);
        }
        tell(step + 1, STEPS);
    }
    places
}

/// A quarter of the gradient of the divergence, `[n, 2]`.
fn gradient(places: &[[f64; 2]], attraction: &[f32], exaggeration: f64) -> Vec<[f64; 2]> {
    let n = places.len();
    let rows: Vec<([f64; 2], [f64; 2], f64)> = each(n, |i| {
        let [x, y] = places[i];
        let (mut pull, mut push, mut sum) = ([0.0; 2], [0.0; 2], 0.0);
        for (place, &p) in places.iter().zip(&attraction[i * n..][..n]) {
            let (dx, dy) = (x - place[0], y - place[1]);
            let near = 1.0 / (1.0 + dx * dx + dy * dy);
            let (p, q) = (f64::from(p) * near, near * near);
            pull[0] += p * dx;
            pull[1] += p * dy;
            push[0] += q * dx;
            push[1] += q * dy;
            sum += near;
        }
        // of itself it is 1 near
        (pull, push, sum - 1.0)
    });
    let all: f64 = rows.iter().map(|(_, _, sum)| sum).sum();
    let one = |(pull, push, _): ([f64; 2], [f64; 2], f64)| [0, 1].map(|k| exaggeration * pull[k] - push[k] / all);
    rows.into_iter().map(one).collect()
}

/// How much each pair attracts, `[n, n]`: symmetric, of sum 1.
fn joint(gram: &Gram, perplexity: f64) -> Vec<f32> {
    let n = gram.count();
    let rows: Vec<Vec<f64>> = each(n, |i| {
        let squared: Vec<f64> = (0..n).map(|j| gram.squared(i, j)).collect();
        conditional(&squared, i, perplexity)
    });
    (0..n * n).map(|k| ((rows[k / n][k % n] + rows[k % n][k / n]) / (2.0 * n as f64)) as f32).collect()
}

/// The probability that an example takes each other one for its neighbour, from squared distances; the width of its kernel is
/// searched for so that the entropy is the logarithm of the perplexity.
fn conditional(squared: &[f64], own: usize, perplexity: f64) -> Vec<f64> {
    let others = || squared.iter().enumerate().filter(|(j, _)| *j != own).map(|(_, &d)| d);
    let least = others().fold(f64::INFINITY, f64::min);
    let mean = others().sum::<f64>() / (squared.len() - 1) as f64;
    let (mut low, mut high, mut beta) = (0.0, f64::INFINITY, 1.0 / mean.max(f64::MIN_POSITIVE));
    for _ in 0..100 {
        let (mut sum, mut weighted) = (0.0, 0.0);
        for distance in others() {
            let p = (-beta * (distance - least)).exp();
            sum += p;
            weighted += p * (distance - least);
        }
        let entropy = sum.ln() + beta * weighted / sum;
        if (entropy - perplexity.ln()).abs() < 1e-6 {
            break;
        }
        if entropy > perplexity.ln() {
            low = beta;
            beta = if high.is_finite() { f64::midpoint(low, high) } else { beta * 2.0 };
        } else {
            high = beta;
            beta = f64::midpoint(low, high);
        }
    }
    let raw = |(j, distance): (usize, &f64)| if j == own { 0.0 } else { (-beta * (distance - least)).exp() };
    let row: Vec<f64> = squared.iter().enumerate().map(raw).collect();
    let sum: f64 = row.iter().sum();
    row.into_iter().map(|p| p / sum).collect()
}
