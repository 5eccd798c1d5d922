//! Split K of forward products and input gradients: slabs, and the launch that adds them and ends the product.

use std::sync::{Arc, LazyLock};

use minijinja::{Environment, context};

use super::{
    Conv, Direction, Family, Operands, Product, SLAB_RUN, coop, count_tiles, family_of, launch, simt, slab_rows,
};
use crate::Lowered;
use crate::channels::lanes;
use crate::dispatch::{Dispatch, Elementwise, Kernel, Operand, read, write};
use crate::rectifier::Rectifier;
use crate::splitting::Sizes;
use crate::target::Target;
use crate::templates;

static TEMPLATES: LazyLock<Environment<'static>> =
    LazyLock::new(|| templates::environment(&[("add_slabs", include_str!("add_slabs.wgsl.j2"))]));

/// Adds the launches of a forward product or an input gradient, with all that happens at its end.
pub(super) fn compute(product: &Product, target: &Target, operands: Operands, lowered: &mut Lowered) {
    let slabs = slabs(product, target);
    if slabs == 1 {
        lowered.dispatches.push(launch(product, target, operands, 1));
        return;
    }
    let [outputs, _] = product.result_words();
    let partial = Operand::Scratch(lowered.scratch.len());
    lowered.scratch.push(slabs * outputs);
    // what ends a product comes after its last slab
    let bare = Product { bias: false, rectifier: Rectifier::None, masked: false, ..product.clone() };
    let sums = Operands { c: partial, extra: None, ..operands };
    lowered.dispatches.push(launch(&bare, target, sums, slabs));
    lowered.dispatches.push(add(product, target, Operands { a: partial, ..operands }, slabs));
}

/// The slabs that the sums of `product` are cut into where its tiles are few; 1 on software adapters.
fn slabs(product: &Product, target: &Target) -> usize {
    let Some(splitting) = &target.splitting else { return 1 };
    let (smallest, row_ns) = match family_of(product, target) {
        Family::Simt => (simt::smallest(), splitting.row_ns),
        Family::Coop(matrix) => (coop::smallest(matrix), splitting.matrix_row_ns),
        Family::Lane(_) => return 1,
    };
    let depths = product.depths();
    let n = if splitting.per_example { 1 } else { product.conv.n };
    let counted = Product { conv: Conv { n, ..product.conv.clone() }, ..product.clone() };
    let [outputs, _] = counted.result_words();
    let sizes = Sizes { tiles: count_tiles(&counted, smallest), depth: product.sizes()[2], outputs };
    // of a product with phases every one has so many slabs, and in none of them one without rows
    let rows = |depth: usize, slabs: usize| slab_rows(depth, slabs, SLAB_RUN);
    let full = |slabs: usize| depths.iter().all(|&depth| depth > 0 && depth.div_ceil(rows(depth, slabs)) == slabs);
    splitting.slabs(sizes, row_ns, |slabs| full(slabs).then(|| rows(sizes.depth, slabs)))
}

