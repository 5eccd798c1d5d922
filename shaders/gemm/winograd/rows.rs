//! Launches of the transforms: walks along rows of pixels and their tiles.

use std::sync::LazyLock;

use minijinja::{Environment, context};

use super::transform::Matrix;
use crate::dispatch::{Binding, Constant, Dispatch, Elementwise, Operand, read, write};
use crate::dtype::Precision;
use crate::rectifier::Rectifier;
use crate::templates;

static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    templates::environment(&[
        ("layout", include_str!("layout.wgsl.j2")),
        ("gather", include_str!("gather.wgsl.j2")),
        ("scatter", include_str!("scatter.wgsl.j2")),
    ])
});

/// Rows of pixels that tiles cover.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rows {
    /// Images: no row's tiles stand between those of another image.
    pub images: usize,
    /// Rows of an image, and pixels of a row.
    pub size: [usize; 2],
    /// Tiles of a row, and pixels that the first one begins before it.
    pub tiles: usize,
    pub before: usize,
    pub channels: usize,
    /// Channels that follow one another within a frequency: all of an image's; of a filter's those of its outputs.
    pub inner: usize,
    /// Whether two floats are loaded as one 64-bit integer, if they come in pairs.
    pub wide: bool,
}

/// What happens to pixels before they are stored.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ends {
    /// This is added.
    pub bias: Option<Operand>,
    /// What follows.
    pub rectifier: Rectifier,
    /// They are 0 where this is not positive; no bias is added then.
    pub positive: Option<Operand>,
}

impl Rows {
    /// Frequencies of tiles that begin `step` pixels apart.
    pub fn gather(&self, name: &'static str, matrix: &Matrix, step: usize, [from, to]: [Operand; 2]) -> Dispatch {
        let reach = matrix.columns();
        let sizes = context! { name, matrix => matrix.terms(), wide => self.wide(), reach, step, kept => reach - step };
        self.launch(name, &templates::render(&TEMPLATES, "gather", sizes), &[read(from), write(to)])
    }

    /// Pixels of tiles that begin `step` pixels apart.
    pub fn scatter(
        &self,
        name: &'static str,
        matrix: &Matrix,
        step: usize,
        [from, to]: [Operand; 2],
        ends: Ends,
    ) -> Dispatch {
        let Ends { bias, rectifier, positive } = ends;
        let sizes = context! {
            name, matrix => matrix.terms(), wide => self.wide(), frequencies => matrix.columns(),
            step, kept => matrix.rows() - step,
            bias => bias.is_some(), rectifier => rectifier.name(), masked => positive.is_some(),
        };
        let mut bindings = vec![read(from), write(to)];
        bindings.extend(bias.or(positive).map(read));
        self.launch(name, &templates::render(&TEMPLATES, "scatter", sizes), &bindings)
    }

    fn wide(&self) -> bool {
        self.wide && self.inner.is_multiple_of(2)
    }

    fn launch(&self, name: &'static str, source: &str, bindings: &[Binding]) -> Dispatch {
        let unit = if self.wide() { 2 } else { 1 };
        let [height, width] = self.size;
        let constants: [(_, Constant); 6] = [
            ("HEIGHT", height.into()),
            ("WIDTH", width.into()),
            ("TILES", self.tiles.into()),
            ("CHANNELS", (self.channels / unit).into()),
            ("INNER", (self.inner / unit).into()),
            ("BEFORE", self.before.into()),
        ];
        let kernel = Elementwise { name, source, per_step: false, includes: &[] };
        kernel.launch(Precision::F32, self.images * height * self.channels / unit, self.tiles, &constants, bindings)
    }
}
