// adafactor / factored
//   computes  u = g / sqrt(max(r c / max(mean of r, EPSILON), EPSILON^2)): row and column stand for the second moment
//   reads     g, r, c, mean        writes u, every element once
//   thread    one element of the tensor

override ROWS: u32;
override COLUMNS: u32;
override EPSILON: f32;

const LOSS_SCALE = 5u;
@group(0) @binding(0) var<storage, read> g: array<f32>;
@group(0) @binding(1) var<storage, read> r: array<f32>;
@group(0) @binding(2) var<storage, read> c: array<f32>;
@group(0) @binding(3) var<storage, read> mean: array<f32>;
@group(0) @binding(4) var<storage, read_write> u: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT {
        return;
    }
    let row = i / COLUMNS;
    let matrix = row / ROWS;
    let second = r[row] * c[matrix * COLUMNS + i % COLUMNS] / max(mean[matrix], EPSILON);
    u[i] = true_gradient(g[i]) / sqrt(max(second, EPSILON * EPSILON));
}
