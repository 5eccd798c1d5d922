//! The matrices of Winograd's short convolutions, from the points that polynomials are evaluated at.

/// A short convolution F(m, r): `m` outputs of a filter of `r` taps in `m + r - 1` multiplications, `Aᵀ[(G g) ∘ (Bᵀ d)]`
/// (Lavin and Gray 2016). Its transposes give the gradients.
///
/// The points are finite ones and infinity. Rounding grows with what stands in the matrices, least with points in pairs of
/// both signs and of reciprocals (Barabasz et al. 2020): see `points_keep_the_error_small`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Short {
    /// Outputs of a tile, m.
    pub outputs: usize,
    /// Taps of the filter, r.
    pub taps: usize,
    /// Products that one frequency may sum: deeper sums are not sure to stay within the tolerance of `conv2d`.
    pub deepest: usize,
    points: &'static [f64],
}

/// The short convolutions that products may use, for a filter of three taps.
pub(super) const SHORT: [Short; 2] = [
    Short { outputs: 4, taps: 3, deepest: 768, points: &[0.0, 2.0 / 3.0, -2.0 / 3.0, 1.5, -1.5] },
    Short { outputs: 3, taps: 3, deepest: 384, points: &[0.0, 1.0, -1.0, 0.5] },
];

/// A small constant matrix, in rows.
#[derive(Clone, Debug)]
pub(super) struct Matrix(Vec<Vec<f64>>);

impl Matrix {
    pub fn rows(&self) -> usize {
        self.0.len()
    }

    pub fn columns(&self) -> usize {
        self.0[0].len()
    }

    pub fn transposed(&self) -> Matrix {
        Matrix((0..self.columns()).map(|column| self.0.iter().map(|row| row[column]).collect()).collect())
    }

    /// Each row as a sum in WGSL of the variables `@0`, `@1` and so on; nothing is left of a coefficient of 0 or 1.
    pub fn terms(&self) -> Vec<String> {
        let term = |(i, &c): (usize, &f64)| match c {
            0.0 => None,
            1.0 => Some(format!("@{i}")),
            _ => Some(format!("{:?} * @{i}", c as f32)),
        };
        self.0.iter().map(|row| row.iter().enumerate().filter_map(term).collect::<Vec<_>>().join(" + ")).collect()
    }
}

impl Short {
    /// Multiplications, and pixels that a tile reads.
    pub fn frequencies(&self) -> usize {
        self.points.len() + 1
    }

    /// `Bᵀ [frequencies][frequencies]`, of pixels. A row holds the coefficients of the product of all (x - p) but its own.
    pub fn pixels(&self) -> Matrix {
        let factors = |but: Option<usize>| {
            let kept = self.points.iter().enumerate().filter(move |(i, _)| Some(*i) != but).map(|(_, p)| *p);
            kept.fold(vec![1.0], |polynomial, p| {
                let mut product = vec![0.0; polynomial.len() + 1];
                for (i, c) in polynomial.iter().enumerate() {
                    product[i] -= p * c;
                    product[i + 1] += c;
                }
                product
            })
        };
        let rows = (0..self.points.len()).map(Some).chain([None]).map(factors);
        let padded = rows.map(|mut row| {
            row.resize(self.frequencies(), 0.0);
            row
        });
        Matrix(padded.collect())
    }

    /// `G [frequencies][taps]`, of filters.
    pub fn filters(&self) -> Matrix {
        let scale = |i: usize| {
            let others = self.points.iter().enumerate().filter(|(j, _)| *j != i);
            others.map(|(_, p)| self.points[i] - p).product::<f64>()
        };
        self.powers(self.taps, |i, power| power / scale(i))
    }

    /// `A [frequencies][outputs]`, whose transpose is of outputs.
    pub fn outputs(&self) -> Matrix {
        self.powers(self.outputs, |_, power| power)
    }

    /// What adds up the frequencies of an output's gradient, `A dy`, to the sum of its pixels: its polynomial at 1.
    pub fn sum(&self) -> Matrix {
        let weight = |(i, p): (usize, &f64)| {
            let others = self.points.iter().enumerate().filter(|(j, _)| *j != i);
            others.map(|(_, q)| (1.0 - q) / (p - q)).product::<f64>()
        };
        Matrix(vec![self.points.iter().enumerate().map(weight).chain([0.0]).collect()])
    }

    /// Powers of the points, the highest alone at infinity.
    fn powers(&self, count: usize, scaled: impl Fn(usize, f64) -> f64) -> Matrix {
        let finite = self.points.iter().enumerate();
        let finite = finite.map(|(i, p)| (0..count).map(|power| scaled(i, p.powi(power as i32))).collect());
        let infinite = (0..count).map(|power| f64::from(u8::from(power + 1 == count))).collect();
        Matrix(finite.chain([infinite]).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(matrix: &Matrix, values: &[f64]) -> Vec<f64> {
        matrix.0.iter().map(|row| row.iter().zip(values).map(|(a, b)| a * b).sum()).collect()
    }

    #[test]
    fn a_short_convolution_is_the_convolution() {
        for short in SHORT {
            let pixels: Vec<f64> = (0..short.frequencies()).map(|i| ((7 * i + 3) % 5) as f64 - 1.5).collect();
            let filter: Vec<f64> = (0..short.taps).map(|i| ((5 * i + 2) % 7) as f64 - 2.5).collect();
            let [v, u] = [apply(&short.pixels(), &pixels), apply(&short.filters(), &filter)];
            let products: Vec<f64> = v.iter().zip(u).map(|(v, u)| v * u).collect();
            let outputs = apply(&short.outputs().transposed(), &products);
            for (i, output) in outputs.iter().enumerate() {
                let want: f64 = filter.iter().enumerate().map(|(k, w)| w * pixels[i + k]).sum();
                assert!((output - want).abs() < 1e-12, "{short:?}: output {i} is {output}, not {want}");
            }
            let dy = &pixels[..short.outputs];
            let [sum] = apply(&short.sum(), &apply(&short.outputs(), dy))[..] else { panic!("one sum") };
            assert!((sum - dy.iter().sum::<f64>()).abs() < 1e-12, "{short:?}: {sum}");
        }
    }
}
