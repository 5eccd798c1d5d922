// augment / source
//   A pixel of a row as its image was drawn to be, before anything is done to its colour.

override H: i32;
override W: i32;
override C: u32;
override OUTSIDE: u32;
override BETWEEN: bool;
override OPERATIONS: u32;
override JITTER: bool;
override TURNS_GREY: bool;
override TURNED_GREY: i32;

@group(0) @binding(1) var<storage, read> drawn: array<vec4i>;

const NOBODY = -1;

// What draw.wgsl wrote for a row.
struct Drawn {
    image: i32,
    centre: vec2i,
    matrix: vec4i,
    colours: vec4i,
    jitter: vec3i,
    rows: i32,
    columns: i32,
}

fn drawn_for(row: u32) -> Drawn {
    let a = drawn[4u * row];
    let b = drawn[4u * row + 3u];
    var colours = vec4i(0);
    if OPERATIONS > 0u {
        colours = drawn[4u * row + 2u];
    }
    return Drawn(a.x, a.yz, drawn[4u * row + 1u], colours, b.xyz, a.w, b.w);
}

fn byte_at(element: u32) -> f32 {
    return f32(data_byte(element));
}

// A place inside for one that may be outside. A mirror is even, and % of negative numbers is undefined in GLSL.
fn inside(i: i32, n: i32) -> i32 {
    if OUTSIDE == 1u && n > 1 {
        let period = 2 * (n - 1);
        let r = abs(i) % period;
        return min(r, period - r);
    }
    return clamp(i, 0, n - 1);
}

// Values 0..255 of pixel (y, x), a channel each: linear between four pixels at 1/256 of a pixel, exact in f32. A place more
// than half a pixel outside is black if OUTSIDE is 0, as in Pillow.
fn source(d: Drawn, y: i32, x: i32) -> vec4f {
    let from_centre = vec2i(2 * y - (H - 1), 2 * x - (W - 1));
    let m = d.matrix;
    let doubled = d.centre + vec2i(m.x * from_centre.x + m.y * from_centre.y, m.z * from_centre.x + m.w * from_centre.y);
    let place = (doubled + 64) >> vec2u(7u);
    var values = vec4f(0.0);
    if OUTSIDE == 0u && (any(place < vec2i(-128)) || any(place >= 256 * vec2i(H, W) - 128)) {
        return values;
    }
    let first = place >> vec2u(8u);
    let image = u32(d.image) * u32(H * W);
    let top = image + u32(inside(first.x, H) * W);
    let left = u32(inside(first.y, W));
    if !BETWEEN {
        for (var c = 0u; c < C; c++) {
            values[c] = byte_at((top + left) * C + c);
        }
        return values;
    }
    let bottom = image + u32(inside(first.x + 1, H) * W);
    let right = u32(inside(first.y + 1, W));
    let part = vec2f(place & vec2i(255)) / 256.0;
    for (var c = 0u; c < C; c++) {
        let upper = byte_at((top + left) * C + c) * (1.0 - part.y) + byte_at((top + right) * C + c) * part.y;
        let lower = byte_at((bottom + left) * C + c) * (1.0 - part.y) + byte_at((bottom + right) * C + c) * part.y;
        values[c] = upper * (1.0 - part.x) + lower * part.x;
    }
    return values;
}
