// average_views
//   computes  average = weight * x in a batch's first view, average + weight * x in later ones; y = average
//   reads     x, step      updates  average      writes  y, every element once
//   thread    one element
//   Bit 1 of step.view says that views of the same batch came before.

@group(0) @binding(0) var<storage, read> x: array<Real>;
@group(0) @binding(1) var<storage, read_write> average: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<Real>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT {
        return;
    }
    let before = select(0.0, average[i], (step.view & 2u) == 2u);
    let sum = before + step.view_weight * f32(x[i]);
    average[i] = sum;
    y[i] = Real(sum);
}
