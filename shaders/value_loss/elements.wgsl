// value_loss / elements
//   computes  gradient = scale * weight / K * slope(x, t), and for each part of a row the sum of weight / K * loss(x, t) and
//             whether every label in it is right (x > 0 where t > 0.5)
//   reads     x, targets, weights, loss_scale, pos_weight
//   writes    gradient, sums, right, every element once
//   thread    one part of a row: every PARTS-th of its K elements, so that neighbours read neighbours
//   edge      a row of weight 0 gives 0 everywhere; numbers to be predicted have no right answers: 0
//   ties      the slope of |d| at 0 is 0
//   What an option does not need is bound to `weights`, and not read.

override K: u32;
override PARTS: u32;
// one of these
override KIND: u32;
const BCE = 0u;
const FOCAL = 1u;
const MSE = 2u;
const MAE = 3u;
const HUBER = 4u;
// gamma of focal, delta of huber
override SHAPE: f32;
// alpha of focal (negative: none), the factor of huber
override FACTOR: f32;
override SCALED: bool;
override POSITIVES: bool;

@group(0) @binding(0) var<storage, read> x: array<Real>;
@group(0) @binding(1) var<storage, read> targets: array<Target>;
@group(0) @binding(2) var<storage, read> weights: array<f32>;
@group(0) @binding(3) var<storage, read> loss_scale: array<f32>;
@group(0) @binding(4) var<storage, read> pos_weight: array<f32>;
@group(0) @binding(5) var<storage, read_write> sums: array<f32>;
@group(0) @binding(6) var<storage, read_write> right: array<f32>;
@group(0) @binding(7) var<storage, read_write> gradient: array<Real>;

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

fn focal(v: f32, t: f32) -> vec2f {
    let s = sigmoids(v);
    let plain = bce(v, t, 1.0);
    let miss = max(s.x * (1.0 - t) + s.y * t, 1e-30);
    let power = pow(miss, SHAPE);
    let slope = power * plain.y - plain.x * SHAPE * power / miss * (2.0 * t - 1.0) * s.x * s.y;
    let alpha = select(FACTOR * t + (1.0 - FACTOR) * (1.0 - t), 1.0, FACTOR < 0.0);
    return alpha * vec2f(power * plain.x, slope);
}

fn huber(d: f32) -> vec2f {
    let far = vec2f(SHAPE * (abs(d) - 0.5 * SHAPE), SHAPE * sign(d));
    return FACTOR * select(far, vec2f(0.5 * d * d, d), abs(d) <= SHAPE);
}

// loss and slope of one element
fn of_element(v: f32, t: f32, positive: f32) -> vec2f {
    let d = v - t;
    switch KIND {
        case BCE: {
            return bce(v, t, positive);
        }
        case FOCAL: {
            return focal(v, t);
        }
        case MSE: {
            return vec2f(d * d, 2.0 * d);
        }
        case MAE: {
            return vec2f(abs(d), sign(d));
        }
        case HUBER, default: {
            return huber(d);
        }
    }
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let part = flat_index(group, lane);
    if part >= COUNT {
        return;
    }
    let row = part / PARTS;
    let weight = weights[row];
    let share = weight / f32(K);
    var scale = 1.0;
    if SCALED {
        scale = loss_scale[LOSS_SCALE_FACTOR];
    }
    var sum = 0.0;
    var wrong = KIND != BCE && KIND != FOCAL;
    for (var k = part % PARTS; k < K; k += PARTS) {
        let at = row * K + k;
        let v = f32(x[at]);
        let t = f32(targets[at]);
        var positive = 1.0;
        if POSITIVES {
            positive = pos_weight[k];
        }
        let pair = of_element(v, t, positive);
        sum += pair.x;
        wrong = wrong || ((v > 0.0) != (t > 0.5));
        gradient[at] = Real(select(0.0, scale * share * pair.y, weight != 0.0));
    }
    sums[part] = select(0.0, share * sum, weight != 0.0);
    right[part] = select(1.0, 0.0, wrong || weight == 0.0);
}
