//! Test-time augmentation: evaluation averages a model's logits over several views of an image.

use lepton_kernels::Step;
use lepton_kernels::average_views::LATER;
use lepton_kernels::batch_views::View;

/// The views of an image whose logits are averaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tta {
    /// The image and its mirror image.
    Mirror,
    /// The image, and two that are moved by one pixel along both axes, either way.
    Translate,
    /// All of these and their mirror images, each moved first: airbench's six views (Jordan 2024).
    MirrorTranslate,
}

impl Tta {
    /// By its name on the command line.
    ///
    /// # Errors
    /// The names there are.
    pub fn parse(name: &str) -> Result<Self, String> {
        match name {
            "mirror" => Ok(Tta::Mirror),
            "translate" => Ok(Tta::Translate),
            "mirror+translate" => Ok(Tta::MirrorTranslate),
            _ => Err("mirror, translate or mirror+translate".into()),
        }
    }

    /// The views with their weights, which sum to 1: the unmoved ones weigh as much as all that are moved.
    pub fn views(self) -> Vec<View> {
        let mirrors: &[bool] = if self == Tta::Translate { &[false] } else { &[false, true] };
        let moves: &[(i32, f32)] = if self == Tta::Mirror { &[(0, 1.0)] } else { &[(0, 0.5), (-1, 0.25), (1, 0.25)] };
        let view = |&(by, weight): &(i32, f32)| {
            mirrors.iter().map(move |&mirror| View { mirror, shift: [by; 2], weight: weight / mirrors.len() as f32 })
        };
        moves.iter().flat_map(view).collect()
    }
}

/// The step that looks at a batch in view `number`; as it is, where there are no views.
pub(crate) fn with_view(step: Step, views: &[View], number: usize) -> Step {
    match views.get(number) {
        Some(view) => {
            let later = if number > 0 { LATER } else { 0 };
            Step { view: view.word() | later, view_weight: view.weight, ..step }
        }
        None => step,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_are_different_and_their_weights_sum_to_one() {
        for (tta, count) in [(Tta::Mirror, 2), (Tta::Translate, 3), (Tta::MirrorTranslate, 6)] {
            let views = tta.views();
            assert_eq!(views.len(), count);
            assert!((views.iter().map(|view| view.weight).sum::<f32>() - 1.0).abs() < 1e-6);
            for (i, view) in views.iter().enumerate() {
                assert!(views[..i].iter().all(|other| other.word() != view.word()), "{view:?} is listed twice");
            }
        }
    }
}
