// group_norm / sets
//   x as [rows, PIXELS, C]; a set is the channels of one group in one row. PARTS threads of a workgroup share a set, element
//   by element. Neighbours are parts where a group has channels enough side by side (PART_FIRST), else sets.

override SETS: u32; override PIXELS: u32; override C: u32; override GROUPS: u32;
override PARTS: u32; override PART_FIRST: bool;

struct Member { index: u32, part: u32, within: u32, mine: bool }

fn member_of(group: vec3u, lane: u32) -> Member {
    let width = WORKGROUP / PARTS;
    let part = select(lane / width, lane % PARTS, PART_FIRST);
    let within = select(lane % width, lane / PARTS, PART_FIRST);
    let which = (group.y * GROUPS_X + group.x) * width + within;
    return Member(min(which, SETS - 1u), part, within, which < SETS);
}

// Runs of channels of a set.
fn set_length() -> u32 {
    return PIXELS * (C / GROUPS / LANES);
}

// Which run of channels element `e` of a set is.
fn run_of(which: u32, e: u32) -> u32 {
    let runs = C / GROUPS / LANES;
    return which % GROUPS * runs + e % runs;
}

// Where element `e` of a set lies.
fn place_of(which: u32, e: u32) -> u32 {
    let runs = C / GROUPS / LANES;
    return (which / GROUPS * PIXELS + e / runs) * (C / LANES) + run_of(which, e);
}

var<workgroup> parts: array<f32, WORKGROUP>;

// The sum of what the parts of a set put down, in their order. Every thread of the workgroup calls it.
fn together(at: Member, lane: u32, own: f32) -> f32 {
    workgroupBarrier();
    parts[lane] = own;
    workgroupBarrier();
    let width = WORKGROUP / PARTS;
    var sum = 0.0;
    for (var part = 0u; part < PARTS; part++) {
        sum += parts[select(part * width + at.within, at.within * PARTS + part, PART_FIRST)];
    }
    return sum;
}
