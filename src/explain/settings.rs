//! Numbers that methods depend on.

/// Numbers that methods depend on; each method reads some of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Points on the line from the baseline to the image, of integrated gradients.
    pub steps: usize,
    /// Noisy copies that SmoothGrad averages over.
    pub samples: usize,
    /// Standard deviation of the noise, as a share of the range of the image's values.
    pub noise: f64,
    /// Side in pixels of the square that occlusion covers; none for a seventh of the shorter side.
    pub window: Option<usize>,
    /// Pixels from one square to the next; none for half a side.
    pub stride: Option<usize>,
    /// Where the noise, and the random maps that a map is compared with, come from.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { steps: 50, samples: 25, noise: 0.15, window: None, stride: None, seed: 0 }
    }
}
