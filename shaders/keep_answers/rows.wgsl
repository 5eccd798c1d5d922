// keep_answers
//   computes  for the image of each row: answers = (the class with the largest logit, how many classes come before the label),
//             scores = (probability of the answer, logit 1 - logit 0 where there are two classes, else 0)
//   reads     logits, labels, image numbers     writes  the images of answers and scores that a batch holds
//   thread    one row
//   ties      of equal logits the first class comes first
//   edge      a row whose image is 0xffffffff is kept nowhere

override CLASSES: u32;

@group(0) @binding(0) var<storage, read> logits: array<Real>;
@group(0) @binding(1) var<storage, read> labels: array<u32>;
@group(0) @binding(2) var<storage, read> image: array<u32>;
@group(0) @binding(3) var<storage, read_write> answers: array<vec2u>;
@group(0) @binding(4) var<storage, read_write> scores: array<vec2f>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let row = flat_index(group, lane);
    if row >= COUNT || image[row] == 0xffffffffu {
        return;
    }
    // as many as CLASSES, but not a constant, so that no compiler unrolls the loops
    let classes = min(CLASSES, arrayLength(&logits));
    let first = row * classes;
    let label = labels[row];
    let own = f32(logits[first + label]);
    var largest = f32(logits[first]);
    var answer = 0u;
    var before = 0u;
    for (var c = 0u; c < classes; c++) {
        let value = f32(logits[first + c]);
        if value > largest {
            largest = value;
            answer = c;
        }
        before += u32(value > own || (value == own && c < label));
    }
    var total = 0.0;
    for (var c = 0u; c < classes; c++) {
        total += exp(f32(logits[first + c]) - largest);
    }
    var margin = 0.0;
    if CLASSES == 2u {
        margin = f32(logits[first + 1u]) - f32(logits[first]);
    }
    answers[image[row]] = vec2u(answer, before);
    scores[image[row]] = vec2f(1.0 / total, margin);
}
