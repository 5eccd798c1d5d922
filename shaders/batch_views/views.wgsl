// batch_views
//   computes  y = (byte / 255 - mean[c]) / deviation[c] of each row's image, looked at as step.view says
//   reads     bytes of the data set, image numbers, norm = means then deviations, step     writes  y, every element once
//   thread    one element of y
//   edge      a row whose image is 0xffffffff is all 0; a pixel from outside is the one that the border mirrors
//   A view is mirror | (rows + 128) << 8 | (columns + 128) << 16, or 0: the image is moved, then mirrored. Moved, its pixel
//   [i, j] is the pixel (i + rows, j + columns) of the image.

override H: i32;
override W: i32;
override C: i32;

const MORE_DATA = 4u;

@group(0) @binding(1) var<storage, read> image: array<u32>;
@group(0) @binding(2) var<storage, read> norm: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<Real>;

// The mirrored place. A mirror is even, and % of negative numbers is undefined in GLSL.
fn inside(i: i32, n: i32) -> i32 {
    if n < 2 {
        return 0;
    }
    let period = 2 * (n - 1);
    let r = abs(i) % period;
    return min(r, period - r);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let element = flat_index(group, lane);
    if element >= COUNT {
        return;
    }
    let i = i32(element);
    let number = image[i / (H * W * C)];
    if number == 0xffffffffu {
        y[element] = Real(0.0);
        return;
    }
    let c = i % C;
    var row = i / C / W % H;
    var column = i / C % W;
    if step.view != 0u {
        row = inside(row + i32((step.view >> 8u) & 255u) - 128, H);
        column = select(column, W - 1 - column, (step.view & 1u) == 1u);
        column = inside(column + i32((step.view >> 16u) & 255u) - 128, W);
    }
    let at = number * u32(H * W * C) + u32((row * W + column) * C + c);
    let byte = data_byte(at);
    y[element] = Real((f32(byte) / 255.0 - norm[c]) / norm[C + c]);
}
