//! A number for each place of an image.

use lepton_kernels::random;

/// A number for each place of an image: how much it speaks for the class. Negative numbers speak against it.
#[derive(Clone, Debug, PartialEq)]
pub struct Map {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// The numbers, `[height, width]`.
    pub values: Vec<f32>,
}

impl Map {
    /// A map of these values, `[height, width]`.
    pub(super) fn new([height, width]: [usize; 2], values: Vec<f32>) -> Self {
        debug_assert_eq!(values.len(), height * width);
        Map { height, width, values }
    }

    /// The map of another size, by bilinear interpolation between the centres of places; beyond the outermost centres it is as there.
    #[must_use]
    pub fn resized(&self, [height, width]: [usize; 2]) -> Self {
        if [height, width] == [self.height, self.width] {
            return self.clone();
        }
        let (rows, columns) = (between(self.height, height), between(self.width, width));
        let mut values = Vec::with_capacity(height * width);
        for &(above, below, down) in &rows {
            for &(left, right, along) in &columns {
                let row = |y: usize| {
                    let at = |x: usize| self.values[y * self.width + x];
                    at(left) + (at(right) - at(left)) * along
                };
                values.push(row(above) + (row(below) - row(above)) * down);
            }
        }
        Map { height, width, values }
    }

    /// What speaks for the class alone, from 0 to 1, to be drawn: negative numbers become 0, and the largest ones 1. A hundredth of the
    /// places counts as the largest, so that a single pixel does not leave all others dark. All 0 where nothing speaks for it.
    #[must_use]
    pub fn for_the_class(&self) -> Self {
        let mut sorted: Vec<f32> = self.values.iter().map(|value| value.max(0.0)).collect();
        sorted.sort_by(f32::total_cmp);
        let last = sorted.len().saturating_sub(1);
        // one over a smaller number may be infinite
        let of = |place: usize| sorted.get(place).copied().filter(|&value| value >= f32::MIN_POSITIVE);
        let scale = of(last - last / 100).or_else(|| of(last)).map_or(0.0, f32::recip);
        Map { values: self.values.iter().map(|value| (value.max(0.0) * scale).min(1.0)).collect(), ..*self }
    }

    /// The same numbers at random places.
    pub(super) fn shuffled(&self, seed: u64, stream: u64) -> Self {
        let values = shuffle(self.values.len(), seed, stream).into_iter().map(|from| self.values[from]).collect();
        Map { values, ..*self }
    }

    /// The places from the largest number to the smallest; of equal ones a random one comes first.
    pub(super) fn order(&self, seed: u64) -> Vec<usize> {
        let mut places = shuffle(self.values.len(), seed, TIES);
        places.sort_by(|&a, &b| self.values[b].total_cmp(&self.values[a]));
        places
    }
}

/// The stream of random numbers that decides between equal numbers.
const TIES: u64 = 1 << 32;

/// The numbers below `count` in a random order.
fn shuffle(count: usize, seed: u64, stream: u64) -> Vec<usize> {
    let mut places: Vec<(f64, usize)> = (0..count).map(|i| (random::uniform(seed, stream, i as u64), i)).collect();
    places.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    places.into_iter().map(|(_, place)| place).collect()
}

/// For each of `to` places the two of `from` that it lies between, and how far it is from the first one.
fn between(from: usize, to: usize) -> Vec<(usize, usize, f32)> {
    let place = |i: usize| {
        let at = (i as f64 + 0.5) * from as f64 / to as f64 - 0.5;
        let at = at.clamp(0.0, (from - 1) as f64);
        let first = at.floor() as usize;
        (first, (first + 1).min(from - 1), (at - first as f64) as f32)
    };
    (0..to).map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resized_map_lies_between_its_places() {
        let map = Map::new([1, 2], vec![0.0, 4.0]);
        assert_eq!(map.resized([1, 4]).values, [0.0, 1.0, 3.0, 4.0]);
        assert_eq!(map.resized([3, 2]).values, [0.0, 4.0, 0.0, 4.0, 0.0, 4.0]);
        let smaller = Map::new([4, 1], vec![0.0, 2.0, 4.0, 6.0]).resized([2, 1]);
        assert_eq!(smaller.values, [1.0, 5.0]);
    }

    #[test]
    fn what_speaks_against_a_class_is_not_drawn() {
        assert_eq!(Map::new([1, 3], vec![-8.0, 1.0, 4.0]).for_the_class().values, [0.0, 0.25, 1.0]);
        assert_eq!(Map::new([1, 2], vec![-8.0, 0.0]).for_the_class().values, [0.0, 0.0]);
        assert_eq!(Map::new([1, 3], vec![0.0, 1e-40, 2e-39]).for_the_class().values, [0.0; 3], "next to nothing");
        // two of 201 pixels stand out
        let values = (0..201).map(|i| if i < 2 { 1000.0 } else { 1.0 + (i % 2) as f32 }).collect();
        assert_eq!(Map::new([1, 201], values).for_the_class().values[..4], [1.0, 1.0, 0.5, 1.0]);
    }

    #[test]
    fn places_come_in_order_and_equal_ones_at_random() {
        let map = Map::new([10, 10], (0..100).map(|i| if i < 20 { i as f32 } else { -1.0 }).collect());
        let order = map.order(3);
        assert_eq!(order[..20], (0..20).rev().collect::<Vec<_>>());
        assert!(order[20..] != (20..100).collect::<Vec<_>>(), "equal places have no order");
        let mut all = order.clone();
        all.sort_unstable();
        assert_eq!(all, (0..100).collect::<Vec<_>>());
        let mut values = map.shuffled(1, 2).values;
        assert_ne!(values, map.values);
        values.sort_by(f32::total_cmp);
        let mut before = map.values.clone();
        before.sort_by(f32::total_cmp);
        assert_eq!(values, before);
    }
}
