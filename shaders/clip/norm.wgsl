// clip_norm (torch.nn.utils.clip_grad_norm_)
//   computes  g *= min(1, NORM / (|g| + 1e-6)), |g| the root of the sum of the squares of all true gradients
//   reads     totals, the sum of the squares      updates  gradients, every element once
//   thread    one element

override NORM: f32;

const LOSS_SCALE = 2u;
@group(0) @binding(0) var<storage, read_write> gradients: array<f32>;
@group(0) @binding(1) var<storage, read> totals: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT || step_is_skipped() {
        return;
    }
    let norm = true_gradient(sqrt(totals[0]));
    gradients[i] *= min(1.0, NORM / (norm + 1e-6));
}
