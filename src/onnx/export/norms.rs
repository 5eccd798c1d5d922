//! Rows of norms.

use lepton_kernels::batch_norm::BatchNormInference;
use lepton_kernels::group_norm::{SetNorm, Together};

use super::site::{Site, TO_CHANNELS_FIRST, TO_CHANNELS_LAST, permuted};
use super::writer::{float, int};

/// `batch_norm_inference`.
pub fn batch_norm(site: &mut Site) -> String {
    let BatchNormInference { epsilon, affine, .. } = *site.op::<BatchNormInference>();
    let c = site.channels(0);
    let [scale, shift] = if affine { [0, 1].map(|i| site.weight(i, &[0])) } else { ones_and_zeros(site, &[c]) };
    let first = if affine { 2 } else { 0 };
    let [mean, variance] = [first, first + 1].map(|i| site.weight(i, &[0]));
    let x = site.inputs[0].clone();
    site.node("BatchNormalization", &[&x, &scale, &shift, &mean, &variance], vec![float("epsilon", epsilon)])
}

fn ones_and_zeros(site: &mut Site, sizes: &[usize]) -> [String; 2] {
    let count = sizes.iter().product();
    [("scale", 1.0), ("shift", 0.0)].map(|(name, value)| site.constant(name, sizes, &vec![value; count]))
}

/// `group_norm` and `layer_norm`: `InstanceNormalization` of groups, `LayerNormalization` of pixels and of images.
pub fn set_norm(site: &mut Site) -> String {
    let SetNorm { together, epsilon, affine, .. } = *site.op::<SetNorm>();
    match together {
        Together::Groups(groups) => group_norm(site, groups, epsilon, affine),
        Together::Pixel => {
            let c = site.channels(0);
            let constants = if affine { [0, 1].map(|i| site.weight(i, &[0])) } else { ones_and_zeros(site, &[c]) };
            let images = site.is_images(0);
            let x = site.inputs[0].clone();
            let x = if images { site.transpose(&x, TO_CHANNELS_LAST) } else { x };
            let y = layer_norm(site, &x, &constants, epsilon, -1);
            if images { site.transpose(&y, TO_CHANNELS_FIRST) } else { y }
        }
        Together::Image => {
            let constants = image_constants(site, affine);
            let x = site.inputs[0].clone();
            layer_norm(site, &x, &constants, epsilon, 1)
        }
    }
}

fn layer_norm(site: &mut Site, x: &str, [scale, shift]: &[String; 2], epsilon: f32, axis: i64) -> String {
    site.node("LayerNormalization", &[x, scale, shift], vec![int("axis", axis), float("epsilon", epsilon)])
}

/// Scale and shift of whole images, channels first.
fn image_constants(site: &mut Site, affine: bool) -> [String; 2] {
    let sizes = site.shapes[0].sizes()[1..].to_vec();
    let order: &[usize] = if sizes.len() == 3 { &[2, 0, 1] } else { &[0] };
    if affine {
        return [0, 1].map(|i| site.weight(i, order));
    }
    let count: usize = sizes.iter().product();
    let (sizes, _) = permuted(&sizes, &vec![0.0; count], order);
    ones_and_zeros(site, &sizes)
}

/// Groups become channels, which are normalised each by itself; scale and shift follow.
fn group_norm(site: &mut Site, groups: usize, epsilon: f32, affine: bool) -> String {
    let c = site.channels(0);
    let x = site.inputs[0].clone();
    let epsilon = vec![float("epsilon", epsilon)];
    if groups == c && site.is_images(0) {
        let constants = if affine { [0, 1].map(|i| site.weight(i, &[0])) } else { ones_and_zeros(site, &[c]) };
        return site.node("InstanceNormalization", &[&x, &constants[0], &constants[1]], epsilon);
    }
    let constants = ones_and_zeros(site, &[groups]);
    let rows = site.reshape(&x, &[0, groups as i64, -1]);
    let normal = site.node("InstanceNormalization", &[&rows, &constants[0], &constants[1]], epsilon);
    let sizes = site.shapes[0].sizes();
    let sizes: Vec<i64> = match sizes {
        &[_, h, w, c] => [0, c, h, w].map(|size| size as i64).to_vec(),
        _ => vec![0, c as i64],
    };
    let y = site.reshape(&normal, &sizes);
    if !affine {
        return y;
    }
    let [scale, shift] = [0, 1].map(|i| site.weight_as(i, &site.per_channel(0, c)));
    let scaled = site.node("Mul", &[&y, &scale], Vec::new());
    site.node("Add", &[&scaled, &shift], Vec::new())
}
