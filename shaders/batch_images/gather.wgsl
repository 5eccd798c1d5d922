// batch_images
//   computes  y = (byte / 255 - mean[c]) / deviation[c]
//   reads     bytes of the data set (four in a word), image numbers, norm = means then deviations
//   writes    y, every element once
//   thread    one element of y
//   edge      a row whose image is 0xffffffff is all 0

override PIXELS: u32; // elements of an image: h * w * c
override C: u32;

@group(0) @binding(0) var<storage, read> bytes: array<u32>;
@group(0) @binding(1) var<storage, read> image: array<u32>;
@group(0) @binding(2) var<storage, read> norm: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT {
        return;
    }
    let number = image[i / PIXELS];
    if number == 0xffffffffu {
        y[i] = 0.0;
        return;
    }
    let position = number * PIXELS + i % PIXELS;
    let byte = (bytes[position / 4u] >> (position % 4u * 8u)) & 255u;
    y[i] = (f32(byte) / 255.0 - norm[i % C]) / norm[C + i % C];
}
