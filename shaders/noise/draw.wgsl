// noise
//   computes  y = 2 * draw - 1, uniform in [-1, 1)
//   reads     step         writes  y, every element once
//   thread    four consecutive elements
//   A draw belongs to the number of its row in the range that is walked, step.batch_start + row, and to its column: the same
//   rows come out of batches of any size.

override STREAM: u32;
override WIDTH: u32;

@group(0) @binding(0) var<storage, read_write> y: array<Real4>;

fn draw(element: u32) -> f32 {
    return 2.0 * unit(noise(step.noise_key, STREAM, step.batch_start * WIDTH + element)) - 1.0;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT {
        return;
    }
    let e = 4u * i;
    y[i] = Real4(vec4f(draw(e), draw(e + 1u), draw(e + 2u), draw(e + 3u)));
}
