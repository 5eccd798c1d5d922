// loss_scale (torch.amp.GradScaler)
//   computes  after an overflow: scale / 2, and no good steps; after INTERVAL good steps: scale * 2
//   updates   loss_scale (common/loss_scale.wgsl)
//   thread    one does everything

override INTERVAL: f32;
override SMALLEST: f32;
override LARGEST: f32;

@group(0) @binding(0) var<storage, read_write> loss_scale: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    if flat_index(group, lane) >= COUNT {
        return;
    }
    var scale = loss_scale[LOSS_SCALE_FACTOR];
    var good = loss_scale[LOSS_SCALE_GOOD_STEPS] + 1.0;
    if loss_scale[LOSS_SCALE_OVERFLOWED] != 0.0 {
        scale = max(scale * 0.5, SMALLEST);
        good = 0.0;
    } else if good >= INTERVAL {
        scale = min(scale * 2.0, LARGEST);
        good = 0.0;
    }
    loss_scale[LOSS_SCALE_FACTOR] = scale;
    loss_scale[LOSS_SCALE_INVERSE] = 1.0 / scale;
    loss_scale[LOSS_SCALE_GOOD_STEPS] = good;
    loss_scale[LOSS_SCALE_OVERFLOWED] = 0.0;
}
