// softmax_cross_entropy
//   computes  for each row: loss = weight * (log sum exp(logits) - logits[label]),
//             correct = 1 where the largest logit is the label, else 0,
//             gradient = scale * weight * (softmax(logits) - one_hot(label))
//   reads     logits, labels, weights     writes  loss, correct, gradient, every element once
//   thread    one row
//   ties      of equal largest logits the first counts as the answer
//   edge      a row of weight 0 gives 0 everywhere, whatever its logits are
//   The largest logit is subtracted before exp, so that logits of ±1e4 neither overflow nor vanish.

override CLASSES: u32;

@group(0) @binding(0) var<storage, read> logits: array<Real>;
@group(0) @binding(1) var<storage, read> labels: array<u32>;
@group(0) @binding(2) var<storage, read> weights: array<f32>;
@group(0) @binding(3) var<storage, read_write> loss: array<f32>;
@group(0) @binding(4) var<storage, read_write> correct: array<f32>;
@group(0) @binding(5) var<storage, read_write> gradient: array<Real>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let row = flat_index(group, lane);
    if row >= COUNT {
        return;
    }
    // as many as CLASSES, but not a constant, so that no compiler unrolls the loops
    let classes = min(CLASSES, arrayLength(&logits));
    let first = row * classes;
    let label = labels[row];
    let weight = weights[row];
    let scaled_weight = weight * gradient_scale();

    var largest = f32(logits[first]);
    var answer = 0u;
    for (var c = 1u; c < classes; c++) {
        let value = f32(logits[first + c]);
        if value > largest {
            largest = value;
            answer = c;
        }
    }
    var total = 0.0;
    for (var c = 0u; c < classes; c++) {
        total += exp(f32(logits[first + c]) - largest);
    }
    let used = weight != 0.0;
    loss[row] = select(0.0, weight * (log(total) - (f32(logits[first + label]) - largest)), used);
    correct[row] = select(0.0, 1.0, used && answer == label);
    for (var c = 0u; c < classes; c++) {
        let probability = exp(f32(logits[first + c]) - largest) / total;
        let own = select(0.0, scaled_weight * (probability - select(0.0, 1.0, c == label)), used);
        gradient[first + c] = Real(own);
    }
}
