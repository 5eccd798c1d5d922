// softmax_cross_entropy
//   computes  for each row: loss = weight * (log sum exp(logits) - logits[label]),
//             correct = 1 where the largest logit is the label, else 0,
//             gradient = scale * weight * (softmax(logits) - one_hot(label))
//   reads     logits, labels, weights     writes  loss, correct, gradient, every element once
//   thread    every THREADS-th class of a row, THREADS being that many threads a row; row_together.wgsl and row_alone.wgsl
//             put together what they find
//   ties      of equal largest logits the first counts as the answer
//   edge      a row of weight 0 gives 0 everywhere, whatever its logits are
//   The largest logit is subtracted before exp, so that logits of ±1e4 neither overflow nor vanish.

override ROWS: u32;
override CLASSES: u32;

@group(0) @binding(0) var<storage, read> logits: array<Real>;
@group(0) @binding(1) var<storage, read> labels: array<u32>;
@group(0) @binding(2) var<storage, read> weights: array<f32>;
@group(0) @binding(3) var<storage, read_write> loss: array<f32>;
@group(0) @binding(4) var<storage, read_write> correct: array<f32>;
@group(0) @binding(5) var<storage, read_write> gradient: array<Real>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let thread = flat_index(group, lane);
    let part = thread % THREADS;
    // threads without a row follow the last one's, and write nothing
    let mine = thread / THREADS < ROWS;
    let row = min(thread / THREADS, ROWS - 1u);
    // as many as CLASSES, but not a constant, so that no compiler unrolls the loops
    let classes = min(CLASSES, arrayLength(&logits));
    let first = row * classes;
    let label = labels[row];
    let weight = weights[row];
    let own = f32(logits[first + label]);
    let scaled_weight = weight * gradient_scale();

    // a part without a class gives what another one gives as well
    var best = Best(f32(logits[first + min(part, classes - 1u)]), min(part, classes - 1u));
    for (var c = part + THREADS; c < classes; c += THREADS) {
        let value = f32(logits[first + c]);
        if value > best.value {
            best = Best(value, c);
        }
    }
    best = best_of_row(best, lane);
    var total = 0.0;
    for (var c = part; c < classes; c += THREADS) {
        total += exp(f32(logits[first + c]) - best.value);
    }
    total = sum_of_row(total, lane);
    let used = weight != 0.0;
    if part == 0u && mine {
        loss[row] = select(0.0, weight * (log(total) - (own - best.value)), used);
        correct[row] = select(0.0, 1.0, used && best.answer == label);
    }
    for (var c = part; c < select(0u, classes, mine); c += THREADS) {
        let probability = exp(f32(logits[first + c]) - best.value) / total;
        let slope = select(0.0, scaled_weight * (probability - select(0.0, 1.0, c == label)), used);
        gradient[first + c] = Real(slope);
    }
}
