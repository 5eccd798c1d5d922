// target_rows
//   computes  for each row: label, other label, share of the first, weight, and weight * loss scale; where classes have
//             weights, the row's weight is divided by the mean weight of the targets of the rows that count, or of all rows
//             of an update of several batches, so that the sum of losses is a weighted mean
//   reads     labels, weights, other, share, class_weights, loss_scale, step     writes  rows, every element once
//   thread    one workgroup of 64: each thread adds every 64th row, then all add the 64 sums in order, so that the result
//             is the same every time
//   edge      a row of weight 0 does not count, and keeps weight 0; so do all rows if every target has weight 0
//   What an option does not need is bound to a buffer that is read anyway, and not read.

override ROWS: u32;
override MIXED: bool;
override WEIGHTED: bool;
override SCALED: bool;

@group(0) @binding(0) var<storage, read> labels: array<u32>;
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<storage, read> others: array<u32>;
@group(0) @binding(3) var<storage, read> shares: array<f32>;
@group(0) @binding(4) var<storage, read> class_weights: array<f32>;
@group(0) @binding(5) var<storage, read> loss_scale: array<f32>;
@group(0) @binding(6) var<storage, read_write> rows: array<TargetRow>;

var<workgroup> sums: array<vec2f, 64>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32) {
    var divisor = 1.0;
    if WEIGHTED {
        var own = vec2f(0.0);
        for (var row = lane; row < ROWS; row += 64u) {
            var mass = class_weights[labels[row]];
            if MIXED {
                mass = shares[row] * mass + (1.0 - shares[row]) * class_weights[others[row]];
            }
            own += select(vec2f(0.0), vec2f(mass, 1.0), weights[row] != 0.0);
        }
        sums[lane] = own;
        workgroupBarrier();
        var total = vec2f(0.0);
        for (var i = 0u; i < 64u; i++) {
            total += sums[i];
        }
        divisor = select(0.0, total.x / max(total.y, 1.0), total.x > 0.0);
        if step.update_weight > 0.0 {
            divisor = step.update_weight / f32(step.update_images);
        }
    }
    for (var row = lane; row < ROWS; row += 64u) {
        // no row counts where all targets weigh nothing; the bound only keeps that division defined
        let weight = select(0.0, weights[row] / max(divisor, 1e-30), divisor > 0.0);
        var other = labels[row];
        var share = 1.0;
        var scale = 1.0;
        if MIXED {
            other = others[row];
            share = shares[row];
        }
        if SCALED {
            scale = loss_scale[LOSS_SCALE_FACTOR];
        }
        rows[row] = TargetRow(f32(labels[row]), f32(other), share, weight, weight * scale);
    }
}
