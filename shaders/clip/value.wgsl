// clip_value (torch.nn.utils.clip_grad_value_)
//   computes  g = min(max(g, -VALUE), VALUE), of the true gradient
//   updates   gradients, every element once
//   thread    one element

override VALUE: f32;

const LOSS_SCALE = 1u;
@group(0) @binding(0) var<storage, read_write> gradients: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT || step_is_skipped() {
        return;
    }
    let scaled = gradients[i];
    if abs(true_gradient(scaled)) > VALUE {
        gradients[i] = sign(scaled) * (VALUE / true_gradient(1.0));
    }
}
