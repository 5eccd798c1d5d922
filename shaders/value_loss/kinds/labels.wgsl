// value_loss / labels
//   What the losses of labels, 0 or 1, share: x > 0 is the answer 1.

// sigmoid(v) and sigmoid(-v), each with all its digits, and log(1 + exp(-|v|))
fn sigmoids(v: f32) -> vec3f {
    let e = exp(-abs(v));
    let near = 1.0 / (1.0 + e);
    let pair = select(vec2f(e * near, near), vec2f(near, e * near), v >= 0.0);
    // log(1 + e) would lose a small e
    let tail = select(log(1.0 + e), e * (1.0 - 0.5 * e), e < 1e-4);
    return vec3f(pair, tail);
}

fn bce(v: f32, t: f32, positive: f32) -> vec2f {
    let s = sigmoids(v);
    let loss = (1.0 - t) * (max(v, 0.0) + s.z) + positive * t * (max(-v, 0.0) + s.z);
    return vec2f(loss, (1.0 - t) * s.x - positive * t * s.y);
}
