//! What is drawn for an image: the host's half of `draw.wgsl`.

use super::policy::{Boxes, Flip, ONE, Policy, RandAugment, STEPS, TURN, angles, fixed, threshold};
use crate::{Step, random};

/// An operation on colours, of [`RandAugment`]. Factors are multiples of 1 / [`ONE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Nothing, or geometry.
    None,
    /// Away from black by this factor.
    Brightness(i64),
    /// Away from grey.
    Colour(i64),
    /// Away from the mean grey.
    Contrast(i64),
    /// Keeps so many high bits.
    Posterize(u32),
    /// Inverts bytes from here on.
    Solarize(u32),
    /// Stretches each channel to 0..255.
    AutoContrast,
}

/// What an image undergoes.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawn {
    /// From a pixel of the result to one of the source, both from their centres: `[[yy, yx], [xy, xx]]`, in 1 / [`ONE`].
    pub matrix: [[i64; 2]; 2],
    /// Twice the source `[y, x]` of the centre, in 1 / [`ONE`].
    pub centre: [i64; 2],
    /// What is erased: first and end row, first and end column.
    pub erased: [usize; 4],
    /// Operations on colours.
    pub operations: Vec<Operation>,
    /// The order of jitter: 0 brightness, 1 contrast, 2 saturation, 3 hue.
    pub order: [usize; 4],
    /// Factors of the first three, and turns of the last, in 1 / [`ONE`].
    pub factors: [i64; 4],
    /// Whether it turns grey in the end.
    pub grey: bool,
}

/// Draws for one image.
struct Draws<'a> {
    policy: &'a Policy,
    key: [u32; 2],
    image: u32,
    size: [i64; 2],
}

fn below(bits: u32, n: i64) -> i64 {
    (i64::from(bits >> 16) * n) >> 16
}

fn around(bits: u32, most: i64) -> i64 {
    below(bits, 2 * most + 1) - most
}

type Matrix = [[i64; 2]; 2];

fn product(a: Matrix, b: Matrix) -> Matrix {
    let entry = |i: usize, j: usize| ((a[i][0] * b[0][j]) >> 14) + ((a[i][1] * b[1][j]) >> 14);
    [[entry(0, 0), entry(0, 1)], [entry(1, 0), entry(1, 1)]]
}

const IDENTITY: Matrix = [[ONE, 0], [0, ONE]];

/// The inverse of a turn by `angle`, counted against the clock as `torchvision.transforms.functional.rotate` does.
fn rotation(angle: i64) -> Matrix {
    let radians = angle as f64 / TURN as f64 * std::f64::consts::TAU;
    let [cosine, sine] = [radians.cos(), radians.sin()].map(|v| (v * ONE as f64).round() as i64);
    [[cosine, sine], [-sine, cosine]]
}

impl Drawn {
    fn then(&mut self, inverse: Matrix, shift: [i64; 2]) {
        self.matrix = product(self.matrix, inverse);
        for (centre, row) in self.centre.iter_mut().zip(&self.matrix) {
            *centre -= 2 * (row[0] * shift[0] + row[1] * shift[1]);
        }
    }
}

