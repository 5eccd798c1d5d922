// lookahead
//   computes  slow = slow + (1 - step.ema_decay) * (fast - slow), fast = slow; nothing where the decay is 1
//   updates   fast and slow, every element once, and their copies for products
//   thread    four consecutive elements

@group(0) @binding(0) var<storage, read_write> fast: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> slow: array<vec4f>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT || step.ema_decay == 1.0 {
        return;
    }
    let before = slow[i];
    let now = before + (1.0 - step.ema_decay) * (fast[i] - before);
    slow[i] = now;
    fast[i] = now;
    store_copies(i, now);
}
