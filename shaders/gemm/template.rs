//! Expands the templates of the matrix products. Their text is complete WGSL with every size a constant.

use std::sync::LazyLock;

use minijinja::{Environment, Value, context};

use super::phase::{self, Phase};
use super::product::{Direction, Product};
use super::{Conv, SLAB_RUN, Tiling, slab_rows};
use crate::dtype::Precision;
use crate::templates;
use crate::window::Placed;

static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    templates::environment(&[
        ("loaders.wgsl.j2", include_str!("loaders.wgsl.j2")),
        ("lane.wgsl.j2", include_str!("lane.wgsl.j2")),
        ("lane_store.wgsl.j2", include_str!("lane_store.wgsl.j2")),
        ("simt.wgsl.j2", include_str!("simt.wgsl.j2")),
        ("coop.wgsl.j2", include_str!("coop.wgsl.j2")),
        ("fetch.wgsl.j2", include_str!("fetch.wgsl.j2")),
        ("places.wgsl.j2", include_str!("places.wgsl.j2")),
        ("prefetch.wgsl.j2", include_str!("prefetch.wgsl.j2")),
        ("kept.wgsl.j2", include_str!("kept.wgsl.j2")),
        ("store.wgsl.j2", include_str!("store.wgsl.j2")),
        ("trial.wgsl.j2", include_str!("trial.wgsl.j2")),
    ])
});

/// How operands are read and written.
pub(super) struct Storage {
    /// The type in which A is read: one element, four or eight channels, or two as one 64-bit integer.
    pub a_type: &'static str,
    /// The type in which B is read.
    pub b_type: &'static str,
    /// Columns in one store of C; 1 for scalars.
    pub c_columns: usize,
}

impl Storage {
    /// Runs of four channels or columns wherever four divides them.
    pub fn in_fours(product: &Product) -> Self {
        let Conv { c_in, c_out, groups, .. } = product.conv;
        let (per_in, per_out) = (c_in / groups, c_out / groups);
        let gathered = if product.direction == Direction::GradInput { per_out } else { per_in };
        let four = |channels: usize| if channels.is_multiple_of(4) { 4 } else { 1 };
        Storage {
            a_type: real_vector(four(gathered)),
            b_type: real_vector(four(per_out)),
            c_columns: four(product.sizes()[1]),
        }
    }

    /// The same with runs of eight channels of both operands.
    pub fn in_eights(self) -> Self {
        Storage { a_type: "Eight", b_type: "Eight", ..self }
    }
}

/// The WGSL type of a run of columns of f32.
pub(super) fn vector(columns: usize) -> &'static str {
    match columns {
        1 => "f32",
        2 => "vec2f",
        4 => "vec4f",
        _ => unreachable!("runs are of 1, 2 or 4 columns"),
    }
}

/// The type of a run of columns of f32 that is loaded two at a time.
pub(super) fn pairs(columns: usize) -> &'static str {
    match columns {
        2 => "u64",
        4 => "vec2<u64>",
        _ => unreachable!("runs of pairs are of 2 or 4 columns"),
    }
}

/// The type of a run of columns as wide as the precision says.
pub(super) fn real_vector(columns: usize) -> &'static str {
    match columns {
        1 => "Real",
        2 => "Real2",
        4 => "Real4",
        _ => unreachable!("runs are of 1, 2 or 4 columns"),
    }
}

/// The text of `template` with these sizes.
pub(super) fn text(template: &str, sizes: Value) -> String {
    templates::render(&TEMPLATES, template, sizes)
}

/// Expands `template` for `product`; `own` holds what only that family knows. Returns the text and the grid.
pub(super) fn expand(
    template: &str,
    product: &Product,
    tiling: &Tiling,
    storage: &Storage,
    own: Value,
) -> (String, [u32; 2]) {
    let [_, n, _] = product.sizes();
    let (tiles_m, phases) = rows_of_tiles(product, tiling.tile[0], tiling.slabs);
    let tiles_n = n.div_ceil(tiling.tile[1]);
    let tiles = tiles_m * tiles_n * product.conv.groups * tiling.slabs;
    let grid = crate::dispatch::fold(tiles);
    // sums that are not ended here are never rounded
    let partial = product.direction == Direction::GradWeight || tiling.slabs > 1;
    let shared = context! {
        tiles, tiles_m, tiles_n, phases,
        slab => tiling.slab, slabs => tiling.slabs,
        grid_x => grid[0], folded => (grid[0] * grid[1]) as usize != tiles,
        a_type => storage.a_type, b_type => storage.b_type,
        a_vec => matches!(storage.a_type, "Real4" | "Eight"), b_vec => !matches!(storage.b_type, "Real" | "u64"),
        out => if partial { "f32" } else { "Real" },
        c_columns => storage.c_columns,
        c_type => if partial { vector(storage.c_columns) } else { real_vector(storage.c_columns) },
        ..geometry(product)
    };
    let text = text(template, context! { ..own, ..shared });
    (format!("{}\n{text}", header(template, product.precision)), grid)
}