impl Draws<'_> {
    fn bits(&self, stream: u32) -> u32 {
        random::noise(self.key, stream, self.image)
    }

    fn chance(&self, stream: u32, probability: f32) -> bool {
        self.bits(stream) >> 8 < threshold(probability)
    }

    /// Height and width of a box that is at most `most`: the first of ten that fits.
    fn box_size(&self, boxes: &Boxes, stream: u32, most: [i64; 2]) -> Option<[i64; 2]> {
        let ([low, high], [narrow, wide]) = (boxes.scale.map(f64::from), boxes.ratio.map(f64::from));
        let at = |k: u32| (f64::from(k) + 0.5) / STEPS as f64;
        (0..10).find_map(|attempt| {
            let bits = self.bits(stream + attempt);
            let area = (low + (high - low) * at(bits >> 24)) * (self.size[0] * self.size[1]) as f64;
            let ratio = (narrow.ln() + (wide.ln() - narrow.ln()) * at((bits >> 16) & 255)).exp();
            let root = (area.sqrt() * 256.0).round() as i64;
            let side = |stretch: f64| (root * (stretch * 1024.0).round() as i64 + (1 << 17)) >> 18;
            let size = [side(1.0 / ratio.sqrt()), side(ratio.sqrt())];
            let fits = (0..2).all(|i| (1..=most[i]).contains(&size[i]));
            fits.then_some(size)
        })
    }

    fn crop(&self) -> (Matrix, [i64; 2]) {
        let [h, w] = self.size;
        let Some(boxes) = &self.policy.resized_crop else {
            let most = i64::from(self.policy.crop);
            let shift = [around(self.bits(2), most), around(self.bits(3), most)];
            return (IDENTITY, [(2 * shift[0] + h - 1) * ONE, (2 * shift[1] + w - 1) * ONE]);
        };
        let [bh, bw] = self.box_size(boxes, 32, self.size).unwrap_or(self.size);
        let first = [below(self.bits(2), h - bh + 1), below(self.bits(3), w - bw + 1)];
        let centre = [(2 * first[0] + bh - 1) * ONE, (2 * first[1] + bw - 1) * ONE];
        ([[bh * ONE / h, 0], [0, bw * ONE / w]], centre)
    }

    fn affine(&self, drawn: &mut Drawn) {
        let policy = self.policy;
        if let Some([low, high]) = policy.zoom.map(|zoom| zoom.map(fixed)) {
            let inverse = ONE * ONE / (low + below(self.bits(8), high - low + 1));
            drawn.then([[inverse, 0], [0, inverse]], [0, 0]);
        }
        let shear = fixed(policy.shear.to_radians().tan());
        drawn.then([[ONE, 0], [-around(self.bits(7), shear), ONE]], [0, 0]);
        drawn.then(rotation(around(self.bits(4), angles(policy.rotate))), [0, 0]);
        let most = [0, 1].map(|i| policy.shift(self.size[i] as usize));
        drawn.then(IDENTITY, [around(self.bits(5), most[0]), around(self.bits(6), most[1])]);
    }

    fn erased(&self) -> [i64; 4] {
        let [h, w] = self.size;
        if let Some(erase) = self.policy.erase.filter(|erase| self.chance(9, erase.probability))
            && let Some([bh, bw]) = self.box_size(&erase.boxes, 48, [h - 1, w - 1])
        {
            let (y, x) = (below(self.bits(10), h - bh + 1), below(self.bits(11), w - bw + 1));
            return [y, y + bh, x, x + bw];
        }
        let side = i64::from(self.policy.cutout);
        if side == 0 {
            return [0; 4];
        }
        let (y, x) = (below(self.bits(12), h) - side / 2, below(self.bits(13), w) - side / 2);
        [y.max(0), (y + side).min(h), x.max(0), (x + side).min(w)]
    }

    /// One of the list: geometry at once, colours for later.
    fn operation(&self, drawn: &mut Drawn, list: RandAugment, number: u32) {
        let bits = self.bits(16 + number);
        let sign = if bits & 1 == 1 { -1 } else { 1 };
        let strength = list.strength();
        let shift = |axis: usize| sign * list.shift(self.size[axis] as usize);
        let factor = ONE + sign * strength.factor;
        let mut colour = Operation::None;
        match below(bits, 12) {
            0 => {}
            1 => drawn.then(rotation(sign * strength.angle), [0, 0]),
            2 => drawn.then([[ONE, 0], [-sign * strength.shear, ONE]], [0, 0]),
            3 => drawn.then([[ONE, -sign * strength.shear], [0, ONE]], [0, 0]),
            4 => drawn.then(IDENTITY, [0, shift(1)]),
            5 => drawn.then(IDENTITY, [shift(0), 0]),
            6 => colour = Operation::Brightness(factor),
            7 => colour = Operation::Colour(factor),
            8 => colour = Operation::Contrast(factor),
            9 => colour = Operation::Posterize(strength.bits),
            10 => colour = Operation::Solarize(strength.solarize),
            _ => colour = Operation::AutoContrast,
        }
        drawn.operations.push(colour);
    }

    fn jitter(&self, drawn: &mut Drawn, channels: usize) {
        let jitter = self.policy.jitter_of(channels).unwrap_or_default();
        let factor = |stream, strength| {
            let least = (ONE - fixed(strength)).max(0);
            least + below(self.bits(stream), ONE + fixed(strength) - least + 1)
        };
        drawn.factors = [factor(20, jitter.brightness), factor(21, jitter.contrast), factor(22, jitter.saturation), 0];
        drawn.factors[3] = around(self.bits(23), fixed(jitter.hue));
        let number = below(self.bits(24), 24) as usize;
        let mut left = vec![0, 1, 2, 3];
        drawn.order = [number / 6, number % 6 / 2, number % 2, 0].map(|at| left.remove(at));
    }
}

/// What `image` of a data set of `[h, w, c]` images undergoes in an epoch.
pub fn draw(policy: &Policy, step: &Step, image: u32, [h, w, c]: [usize; 3]) -> Drawn {
    let draws = Draws { policy, key: step.augment_key, image, size: [h as i64, w as i64] };
    let (matrix, centre) = draws.crop();
    let (erased, order, factors) = (draws.erased().map(|i| i as usize), [0; 4], [0; 4]);
    let grey = draws.chance(14, policy.grayscale);
    let mut drawn = Drawn { matrix, centre, erased, operations: Vec::new(), order, factors, grey };
    let flip = match policy.flip {
        Some(Flip::Random(probability)) => draws.chance(0, probability),
        Some(Flip::Alternating) => (random::noise([0, 1], 0, image) ^ step.epoch) & 1 == 1,
        None => false,
    };
    if flip {
        drawn.matrix[1][1] *= -1;
    }
    if draws.chance(1, policy.flip_vertical) {
        drawn.matrix[0][0] *= -1;
    }
    draws.affine(&mut drawn);
    for number in 0..policy.operations() {
        draws.operation(&mut drawn, policy.randaugment.expect("operations come from a list"), number as u32);
    }
    draws.jitter(&mut drawn, c);
    drawn
}
