// activation / mish
//   x tanh(log(1 + exp(x))). With e = exp(-|x|) the tangent is a / (a + b), where a = 1 + 2e and b = 2e^2 above 0, and
//   a = e^2 + 2e and b = 2 below: nothing overflows.

struct Parts { a: f32, b: f32 }

fn parts(x: f32) -> Parts {
    let e = exp(-abs(x));
    if x > 0.0 {
        return Parts(1.0 + 2.0 * e, 2.0 * e * e);
    }
    return Parts(e * (e + 2.0), 2.0);
}

fn activate(x: f32) -> f32 {
    let p = parts(x);
    return x * p.a / (p.a + p.b);
}

fn slope(x: f32) -> f32 {
    let p = parts(x);
    let sum = p.a + p.b;
    // 1 - t^2 = (1 - t) (1 + t)
    let left = p.b / sum * ((p.a + sum) / sum);
    return p.a / sum + x * left * logistic(x);
}
