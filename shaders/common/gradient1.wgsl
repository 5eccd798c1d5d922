// common / gradient, in one part
//   The gradient of what an op gives, bound at DY.

@group(0) @binding(DY) var<storage, read> dy: array<RealV>;

fn gradient_at(i: u32) -> V {
    return unpacked(dy[i]);
}