/// The launch that adds the slabs `a` into `c` and ends the product.
fn add(product: &Product, target: &Target, operands: Operands, slabs: usize) -> Dispatch {
    let [outputs, _] = product.result_words();
    let channels = if product.direction == Direction::Forward { product.conv.c_out } else { product.conv.c_in };
    let (width, text) = lanes(channels);
    let source =
        templates::render(&TEMPLATES, "add_slabs", context! { slabs, bias => product.bias, masked => product.masked });
    let kernel = Elementwise {
        name: "add_slabs",
        source: &source,
        per_step: false,
        includes: &[text, product.rectifier.text()],
    };
    let mut bindings = vec![read(operands.a), write(operands.c)];
    bindings.extend(operands.extra.map(read));
    let dispatch =
        kernel.launch(target.precision, outputs / width, 0, &[("RUNS", (channels / width).into())], &bindings);
    let name = format!("{}/add {slabs} slabs", product.direction.name()).into();
    Dispatch { kernel: Arc::new(Kernel { name, ..(*dispatch.kernel).clone() }), ..dispatch }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::{Lanes, Matrix, Splitting};
    use crate::{Padding, Precision, Shape, Window};

    const MATRIX: Matrix = Matrix { side: 16, subgroup: 32, workgroup_bytes: 48 << 10, unit: 4 };

    fn conv(kernel: usize, stride: usize, groups: usize, x: [usize; 4], c_out: usize) -> Conv {
        let window = Window { padding: Padding::Same, ..Window::new([kernel; 2], [stride; 2]) };
        let weight = Shape::new(&[kernel, kernel, x[3] / groups, c_out]);
        Conv::new(&window, groups, &Shape::new(&x), &weight).unwrap()
    }

    fn lowered(product: &Product, target: &Target) -> Lowered {
        let operands = Operands { a: Operand::X(0), b: Operand::X(1), c: Operand::Y(0), extra: None };
        let mut lowered = Lowered::default();
        compute(product, target, operands, &mut lowered);
        lowered
    }

    /// Every phase has rows of K in every slab, and the launches and their memory are as large as so many slabs.
    #[test]
    fn no_slab_is_empty() {
        let (mut split, mut in_phases) = (0, 0);
        let simt = Target::f32(Family::Simt);
        let coop = Target { matrix: Some(MATRIX), precision: Precision::F16, ..simt.clone() };
        let makers =
            [Splitting::ALWAYS, Splitting::of(0x1002, false), Splitting::of(0x10de, false), Splitting::of(0, true)];
        for (kernel, stride, groups) in [(3, 1, 1), (3, 2, 1), (1, 1, 1), (1, 2, 1), (2, 2, 2), (5, 3, 1), (4, 2, 1)] {
            for (side, channels) in [(4, 512), (7, 96), (9, 36), (1, 2048), (3, 130)] {
                let c_out = channels / 2 / groups * groups;
                let conv = conv(kernel, stride, groups, [2, side, side, channels], c_out);
                for direction in [Direction::Forward, Direction::GradInput] {
                    for (splitting, target) in makers.iter().flat_map(|m| [(m, &simt), (m, &coop)]) {
                        let target = Target { splitting: Some(*splitting), ..target.clone() };
                        let product = Product::new(direction, &conv, target.precision);
                        let slabs = slabs(&product, &target);
                        let lowered = lowered(&product, &target);
                        let [outputs, _] = product.result_words();
                        if slabs == 1 {
                            assert_eq!((lowered.dispatches.len(), lowered.scratch.len()), (1, 0));
                            continue;
                        }
                        split += 1;
                        in_phases += usize::from(product.depths().len() > 1);
                        for depth in product.depths() {
                            let rows = slab_rows(depth, slabs, SLAB_RUN);
                            assert!((slabs - 1) * rows < depth && slabs * rows >= depth, "{product:?}: {slabs} slabs");
                        }
                        assert_eq!(lowered.scratch, [slabs * outputs]);
                        assert_eq!(lowered.dispatches.len(), 2);
                        // more slabs may mean larger tiles, but every slab has all of them
                        let groups: u32 = lowered.dispatches[0].groups.iter().product();
                        assert_eq!(groups as usize % slabs, 0, "{product:?}: {groups} workgroups");
                    }
                }
            }
        }
        assert!(split > 100 && in_phases > 20, "{split} products were split, {in_phases} of them in phases");
    }

    #[test]
    fn software_adapters_split_nothing() {
        let lane = Family::Lane(Lanes { width: 8, wide: true });
        let conv = conv(3, 1, 1, [1, 4, 4, 512], 512);
        for direction in [Direction::Forward, Direction::GradInput] {
            let product = Product::new(direction, &conv, Precision::F32);
            assert!(slabs(&product, &Target::f32(Family::Simt)) > 1);
            assert_eq!(slabs(&product, &Target::f32(lane)), 1);
            // also where they compute with the kernels of GPUs
            assert_eq!(slabs(&product, &Target { splitting: None, ..Target::f32(Family::Simt) }), 1);
            assert_eq!(slabs(&product, &Target { splitting: Some(Splitting::ALWAYS), ..Target::f32(lane) }), 1);
        }
    }

    #[test]
    fn a_target_for_any_batch_splits_as_for_one_example() {
        let any = Target::f32(Family::Simt).for_any_batch();
        for (side, channels) in [(4, 512), (14, 256), (1, 2048)] {
            let of = |n: usize, target: &Target| {
                let conv = conv(3, 1, 1, [n, side, side, channels], channels);
                [Direction::Forward, Direction::GradInput]
                    .map(|direction| slabs(&Product::new(direction, &conv, Precision::F32), target))
            };
            assert!(of(1, &any)[0] > 1 && of(1, &any) == of(1, &Target::f32(Family::Simt)));
            assert_ne!(of(64, &Target::f32(Family::Simt)), of(1, &any), "the batch decides elsewhere");
            for n in [8, 64, 500] {
                assert_eq!(of(n, &any), of(1, &any));
            }
        }
    }

    #[test]
    fn a_table_of_tiles_changes_no_slab() {
        let conv = conv(3, 1, 1, [8, 4, 4, 512], 512);
        let product = Product::new(Direction::Forward, &conv, Precision::F32);
        let target = Target::f32(Family::Simt);
        let rule = lowered(&product, &target);
        let tiling = rule.dispatches[0].tuning.clone().expect("a product has tiles");
        assert!(tiling.tiles.len() > 1);
        for &tile in &tiling.tiles {
            let tiles = crate::tuning::Tiles::new([(tiling.product.clone(), tile)]);
            let tuned = lowered(&product, &Target { tiles, ..target.clone() });
            assert_eq!(tuned.scratch, rule.scratch);
            assert!(tuned.dispatches[0].kernel.name.ends_with(&tile.to_string()));
            assert_eq!(tuned.dispatches[1], rule.dispatches[1]);
        }
    }
}
