// batch_norm / inference, gradient of x
//   dx = scale * g, where g is dy, or before a ReLU dy where that passes it (common/rectify_*.wgsl).

const GAMMA = 5u;
@group(0) @binding(3) var<storage, read> dy: array<RealV>;
@group(0) @binding(4) var<storage, read_write> dx: array<RealV>;

fn store(at: u32, value: V, scale: V) {
    dx[at] = packed(scale * passed(value, unpacked(dy[at])));
}
