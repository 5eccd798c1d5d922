// activation / tangent
//   tanh for any x. The built-in one is NaN on some drivers where exp(2x) overflows, and coarse near 0. Below 0.625 this
//   is the polynomial of tanhf in Cephes (Moshier 1989).

fn tangent(x: f32) -> f32 {
    let s = x * x;
    let p = (((-5.70498872745e-3 * s + 2.06390887954e-2) * s - 5.37397155531e-2) * s + 1.33314422036e-1) * s;
    let small = x + x * s * (p - 3.33332819422e-1);
    let large = 1.0 - 2.0 / (exp(2.0 * min(abs(x), 16.0)) + 1.0);
    return select(large * sign(x), small, abs(x) < 0.625);
}

// 1 - tanh(x)^2, without cancellation.
fn tangent_slope(x: f32) -> f32 {
    let e = exp(-2.0 * abs(x));
    return 4.0 * e / ((1.0 + e) * (1.0 + e));
}
