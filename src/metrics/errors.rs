//! Reconstructions: how far off, and whether that tells the classes that were learned from all others.

use serde::Serialize;

use super::auc;

/// Errors of the images of one class.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassError {
    /// Name of the class.
    pub class: String,
    /// Number of its images.
    pub images: usize,
    /// Their mean error; none without images.
    pub mean: Option<f64>,
    /// Whether the class is one of those that are normal.
    pub normal: bool,
    /// Of another class: the area under the ROC curve that tells it from the normal ones by the error of an image.
    pub auc: Option<f64>,
}

/// What was measured over reconstructed images. The error of an image is the loss of that image by itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ErrorMeasures {
    /// Number of images that were evaluated.
    pub images: usize,
    /// Mean error of all images.
    pub mean: f64,
    /// Mean error of the images of normal classes; none where no class is called normal.
    pub normal: Option<f64>,
    /// Mean error of all others.
    pub other: Option<f64>,
    /// Area under the ROC curve of "it is of another class than the normal ones", by error.
    pub auc: Option<f64>,
    /// Errors of each class, by label.
    pub classes: Vec<ClassError>,
}

impl ErrorMeasures {
    /// From error and class of each image, the names of the classes, and the numbers of those that are normal: none of
    /// them where all were learned.
    pub fn new(errors: &[(f32, u32)], names: &[String], normal: Option<&[u32]>) -> Self {
        let is_normal = |class: u32| normal.is_some_and(|normal| normal.contains(&class));
        let mean = |wanted: &dyn Fn(u32) -> bool| {
            let own = || errors.iter().filter(|(_, class)| wanted(*class));
            let count = own().count();
            (count > 0).then(|| own().map(|(error, _)| f64::from(*error)).sum::<f64>() / count as f64)
        };
        let area = |wanted: &dyn Fn(u32) -> bool| {
            let scored = errors.iter().filter(|(_, class)| wanted(*class) || is_normal(*class));
            auc(&mut scored.map(|&(error, class)| (error, !is_normal(class))).collect::<Vec<_>>())
        };
        let class = |(number, name): (u32, &String)| ClassError {
            class: name.clone(),
            images: errors.iter().filter(|(_, class)| *class == number).count(),
            mean: mean(&|class| class == number),
            normal: is_normal(number),
            auc: if normal.is_some() && !is_normal(number) { area(&|class| class == number) } else { None },
        };
        let classes = (0..).zip(names).map(class).collect();
        let (normal, other, auc) = if normal.is_some() {
            (mean(&is_normal), mean(&|class| !is_normal(class)), area(&|_| true))
        } else {
            (None, None, None)
        };
        ErrorMeasures { images: errors.len(), mean: mean(&|_| true).unwrap_or(0.0), normal, other, auc, classes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_classes_are_told_from_the_normal_ones_together_and_each() {
        let names = ["a", "b", "c"].map(String::from);
        let errors = [(0.1, 1), (0.4, 1), (0.35, 0), (0.8, 0), (0.2, 2)];
        let measured = ErrorMeasures::new(&errors, &names, Some(&[1]));
        // of the pairs of another image and a normal one: both of 0.8, one of 0.35 and one of 0.2 are the right way round
        assert_eq!(measured.auc, Some(4.0 / 6.0));
        let areas: Vec<_> = measured.classes.iter().map(|class| (class.normal, class.auc)).collect();
        assert_eq!(areas, [(false, Some(0.75)), (true, None), (false, Some(0.5))]);
        assert!((measured.normal.unwrap() - 0.25).abs() < 1e-6 && (measured.other.unwrap() - 0.45).abs() < 1e-6);
        let plain = ErrorMeasures::new(&errors, &names, None);
        assert_eq!((plain.auc, plain.normal, plain.other), (None, None, None));
        assert!((plain.mean - 0.37).abs() < 1e-6 && plain.classes.iter().all(|class| class.auc.is_none()));
        let elsewhere = ErrorMeasures::new(&errors, &names, Some(&[]));
        assert_eq!((elsewhere.auc, elsewhere.normal), (None, None), "data without a normal class");
    }
}
