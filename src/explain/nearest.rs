//! The examples that a model sees as most like another: nearest by the angle between features.

/// An example that is near.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbour {
    /// Its number.
    pub index: usize,
    /// 1 minus the cosine of the angle between both features: 0 where they point the same way, 1 where they have nothing in common.
    pub distance: f64,
}

/// The `count` nearest of some examples, whose `features` are `[n, length]`, to one with features `[length]`; the nearest first, of
/// equally near ones the first. The angle is taken because features grow with contrast and with how sure a model is, and both say
/// nothing about what is seen.
///
/// # Panics
/// If there are not as many features as a whole number of examples has.
pub fn nearest(features: &[f32], to: &[f32], count: usize) -> Vec<Neighbour> {
    assert!(!to.is_empty() && features.len().is_multiple_of(to.len()), "rows of as many features");
    let length = norm(to);
    let distance = |row: &[f32]| {
        let lengths = length * norm(row);
        // features that are all 0 point nowhere
        if lengths > 0.0 { 1.0 - dot(row, to) / lengths } else { 1.0 }
    };
    let rows = features.chunks_exact(to.len()).enumerate();
    let mut all: Vec<Neighbour> =
        rows.map(|(index, row)| Neighbour { index, distance: distance(row).max(0.0) }).collect();
    all.sort_by(|a, b| a.distance.total_cmp(&b.distance).then(a.index.cmp(&b.index)));
    all.truncate(count);
    all
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
}

fn norm(a: &[f32]) -> f64 {
    dot(a, a).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_angle_is_nearest_whatever_the_length() {
        let features = [0.0, 1.0, 10.0, 0.0, 1.0, 1.0, 0.0, 0.0, 3.0, 2.9];
        let found = nearest(&features, &[2.0, 2.0], 4);
        assert_eq!(found.iter().map(|near| near.index).collect::<Vec<_>>(), [2, 4, 0, 1]);
        let distances: Vec<f64> = found.iter().map(|near| near.distance).collect();
        assert!(distances[0] < 1e-12 && (distances[1] - 1.436e-4).abs() < 1e-6, "{distances:?}");
        assert!((distances[2] - (1.0 - 0.5_f64.sqrt())).abs() < 1e-12, "{distances:?}");
        assert_eq!(nearest(&features, &[0.0, 0.0], 1)[0], Neighbour { index: 0, distance: 1.0 });
        assert_eq!(nearest(&features, &[1.0, 0.0], 9).len(), 5, "no more than there are");
    }
}
