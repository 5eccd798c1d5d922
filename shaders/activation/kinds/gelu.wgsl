// activation / gelu
//   x times the normal distribution function: x (1 + erf(x / sqrt 2)) / 2
//   erf by the three polynomials of erff and erfcf in Cephes (Moshier 1989), each within a rounding of f32.

struct Normal { below: f32, density: f32 }

// The normal distribution function and its density.
fn normal(x: f32) -> Normal {
    let z = 0.70710678 * min(abs(x), 16.0);
    let t = z * z;
    let e = exp(-t);
    // erf(z), z < 1
    let t1 = ((7.853861353153693e-5 * t - 8.010193625184903e-4) * t + 5.188327685732524e-3) * t;
    let t2 = ((t1 - 2.685381193529856e-2) * t + 1.128358514861418e-1) * t;
    let erf = z * ((t2 - 3.761262582423300e-1) * t + 1.128379165726710);
    // 1 - erf(z) = exp(-z^2) / z times a polynomial of 1 / z^2: one for 1 <= z < 2, one beyond
    let q = 1.0 / max(z, 1.0);
    let w = q * q;
    let p1 = ((2.326819970068386e-2 * w - 1.387039388740657e-1) * w + 3.687424674597105e-1) * w;
    let p2 = ((p1 - 5.824733027278666e-1) * w + 6.210004621745983e-1) * w;
    let p3 = ((p2 - 4.944515323274145e-1) * w + 3.404879937665872e-1) * w;
    let near = (p3 - 2.741127028184656e-1) * w + 5.638259427386472e-1;
    let r1 = ((-1.047766399936249e+1 * w + 1.297719955372516e+1) * w - 7.495518717768503) * w;
    let r2 = ((r1 + 2.921019019210786) * w - 1.015265279202700) * w;
    let far = ((r2 + 4.218463358204948e-1) * w - 2.820767439740514e-1) * w + 5.641895067754075e-1;
    let tail = e * q * select(far, near, z < 2.0);
    let upper = 0.5 * select(tail, 1.0 - erf, z < 1.0);
    return Normal(select(upper, 1.0 - upper, x > 0.0), 0.39894228 * e);
}

fn activate(x: f32) -> f32 {
    return x * normal(x).below;
}

fn slope(x: f32) -> f32 {
    let n = normal(x);
    return n.below + x * n.density;
}
