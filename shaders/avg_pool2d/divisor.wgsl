// avg_pool2d / divisor
//   How many pixels the mean of a window is over.

override INCLUDE_PAD: bool;

// Taps of the window at place o of one axis that are inside the image.
fn inside(o: u32, taps: u32, stride: u32, dilation: u32, before: u32, length: u32) -> u32 {
    var count = 0u;
    for (var k = 0u; k < taps; k++) {
        count += u32(o * stride + k * dilation - before < length);
    }
    return count;
}

fn divisor(oy: u32, ox: u32) -> f32 {
    if INCLUDE_PAD {
        return f32(KH * KW);
    }
    return f32(inside(oy, KH, SH, DH, PT, H) * inside(ox, KW, SW, DW, PL, W));
}
