// ema
//   computes  average = step.ema_decay * average + (1 - step.ema_decay) * p
//   reads     p        updates  average, every element once, and its copy for products
//   thread    four consecutive elements

@group(0) @binding(0) var<storage, read> p: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> average: array<vec4f>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT {
        return;
    }
    let before = average[i];
    let now = before + (1.0 - step.ema_decay) * (p[i] - before);
    average[i] = now;
    store_copy(i, now);
}
