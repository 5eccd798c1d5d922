// dropout
//   computes  y = x / (1 - RATE) where the draw of its unit is RATE or more, else 0; backward runs it on dy, with the same
//             draws
//   reads     x        writes  y, every element once
//   thread    four consecutive elements
//   A unit is UNIT elements that stay or go together, an element or a whole image; with CHANNELS > 1 one channel of UNIT
//   elements, an image.

override RATE: f32;
override STREAM: u32;
override UNIT: u32;
override CHANNELS: u32;

@group(0) @binding(0) var<storage, read> x: array<Real4>;
@group(0) @binding(1) var<storage, read_write> y: array<Real4>;

// 0, or what an element that stays is multiplied by.
fn factor(element: u32) -> f32 {
    let number = element / UNIT * CHANNELS + element % CHANNELS;
    let stays = unit(noise(step.noise_key, STREAM, number)) >= RATE;
    return select(0.0, 1.0 / (1.0 - RATE), stays);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT {
        return;
    }
    let e = 4u * i;
    let factors = vec4f(factor(e), factor(e + 1u), factor(e + 2u), factor(e + 3u));
    // what has gone is 0 even where x is not finite
    y[i] = Real4(select(vec4f(x[i]) * factors, vec4f(0.0), factors == vec4f(0.0)));
}
