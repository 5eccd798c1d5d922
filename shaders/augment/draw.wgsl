// augment / draw
//   computes  what each row's image undergoes: where its pixels come from, which box is erased, which colours change
//   reads     image numbers, table (cosines, sizes of boxes), step      writes  drawn, four words of four a row
//   thread    one row
//   edge      a row that holds nobody draws nothing: its first word is -1
//   Whole numbers only, so that every device draws the same: fractions are multiples of 2^-14 (ONE), and coordinates are
//   doubled and counted from the centre, so that the centre between two pixels is a whole number as well.

override H: i32;
override W: i32;
override FLIP: u32;
override ALTERNATE: bool;
override FLIP_VERTICAL: u32;
override CROP: i32;
override RESIZED: bool;
override ROTATE: i32;
override SHIFT_Y: i32;
override SHIFT_X: i32;
override SHEAR: i32;
override ZOOM: i32;
override ZOOM_RANGE: u32;
override ERASE: u32;
override CUTOUT: i32;
override OPERATIONS: u32;
override RA_ANGLE: i32;
override RA_SHEAR: i32;
override RA_SHIFT_Y: i32;
override RA_SHIFT_X: i32;
override RA_FACTOR: i32;
override RA_BITS: u32;
override RA_SOLARIZE: u32;
override BRIGHTNESS: i32;
override CONTRAST: i32;
override SATURATION: i32;
override HUE: i32;

const ONE = 16384;
const TURN = 4096;
const STEPS = 256u;

@group(0) @binding(0) var<storage, read> images: array<u32>;
@group(0) @binding(1) var<storage, read> table: array<i32>;
@group(0) @binding(2) var<storage, read_write> drawn: array<vec4i>;

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

fn cropped(image: u32) -> Map {
    if RESIZED {
        var size = box_size(u32(TURN), 32u, image, vec2i(H, W));
        if size.x == 0 {
            size = vec2i(H, W);
        }
        let first = vec2i(i32(below(draw(2u, image), u32(H - size.x + 1))), i32(below(draw(3u, image), u32(W - size.y + 1))));
        let matrix = vec4i(size.x * ONE / H, 0, 0, size.y * ONE / W);
        return Map(matrix, (2 * first + size - 1) * ONE);
    }
    let shift = vec2i(around(draw(2u, image), CROP), around(draw(3u, image), CROP));
    return Map(vec4i(ONE, 0, 0, ONE), (2 * shift + vec2i(H, W) - 1) * ONE);
}

fn flipped(before: Map, image: u32) -> Map {
    var map = before;
    let alternating = ((noise(vec2u(0u, 1u), 0u, image) ^ step.epoch) & 1u) == 1u;
    if chance(draw(0u, image), FLIP) || (ALTERNATE && alternating) {
        map.matrix.w = -map.matrix.w;
    }
    if chance(draw(1u, image), FLIP_VERTICAL) {
        map.matrix.x = -map.matrix.x;
    }
    return map;
}

fn affine(before: Map, image: u32) -> Map {
    var map = before;
    if ZOOM != ONE || ZOOM_RANGE != 0u {
        let inverse = ONE * ONE / (ZOOM + i32(below(draw(8u, image), ZOOM_RANGE + 1u)));
        map = followed(map, vec4i(inverse, 0, 0, inverse), vec2i(0));
    }
    if SHEAR != 0 {
        map = followed(map, vec4i(ONE, 0, -around(draw(7u, image), SHEAR), ONE), vec2i(0));
    }
    if ROTATE != 0 {
        map = followed(map, rotation(around(draw(4u, image), ROTATE)), vec2i(0));
    }
    if SHIFT_Y + SHIFT_X != 0 {
        let shift = vec2i(around(draw(5u, image), SHIFT_Y), around(draw(6u, image), SHIFT_X));
        map = followed(map, vec4i(ONE, 0, 0, ONE), shift);
    }
    return map;
}

fn corners(box: vec4i) -> vec2i {
    return vec2i(box.x | (box.y << 16u), box.z | (box.w << 16u));
}

