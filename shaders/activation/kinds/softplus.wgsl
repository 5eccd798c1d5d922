// activation / softplus
//   log(1 + exp(x))

fn activate(x: f32) -> f32 {
    let e = exp(-abs(x));
    // log(1 + e) by its series where 1 + e would lose e's digits
    let rest = select(log(1.0 + e), e * (1.0 - e * (0.5 - e / 3.0)), e < 0.01);
    return max(x, 0.0) + rest;
}

fn slope(x: f32) -> f32 {
    return logistic(x);
}
