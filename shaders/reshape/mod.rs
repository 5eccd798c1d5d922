//! Another shape for the same values, channels fastest as in Keras. A view: nothing runs.

use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Operand, Shape, ShapeError, Step};

/// This op in `OPS`.
pub const ENTRY: Entry = Entry { name: "reshape", summary: "another shape for the same values; a view", cases };

/// `[n, …]` to `[n, …]` of another shape and the same size, as Keras' `Reshape`.
#[derive(Clone, Debug)]
pub struct Reshape {
    /// Sizes of one image of the batch; one may be left open (`None`) and is what is left over.
    pub sizes: Vec<Option<usize>>,
}

impl Reshape {
    fn error(&self, input: &Shape, problem: &str) -> ShapeError {
        let count: usize = input.sizes()[1..].iter().product();
        let sizes: Vec<String> = self.sizes.iter().map(|s| s.map_or("-1".into(), |s| s.to_string())).collect();
        ShapeError::new(format!("shape [{}] {problem} its input's {count} values", sizes.join(", ")))
            .hint(format!("shape = [{count}], or sizes whose product is {count}"))
    }
}

impl Op for Reshape {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        let count: usize = inputs[0].sizes()[1..].iter().product();
        if self.sizes.iter().filter(|size| size.is_none()).count() > 1 {
            return Err(self.error(&inputs[0], "leaves more than one size open for"));
        }
        let known = self.sizes.iter().flatten().try_fold(1usize, |product, &size| product.checked_mul(size));
        let known = known.filter(|&known| known > 0 && count.is_multiple_of(known));
        let known = known.ok_or_else(|| self.error(&inputs[0], "does not divide"))?;
        let sizes = self.sizes.iter().map(|size| size.unwrap_or(count / known));
        let shape: Vec<usize> = std::iter::once(inputs[0].sizes()[0]).chain(sizes).collect();
        if shape[1..].iter().product::<usize>() == count {
            Ok(vec![Shape::new(&shape)])
        } else {
            Err(self.error(&inputs[0], "does not hold"))
        }
    }

    fn alias(&self, _output: usize) -> Option<usize> {
        Some(0)
    }

    fn gradient_is(&self, _input: usize) -> Option<Operand> {
        Some(Operand::Dy(0))
    }

    fn forward(&self, _inputs: &[Shape], _mode: Mode, _target: &Target) -> Lowered {
        Lowered::default()
    }

    fn twin(&self, inputs: &[Array], _step: &Step) -> Vec<Array> {
        let shape = self.outputs(&[inputs[0].shape.clone()]).expect("shapes were checked").remove(0);
        vec![inputs[0].reshape(shape)]
    }

    fn twin_backward(&self, inputs: &[Array], _outputs: &[Array], dy: &Array, _step: &Step) -> Vec<Option<Array>> {
        vec![Some(dy.reshape(inputs[0].shape.clone()))]
    }
}

fn cases() -> Vec<Case> {
    vec![
        Case::new(Reshape { sizes: vec![Some(3), Some(4), None] }, &[&[2, 60]], "features as images"),
        Case::new(Reshape { sizes: vec![None] }, &[&[2, 3, 4, 5]], "images as features"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_that_do_not_fit_are_errors_with_both_numbers() {
        let input = [Shape::new(&[2, 3, 4, 5])];
        for (sizes, part) in [
            (vec![Some(7), None], "[7, -1] does not divide its input's 60 values"),
            (vec![Some(6), Some(5)], "[6, 5] does not hold its input's 60 values"),
            (vec![None, None], "leaves more than one size open"),
            (vec![Some(0), None], "does not divide"),
            (vec![Some(usize::MAX), Some(2)], "does not divide"),
        ] {
            let error = Reshape { sizes }.outputs(&input).unwrap_err().to_string();
            assert!(error.contains(part), "{error}\nshould say: {part}");
        }
    }
}
