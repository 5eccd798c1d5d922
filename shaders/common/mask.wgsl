// relu / backward
//   computes  dx = dy where the activation that gave y passes it, else 0 (common/rectify_*.wgsl)
//   reads     y, dy (common/gradient1.wgsl or gradient2.wgsl)    writes  dx, every element once
//   thread    four consecutive elements

const DY = 2u;
@group(0) @binding(0) var<storage, read> y: array<RealV>;
@group(0) @binding(1) var<storage, read_write> dx: array<RealV>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT {
        return;
    }
    dx[i] = packed(passed(unpacked(y[i]), gradient_at(i)));
}
