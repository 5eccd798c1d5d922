// batch_norm / inference, forward
//   y is the value, and what ends it (common/rectify_*.wgsl).

const GAMMA = 4u;
@group(0) @binding(3) var<storage, read_write> y: array<RealV>;

fn store(at: u32, value: V, scale: V) {
    y[at] = packed(rectified(value));
}
