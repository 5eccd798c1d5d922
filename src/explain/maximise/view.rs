//! A view of a larger image: turned, scaled and shifted a little. What raises the score in every view is a form, and not a pattern
//! of single pixels that happens to fit the network's grid (Olah, Mordvintsev and Schubert 2017).

use lepton_kernels::random;

/// The largest turn, in degrees.
const TURN: f64 = 8.0;
/// By how much a view may be smaller or larger.
const SCALE: f64 = 0.1;

/// The margin around an image of this height and width, by which views are shifted at the most.
pub(super) fn margin([height, width]: [usize; 2]) -> usize {
    (height.max(width) / 20).max(1)
}

/// For each pixel of the view the four of the image that it lies between, and how much of each.
pub(super) struct View {
    places: Vec<[(usize, f32); 4]>,
}

impl View {
    /// View number `number` of height and width `inner` onto an image of `outer`.
    pub(super) fn random(inner: [usize; 2], outer: [usize; 2], seed: u64, number: u64) -> Self {
        let draw = |i: u64| 2.0 * random::uniform(seed, number, i) - 1.0;
        let shift = margin(inner) as f64;
        let (sin, cos) = (TURN.to_radians() * draw(0)).sin_cos();
        let scale = 1.0 + SCALE * draw(1);
        Self::new(inner, outer, [cos * scale, sin * scale], [shift * draw(2), shift * draw(3)])
    }

    /// The middle of an image as it is.
    pub(super) fn middle(inner: [usize; 2], outer: [usize; 2]) -> Self {
        Self::new(inner, outer, [1.0, 0.0], [0.0; 2])
    }

    fn new(inner: [usize; 2], outer: [usize; 2], [cos, sin]: [f64; 2], shift: [f64; 2]) -> Self {
        let [height, width] = inner;
        let middle = |side: usize| (side as f64 - 1.0) / 2.0;
        // the two places along an axis, and how far it is from the first one
        let between = |at: f64, side: usize| {
            let at = at.clamp(0.0, (side - 1) as f64);
            let first = at.floor() as usize;
            (first, (first + 1).min(side - 1), (at - first as f64) as f32)
        };
        let place = |i: usize| {
            let (y, x) = ((i / width) as f64 - middle(height), (i % width) as f64 - middle(width));
            let (above, below, down) = between(middle(outer[0]) + shift[0] + sin * x + cos * y, outer[0]);
            let (left, right, along) = between(middle(outer[1]) + shift[1] + cos * x - sin * y, outer[1]);
            let at = |y: usize, x: usize| y * outer[1] + x;
            [
                (at(above, left), (1.0 - down) * (1.0 - along)),
                (at(above, right), (1.0 - down) * along),
                (at(below, left), down * (1.0 - along)),
                (at(below, right), down * along),
            ]
        };
        View { places: (0..height * width).map(place).collect() }
    }

    /// What is seen of an image of so many channels.
    pub(super) fn of(&self, image: &[f32], channels: usize) -> Vec<f32> {
        let seen = |places: &[(usize, f32); 4], channel: usize| {
            places.iter().map(|(place, share)| share * image[place * channels + channel]).sum()
        };
        self.places.iter().flat_map(|places| (0..channels).map(move |channel| seen(places, channel))).collect()
    }

    /// The gradient of an image of so many pixels from that of its view.
    pub(super) fn gradient(&self, gradient: &[f32], pixels: usize, channels: usize) -> Vec<f32> {
        let mut all = vec![0.0; pixels * channels];
        for (places, gradient) in self.places.iter().zip(gradient.chunks_exact(channels)) {
            for (place, share) in places {
                let pixel = all[place * channels..][..channels].iter_mut();
                pixel.zip(gradient).for_each(|(all, gradient)| *all += share * gradient);
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_cut_out_and_views_differ() {
        let image: Vec<f32> = (0..6 * 8 * 2).map(|i| i as f32).collect();
        let middle = View::middle([2, 4], [6, 8]).of(&image, 2);
        assert_eq!(
            middle,
            image[2 * 16 + 4..][..8].iter().chain(&image[3 * 16 + 4..][..8]).copied().collect::<Vec<_>>()
        );
        let view = |number| View::random([2, 4], [6, 8], 5, number).of(&image, 2);
        assert_eq!(view(1), view(1));
        assert_ne!(view(1), view(2));
        assert_ne!(view(1), middle);
        assert!((View::random([2, 4], [6, 8], 5, 1).of(&[1.0; 48], 1)).iter().all(|v| (v - 1.0).abs() < 1e-6));
    }

    #[test]
    fn a_gradient_goes_back_to_where_pixels_came_from() {
        let (inner, outer) = ([5, 7], [9, 11]);
        let numbers =
            |stream: u64, count: u64| (0..count).map(|i| random::normal(1, stream, i) as f32).collect::<Vec<_>>();
        let (image, counts) = (numbers(1, 9 * 11 * 3), numbers(2, 5 * 7 * 3));
        let view = View::random(inner, outer, 3, 4);
        let product = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum::<f64>();
        let (there, back) =
            (product(&view.of(&image, 3), &counts), product(&image, &view.gradient(&counts, 9 * 11, 3)));
        assert!((there - back).abs() < 1e-4, "{there}, {back}");
    }
}
