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
override GRAYSCALE: u32;
override TURNED_GREY: i32;

@group(0) @binding(0) var<storage, read> images: array<u32>;
@group(0) @binding(1) var<storage, read> table: array<i32>;
@group(0) @binding(2) var<storage, read_write> drawn: array<vec4i>;

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
    let grey = select(0, TURNED_GREY, chance(draw(14u, image), GRAYSCALE));
    let jitter = vec3i(order(draw(24u, image)) | grey, brightness | (contrast << 16u), saturation | (hue << 16u));
    drawn[4u * row] = vec4i(i32(place_of(row, image)), map.centre, box.x);
    drawn[4u * row + 1u] = map.matrix;
    drawn[4u * row + 2u] = colours;
    drawn[4u * row + 3u] = vec4i(jitter, box.y);
}
