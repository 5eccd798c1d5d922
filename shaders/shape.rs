//! Shapes and the only shape arithmetic of the project.

use std::fmt;

/// The sizes of a tensor, outermost first.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Shape(Vec<usize>);

impl Shape {
    /// A shape of these sizes.
    pub fn new(sizes: &[usize]) -> Self {
        Shape(sizes.to_vec())
    }

    /// Sizes of its axes, outermost first.
    pub fn sizes(&self) -> &[usize] {
        &self.0
    }

    /// Number of axes.
    pub fn rank(&self) -> usize {
        self.0.len()
    }

    /// Number of elements.
    pub fn count(&self) -> usize {
        self.0.iter().product()
    }

    /// Checks that kernels, which count in 32 bits, can address every element.
    ///
    /// # Errors
    /// With both numbers.
    pub fn check_size(&self) -> Result<(), ShapeError> {
        let most = u64::from(u32::MAX);
        let count = self.0.iter().try_fold(1u64, |count, &size| count.checked_mul(size as u64));
        match count {
            Some(count) if count <= most => Ok(()),
            _ => Err(ShapeError::new(format!("a tensor {self} has more than {most} elements"))
                .hint("a smaller batch, smaller images, or fewer filters or units")),
        }
    }

    /// `[n, h, w, c]`, or why it is not.
    pub fn nhwc(&self) -> Result<[usize; 4], ShapeError> {
        <[usize; 4]>::try_from(self.0.as_slice()).map_err(|_| {
            ShapeError::new(format!("it needs images [n, h, w, c], but its input is {self}"))
                .hint("put it before flatten, or give the model an image input")
        })
    }

    /// `[n, features]`, or why it is not.
    pub fn matrix(&self) -> Result<[usize; 2], ShapeError> {
        <[usize; 2]>::try_from(self.0.as_slice()).map_err(|_| {
            ShapeError::new(format!("it needs a matrix [n, features], but its input is {self}"))
                .hint("put a flatten or global_avg_pool layer before it")
        })
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sizes: Vec<String> = self.0.iter().map(usize::to_string).collect();
        write!(f, "[{}]", sizes.join(", "))
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl From<&[usize]> for Shape {
    fn from(sizes: &[usize]) -> Self {
        Shape::new(sizes)
    }
}

/// Why an op cannot run on these shapes. The planner adds the layer's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}{}", hint.as_ref().map(|h| format!("\n  try: {h}")).unwrap_or_default())]
pub struct ShapeError {
    /// What is wrong, with both numbers.
    pub problem: String,
    /// A way out.
    pub hint: Option<String>,
}

impl ShapeError {
    /// An error with no hint yet.
    pub fn new(problem: impl Into<String>) -> Self {
        ShapeError { problem: problem.into(), hint: None }
    }

    /// Adds a way out.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
