//! Crops of the image's own size that may leave it (`RandomCrop(padding)`).

use lepton_kernels::augment::Policy;

use super::{AugmentError, Augmentation, Problem, unless_zero, whole};

/// This transform in `AUGMENTATIONS`.
pub const ENTRY: Augmentation = Augmentation {
    name: "crop",
    about: "random crop that may extend N pixels beyond the image: crop=4, 1..128",
    options: &[whole("crop", 1, 128, "Pixels by which a crop may extend beyond the image on each side.")],
    typed: &[1],
    words: &[],
    ordered: &[],
    set: |policy, numbers| policy.crop = numbers[0] as u32,
    get: |policy| unless_zero(policy.crop as f32),
    fits,
};

fn fits(policy: &Policy, [h, w]: [usize; 2]) -> Result<(), AugmentError> {
    let most = h.min(w);
    if policy.crop as usize <= most {
        return Ok(());
    }
    Err(ENTRY.error(&format!("crop={}", policy.crop), Problem::CropTooLarge { h, w, most }))
}
