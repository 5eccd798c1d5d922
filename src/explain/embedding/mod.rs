//! Features on a plane: principal components, and t-SNE.

mod gram;
mod pca;
mod tsne;

use gram::Gram;

/// Examples on a plane, two ways.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedding {
    /// First and second principal component of each example.
    pub pca: Vec<[f64; 2]>,
    /// Shares of the features' variance that these two have.
    pub explained: [f64; 2],
    /// Where t-SNE puts each example.
    pub tsne: Vec<[f64; 2]>,
    /// The perplexity that it was computed with: about how many neighbours count.
    pub perplexity: f64,
}

/// The perplexity of t-SNE where there are enough examples.
const PERPLEXITY: f64 = 30.0;

/// Puts examples with features `[n, length]` on a plane. Takes time and memory that grow with n².
///
/// # Panics
/// If there are not as many features as a whole number of examples has.
pub fn embedding(features: &[f32], length: usize) -> Embedding {
    embedding_told(features, length, &|_, _| {})
}

/// [`embedding`], and `tell` hears how many of how many steps of t-SNE are done.
///
/// # Panics
/// As [`embedding`].
pub fn embedding_told(features: &[f32], length: usize, tell: &dyn Fn(usize, usize)) -> Embedding {
    assert!(length > 0 && features.len().is_multiple_of(length), "rows of as many features");
    let gram = Gram::of(features, length);
    let (pca, explained) = pca::components(&gram);
    // fewer examples have fewer neighbours
    let perplexity = PERPLEXITY.min((gram.count() as f64 - 1.0) / 3.0).max(1.0);
    let tsne = tsne::tsne(&gram, &pca, perplexity, tell);
    Embedding { pca, explained, tsne, perplexity }
}

/// How well neighbours on a plane are neighbours among features, 0 to 1 (Venna and Kaski 2001): 1 minus the mean of how far from the
/// `neighbours` nearest those are that the plane puts there. `features` are `[n, length]`.
///
/// # Panics
/// If there are fewer than 2 · `neighbours` + 1 examples.
pub fn trustworthiness(features: &[f32], length: usize, plane: &[[f64; 2]], neighbours: usize) -> f64 {
    let (n, k) = (plane.len(), neighbours);
    assert!(n > 2 * k, "more than twice as many examples as neighbours");
    let gram = Gram::of(features, length);
    let on_plane = |i: usize, j: usize| (plane[i][0] - plane[j][0]).powi(2) + (plane[i][1] - plane[j][1]).powi(2);
    let mut penalty = 0.0;
    for i in 0..n {
        let order = |distance: &dyn Fn(usize) -> f64| {
            let mut others: Vec<usize> = (0..n).filter(|&j| j != i).collect();
            others.sort_by(|&a, &b| distance(a).total_cmp(&distance(b)).then(a.cmp(&b)));
            others
        };
        let mut rank = vec![0; n];
        order(&|j| gram.squared(i, j)).into_iter().enumerate().for_each(|(at, j)| rank[j] = at + 1);
        penalty += order(&|j| on_plane(i, j))[..k].iter().map(|&j| rank[j].saturating_sub(k) as f64).sum::<f64>();
    }
    let (n, k) = (n as f64, k as f64);
    1.0 - penalty * 2.0 / (n * k * (2.0 * n - 3.0 * k - 1.0))
}
