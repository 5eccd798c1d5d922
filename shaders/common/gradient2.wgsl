// common / gradient, in two parts
//   The gradients that two readers give of what an op gives, bound from DY on. Their sum is rounded as if it had been stored.

@group(0) @binding(DY) var<storage, read> dy: array<RealV>;
@group(0) @binding(DY + 1u) var<storage, read> dy_too: array<RealV>;

fn gradient_at(i: u32) -> V {
    return unpacked(packed(unpacked(dy[i]) + unpacked(dy_too[i])));
}
