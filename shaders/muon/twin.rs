//! Muon in f64, as `torch.optim.Muon` writes it: on `[c_out, rest]`, transposed where that is taller than wide.

use super::Muon;
use crate::optimizer::View;
use crate::{Array, Step};

/// A matrix, row after row.
#[derive(Clone)]
struct Matrix {
    rows: usize,
    columns: usize,
    data: Vec<f64>,
}

impl Matrix {
    fn transposed(&self) -> Matrix {
        let at = |e: usize| self.data[e % self.rows * self.columns + e / self.rows];
        Matrix { rows: self.columns, columns: self.rows, data: (0..self.data.len()).map(at).collect() }
    }

    fn times(&self, other: &Matrix) -> Matrix {
        let cell = |i: usize, j: usize| {
            let terms = (0..self.columns).map(|k| self.data[i * self.columns + k] * other.data[k * other.columns + j]);
            terms.sum::<f64>()
        };
        let (rows, columns) = (self.rows, other.columns);
        Matrix { rows, columns, data: (0..rows * columns).map(|e| cell(e / columns, e % columns)).collect() }
    }

    /// `self · a + other · b`.
    fn blend(&self, a: f64, other: &Matrix, b: f64) -> Matrix {
        let data = self.data.iter().zip(&other.data).map(|(x, y)| a * x + b * y).collect();
        Matrix { data, ..*self }
    }
}

fn orthogonal(update: &Matrix) -> Matrix {
    let tall = update.rows > update.columns;
    let mut x = if tall { update.transposed() } else { update.clone() };
    let norm = x.data.iter().map(|v| v * v).sum::<f64>().sqrt().max(1e-7);
    x.data.iter_mut().for_each(|v| *v /= norm);
    for _ in 0..5 {
        let gram = x.times(&x.transposed());
        let update = gram.blend(-4.7750, &gram.times(&gram), 2.0315);
        x = x.blend(3.4445, &update.times(&x), 1.0);
    }
    if tall { x.transposed() } else { x }
}

pub(super) fn update(muon: &Muon, view: &View, step: &Step) -> Vec<Array> {
    let Some(g) = view.gradient() else { return view.unchanged() };
    let [momentum, decay] = [muon.momentum, muon.weight_decay * muon.factors.decay].map(f64::from);
    let m = view.state(0).zip(&g, |m, g| momentum * m + (1.0 - momentum) * g);
    let update = if muon.nesterov { g.zip(&m, |g, m| (1.0 - momentum) * g + momentum * m) } else { m.clone() };
    let columns = *g.shape.sizes().last().expect("a tensor has an axis");
    let filters = Matrix { rows: g.data.len() / columns, columns, data: update.data }.transposed();
    let ratio = (filters.rows as f64 / filters.columns as f64).max(1.0).sqrt();
    let direction = Array::new(g.shape.clone(), orthogonal(&filters).transposed().data);
    let lr = f64::from(step.learning_rate) * f64::from(muon.factors.rate);
    let p = view.parameter().zip(&direction, |p, x| p * (1.0 - lr * decay) - lr * ratio * x);
    view.outputs(p, vec![m])
}