// Rows and columns that are erased, each as first | (end << 16): a box of random shape, else the square, else none.
fn erased(image: u32) -> vec2i {
    if chance(draw(9u, image), ERASE) {
        let size = box_size(u32(TURN) + 3u * STEPS, 48u, image, vec2i(H, W) - 1);
        let first = vec2i(i32(below(draw(10u, image), u32(H - size.x + 1))), i32(below(draw(11u, image), u32(W - size.y + 1))));
        if size.x > 0 {
            return corners(vec4i(first.x, first.x + size.x, first.y, first.y + size.y));
        }
    }
    if CUTOUT > 0 {
        let first = vec2i(i32(below(draw(12u, image), u32(H))), i32(below(draw(13u, image), u32(W)))) - CUTOUT / 2;
        let end = min(first + CUTOUT, vec2i(H, W));
        let start = max(first, vec2i(0));
        return corners(vec4i(start.x, end.x, start.y, end.y));
    }
    return vec2i(0);
}

// A factor in max(0, 1 - x) ..= 1 + x.
fn factor(bits: u32, x: i32) -> i32 {
    let least = max(ONE - x, 0);
    return least + i32(below(bits, u32(ONE + x - least) + 1u));
}

// A permutation of 0..4, two bits each.
fn order(bits: u32) -> i32 {
    let number = below(bits, 24u);
    var left = 0x3210u;
    var all = 0u;
    for (var i = 0u; i < 4u; i++) {
        let at = 4u * select(select(select(0u, number % 2u, i == 2u), number % 6u / 2u, i == 1u), number / 6u, i == 0u);
        all |= ((left >> at) & 3u) << (2u * i);
        left = (left & ((1u << at) - 1u)) | ((left >> (at + 4u)) << at);
    }
    return i32(all);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let row = flat_index(group, lane);
    if row >= COUNT {
        return;
    }
    let image = images[row];
    var map = affine(flipped(cropped(image), image), image);
    // the operations on colours that are left for the pixels: kind | (argument << 8)
    var colours = vec4i(0);
    for (var i = 0u; i < OPERATIONS; i++) {
        let bits = draw(16u + i, image);
        let sign = select(1, -1, (bits & 1u) == 1u);
        let changed = (ONE + sign * RA_FACTOR) << 8u;
        switch below(bits, 12u) {
            case 1u: { map = followed(map, rotation(sign * RA_ANGLE), vec2i(0)); }
            case 2u: { map = followed(map, vec4i(ONE, 0, -sign * RA_SHEAR, ONE), vec2i(0)); }
            case 3u: { map = followed(map, vec4i(ONE, -sign * RA_SHEAR, 0, ONE), vec2i(0)); }
            case 4u: { map = followed(map, vec4i(ONE, 0, 0, ONE), vec2i(0, sign * RA_SHIFT_X)); }
            case 5u: { map = followed(map, vec4i(ONE, 0, 0, ONE), vec2i(sign * RA_SHIFT_Y, 0)); }
            case 6u: { colours[i] = 1 | changed; }
            case 7u: { colours[i] = 2 | changed; }
            case 8u: { colours[i] = 3 | changed; }
            case 9u: { colours[i] = 4 | i32(RA_BITS << 8u); }
            case 10u: { colours[i] = 5 | i32(RA_SOLARIZE << 8u); }
            case 11u: { colours[i] = 6; }
            default: {}
        }
    }
    let box = erased(image);
    let brightness = factor(draw(20u, image), BRIGHTNESS);
    let contrast = factor(draw(21u, image), CONTRAST);
    let saturation = factor(draw(22u, image), SATURATION);
    let hue = around(draw(23u, image), HUE) + ONE;
    let jitter = vec3i(order(draw(24u, image)), brightness | (contrast << 16u), saturation | (hue << 16u));
    drawn[4u * row] = vec4i(i32(image), map.centre, box.x);
    drawn[4u * row + 1u] = map.matrix;
    drawn[4u * row + 2u] = colours;
    drawn[4u * row + 3u] = vec4i(jitter, box.y);
}