/// How slices of `tile_k` along K lie: whether none of them reaches past the end of K, and whether each is under one tap.
pub(super) fn slices(product: &Product, tiling: &Tiling, tile_k: usize) -> Value {
    let [_, _, k] = product.sizes();
    let whole = product.depths().iter().chain([&k]).all(|depth| depth.is_multiple_of(tile_k))
        && (tiling.slabs - 1) * tiling.slab < k;
    let channels = match product.direction {
        Direction::Forward => product.conv.c_in,
        Direction::GradInput => product.conv.c_out,
        Direction::GradWeight => 1,
    };
    let one_tap = whole && (channels / product.conv.groups).is_multiple_of(tile_k);
    context! { whole, one_tap, tile_k }
}

fn header(template: &str, precision: Precision) -> String {
    let real = crate::source::real(precision);
    if template.starts_with("coop") { format!("enable wgpu_cooperative_matrix;\n{real}") } else { real.into() }
}

/// Tiles along the rows of a product, and its phases with the tiles of each and the rows of K in each of `slabs`, where it has
/// phases.
pub(super) fn rows_of_tiles(product: &Product, tile_m: usize, slabs: usize) -> (usize, Vec<Value>) {
    let mut end = 0;
    let phases = product.phases().into_iter().map(|phase| {
        let [rows, depth] = product.phase_sizes(&phase);
        let begin = end;
        end += rows.div_ceil(tile_m);
        let Phase { first, count, origin, tap, taps } = phase;
        context! {
            begin, end, rows, depth, slab => slab_rows(depth, slabs, SLAB_RUN),
            height => count[0], width => count[1], first_y => first[0], first_x => first[1],
            // a phase without taps has nothing to sum; its tap is never asked for
            origin_y => origin[0], origin_x => origin[1], taps_w => taps[1].max(1), tap_y => tap[0], tap_x => tap[1],
        }
    });
    let phases: Vec<Value> = phases.collect();
    if phases.is_empty() { (product.sizes()[0].div_ceil(tile_m), phases) } else { (end, phases) }
}

/// The sizes that `loaders.wgsl.j2` names.
fn geometry(product: &Product) -> Value {
    let Conv { placed, c_in, c_out, groups, .. } = &product.conv;
    let Placed { input, output, kernel, stride, dilation, before } = *placed;
    let [m, n, k] = product.sizes();
    let back = product.direction == Direction::GradInput;
    let signed = |v: usize| i64::try_from(v).expect("sizes fit");
    let (source, pixels, source_c) = if back { (output, input, c_out) } else { (input, output, c_in) };
    let [filter_steps, source_steps] = phase::tap_steps(&product.conv);
    let (step, origin, tap): (Vec<i64>, Vec<i64>, Vec<i64>) = if back {
        // of a product with phases only the taps' steps are asked for
        (vec![1, 1], before.map(signed).to_vec(), source_steps.map(|d| -signed(d)).to_vec())
    } else {
        (stride.map(signed).to_vec(), before.map(|b| -signed(b)).to_vec(), dilation.map(signed).to_vec())
    };
    let bias = match (product.bias, product.direction) {
        (false, _) => "",
        (true, Direction::Forward | Direction::GradInput) => "add",
        (true, Direction::GradWeight) => "sum",
    };
    context! {
        direction => product.direction.name(), bias, rectifier => product.rectifier.name(), masked => product.masked,
        m, n, k, groups,
        source_h => source[0], source_w => source[1], source_c, source_cg => source_c / groups,
        pixels_h => pixels[0], pixels_w => pixels[1],
        kw => kernel[1], stride_h => stride[0], stride_w => stride[1],
        step_h => step[0], step_w => step[1], origin_h => origin[0], origin_w => origin[1],
        tap_h => tap[0], tap_w => tap[1], tap_step_h => filter_steps[0], tap_step_w => filter_steps[1],
        padded => if back { kernel != [1, 1] || before != [0, 0] || input != output } else { placed.reaches_outside() },
        b_row => c_out, c_row => if back { c_in } else { c_out },
    }
}
