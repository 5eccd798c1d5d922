// softmax_cross_entropy / row_together
//   Sixteen threads share a row. Each reads what all of them found, in order, so that all have the same.

const THREADS = 16u;

// The largest logit so far and its class.
struct Best { value: f32, answer: u32 }

var<workgroup> found: array<Best, WORKGROUP>;
var<workgroup> sums: array<f32, WORKGROUP>;

fn best_of_row(own: Best, lane: u32) -> Best {
    found[lane] = own;
    workgroupBarrier();
    let first = lane - lane % THREADS;
    var best = found[first];
    for (var i = 1u; i < THREADS; i++) {
        let other = found[first + i];
        if other.value > best.value || (other.value == best.value && other.answer < best.answer) {
            best = other;
        }
    }
    return best;
}

fn sum_of_row(own: f32, lane: u32) -> f32 {
    sums[lane] = own;
    workgroupBarrier();
    let first = lane - lane % THREADS;
    var total = 0.0;
    for (var i = 0u; i < THREADS; i++) {
        total += sums[first + i];
    }
    return total;
}
