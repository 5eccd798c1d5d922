// value_loss / elements
//   computes  gradient = scale * weight / K * slope(x, t), and for each part of a row the sum of weight / K * loss(x, t) and
//             whether every label in it is right (x > 0 where t > 0.5)
//   reads     x, targets, weights, loss_scale, pos_weight
//   writes    gradient, sums, right, every element once
//   thread    one part of a row: every PARTS-th of its K elements, so that neighbours read neighbours
//   edge      a row of weight 0 gives 0 everywhere; numbers to be predicted have no right answers: 0
//   ties      the slope of |d| at 0 is 0
//   `of_element` is in kinds/: loss(x, t) and slope(x, t). What an option does not need is bound to `weights`, and not read.

override K: u32;
override PARTS: u32;
// targets are labels, so that an answer is right or wrong
override ANSWERS: bool;
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
    var wrong = !ANSWERS;
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
