// soft_cross_entropy
//   computes  for each row: p = softmax(logits); q[c] = class_weight[c] * ((1 - SMOOTHING) * target[c] + SMOOTHING / CLASSES),
//             loss = weight * sum of q * f(p) with f(p) = -(1 - p)^GAMMA * log p,
//             correct = 1 where the largest logit is the label with the larger share, else 0,
//             gradient[j] = scaled weight * (q[j] * g(p[j]) - p[j] * sum of q * g(p)) with g(p) = p * f'(p)
//   reads     logits, rows (target_rows/), class_weights, targets     writes  loss, correct, gradient, every element once
//   thread    one row
//   ties      of equal largest logits the first counts as the answer; of equal shares the first label
//   edge      a row of weight 0 gives 0 everywhere, whatever its logits are
//   The largest logit is subtracted before exp. 1 - p of the answer is the sum of the others, which keeps its digits
//   where p is nearly 1. What an option does not need is bound to `rows`, and not read.

override CLASSES: u32;
override SMOOTHING: f32;
override GAMMA: f32;
override WEIGHTED: bool;
// targets come from a whole distribution, not from two labels
override DISTRIBUTION: bool;

@group(0) @binding(0) var<storage, read> logits: array<Real>;
@group(0) @binding(1) var<storage, read> rows: array<TargetRow>;
@group(0) @binding(2) var<storage, read> class_weights: array<f32>;
@group(0) @binding(3) var<storage, read> targets: array<f32>;
@group(0) @binding(4) var<storage, read_write> loss: array<f32>;
@group(0) @binding(5) var<storage, read_write> correct: array<f32>;
@group(0) @binding(6) var<storage, read_write> gradient: array<Real>;

struct Softmax {
    largest: f32,
    answer: u32,
    // sum of exp(logit - largest), without the answer's own 1
    others: f32,
}

fn softmax(first: u32, classes: u32) -> Softmax {
    var s = Softmax(f32(logits[first]), 0u, 0.0);
    for (var c = 1u; c < classes; c++) {
        let value = f32(logits[first + c]);
        if value > s.largest {
            s.largest = value;
            s.answer = c;
        }
    }
    for (var c = 0u; c < classes; c++) {
        s.others += select(exp(f32(logits[first + c]) - s.largest), 0.0, c == s.answer);
    }
    return s;
}

fn target_of(row: u32, c: u32) -> f32 {
    var q = 0.0;
    if DISTRIBUTION {
        q = targets[row * CLASSES + c];
    } else {
        let own = rows[row];
        q = select(0.0, own.share, c == u32(own.label)) + select(0.0, 1.0 - own.share, c == u32(own.other));
    }
    q = (1.0 - SMOOTHING) * q + SMOOTHING / f32(CLASSES);
    if WEIGHTED {
        q *= class_weights[c];
    }
    return q;
}

// probability, f(p) and g(p) of a class
fn focal(s: Softmax, value: f32, c: u32) -> vec3f {
    let total = 1.0 + s.others;
    let p = exp(value - s.largest) / total;
    let log_p = value - s.largest - log(total);
    if GAMMA == 0.0 {
        return vec3f(p, -log_p, -1.0);
    }
    let rest = max(select(1.0 - p, s.others / total, c == s.answer), 1e-30);
    let power = pow(rest, GAMMA);
    return vec3f(p, -power * log_p, GAMMA * p * log_p * power / rest - power);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let row = flat_index(group, lane);
    if row >= COUNT {
        return;
    }
    // as many as CLASSES, but not a constant, so that no compiler unrolls the loops
    let classes = min(CLASSES, arrayLength(&logits));
    let first = row * classes;
    let s = softmax(first, classes);
    var sums = vec2f(0.0);
    for (var c = 0u; c < classes; c++) {
        let q = target_of(row, c);
        // 0 * log 0 is 0
        sums += select(vec2f(0.0), q * focal(s, f32(logits[first + c]), c).yz, q != 0.0);
    }
    let against = rows[row];
    let weight = against.weight;
    let used = weight != 0.0;
    let label = select(against.other, against.label, against.share >= 0.5);
    loss[row] = select(0.0, weight * sums.x, used);
    correct[row] = select(0.0, 1.0, used && s.answer == u32(label));
    for (var c = 0u; c < classes; c++) {
        let own = focal(s, f32(logits[first + c]), c);
        let slope = target_of(row, c) * own.z - own.x * sums.y;
        gradient[first + c] = Real(select(0.0, against.scaled * slope, used));
    }
}
