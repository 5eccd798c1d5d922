// augment
//   computes  y = (pixel / 255 - mean[c]) / deviation[c] of each row's image as it was drawn; 0 where it is erased;
//             if MIXES, mixed with the row that is as far from the batch's other end
//   reads     bytes of the data set, drawn, norm = means then deviations, what statistics found, step
//   writes    y, every element once
//   thread    four consecutive pixels of a row, fewer at its end
//   edge      a row that holds nobody is all 0

override MIXES: bool;
override ERASES: bool;

@group(0) @binding(2) var<storage, read> norm: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<Real>;

fn coloured(d: Drawn, row: u32, values: vec4f) -> vec4f {
    var whole = vec4u(values + 0.5);
    for (var i = 0u; i < OPERATIONS; i++) {
        whole = operation(whole, d.colours[i], seen_in(row, i));
    }
    var v = select(values, vec4f(whole), OPERATIONS > 0u) / 255.0;
    if JITTER {
        v = vec4f(jittered(v.xyz, d.jitter, bitcast<f32>(seen_in(row, OPERATIONS).x), false), v.w);
    }
    if TURNS_GREY && (d.jitter.x & TURNED_GREY) != 0 {
        v = vec4f(vec3f(grey(v.xyz)), v.w);
    }
    return v;
}

fn pixel(d: Drawn, row: u32, at: vec2i, mean: vec4f, deviation: vec4f) -> vec4f {
    let erased = at.x >= (d.rows & 65535) && at.x < (d.rows >> 16u) && at.y >= (d.columns & 65535) && at.y < (d.columns >> 16u);
    if (ERASES && erased) || d.image == NOBODY {
        return vec4f(0.0);
    }
    let values = source(d, at.x, at.y);
    if OPERATIONS > 0u || JITTER || TURNS_GREY {
        return (coloured(d, row, values) - mean) / deviation;
    }
    return (values / 255.0 - mean) / deviation;
}

// How much of the other row a pixel takes.
fn other_share(at: vec2i) -> f32 {
    let boxed = step.mix_rows != 0u;
    let y = u32(at.x);
    let x = u32(at.y);
    let within = y >= (step.mix_rows & 65535u) && y < (step.mix_rows >> 16u)
        && x >= (step.mix_columns & 65535u) && x < (step.mix_columns >> 16u);
    return select(step.mix_other, select(0.0, 1.0, within), boxed);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let thread = flat_index(group, lane);
    if thread >= COUNT {
        return;
    }
    let pixels = u32(H * W);
    let runs = (pixels + 3u) / 4u;
    let row = thread / runs;
    let first = thread % runs * 4u;
    let d = drawn_for(row);
    var mean = vec4f(0.0);
    var deviation = vec4f(1.0);
    for (var c = 0u; c < C; c++) {
        mean[c] = norm[c];
        deviation[c] = norm[C + c];
    }
    var partner = row;
    var other = d;
    if MIXES && row < step.batch_length {
        partner = step.batch_length - 1u - row;
        other = drawn_for(partner);
    }
    for (var p = first; p < min(first + 4u, pixels); p++) {
        let at = vec2i(i32(p) / W, i32(p) % W);
        var v = pixel(d, row, at, mean, deviation);
        if MIXES {
            let share = other_share(at);
            if share > 0.0 {
                v = (1.0 - share) * v + share * pixel(other, partner, at, mean, deviation);
            }
        }
        for (var c = 0u; c < C; c++) {
            y[(row * pixels + p) * C + c] = Real(v[c]);
        }
    }
}
