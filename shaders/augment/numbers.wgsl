// augment / numbers
//   Drawn numbers, and maps from the result to its source in fixed point.

const ONE = 16384;
const TURN = 4096;
const STEPS = 256u;

// From a pixel of the result, doubled and from its centre, to one of the source: (yy, yx, xy, xx) and the doubled source of
// the centre.
struct Map {
    matrix: vec4i,
    centre: vec2i,
}

fn below(bits: u32, n: u32) -> u32 {
    return ((bits >> 16u) * n) >> 16u;
}

// A whole number in -most ..= most.
fn around(bits: u32, most: i32) -> i32 {
    return i32(below(bits, 2u * u32(most) + 1u)) - most;
}

fn chance(bits: u32, threshold: u32) -> bool {
    return (bits >> 8u) < threshold;
}

fn draw(stream: u32, image: u32) -> u32 {
    return noise(step.augment_key, stream, image);
}

fn times(a: i32, b: i32) -> i32 {
    return (a * b) >> 14u;
}

// The map of `before`, followed by a transform with this inverse matrix and a shift by whole pixels.
fn followed(before: Map, inverse: vec4i, shift: vec2i) -> Map {
    let a = before.matrix;
    let m = vec4i(times(a.x, inverse.x) + times(a.y, inverse.z), times(a.x, inverse.y) + times(a.y, inverse.w),
        times(a.z, inverse.x) + times(a.w, inverse.z), times(a.z, inverse.y) + times(a.w, inverse.w));
    let moved = 2 * vec2i(m.x * shift.x + m.y * shift.y, m.z * shift.x + m.w * shift.y);
    return Map(m, before.centre - moved);
}

fn rotation(angle: i32) -> vec4i {
    let at = (angle + TURN) % TURN;
    let cosine = table[at];
    let sine = table[(at + 3 * TURN / 4) % TURN];
    return vec4i(cosine, sine, -sine, cosine);
}

// Height and width of a box from the table's part at `part`: the first of ten that fits, or 0, 0.
fn box_size(part: u32, stream: u32, image: u32, most: vec2i) -> vec2i {
    for (var attempt = 0u; attempt < 10u; attempt++) {
        let bits = draw(stream + attempt, image);
        let root = u32(table[part + (bits >> 24u)]);
        let shape = (bits >> 16u) & 255u;
        let wide = (root * u32(table[part + STEPS + shape]) + 131072u) >> 18u;
        let high = (root * u32(table[part + 2u * STEPS + shape]) + 131072u) >> 18u;
        let size = vec2i(i32(high), i32(wide));
        if all(size >= vec2i(1)) && all(size <= most) {
            return size;
        }
    }
    return vec2i(0);
}
