// common / columns
//   A launch that adds up the columns of a matrix [ROWS, C]. A workgroup has WIDTH neighbouring runs of channels and, of a
//   slab of rows, PARTS = 64 / WIDTH threads for each: part p adds rows p, p + PARTS, ... The parts are then added in order.

override ROWS: u32; override SLAB: u32;
override C: u32; override WIDTH: u32;

// Slab, run of channels, part, and whether this thread has any work.
struct Column { slab: u32, c: u32, part: u32, parts: u32, mine: bool }

fn column_of(group: vec3u, lane: u32) -> Column {
    let runs = C / LANES;
    let groups = (runs + WIDTH - 1u) / WIDTH;
    let number = group.y * GROUPS_X + group.x;
    let c = number % groups * WIDTH + lane % WIDTH;
    let mine = c < runs && number * WORKGROUP < COUNT;
    // group.z is 0, but no constant, so that no compiler unrolls loops over parts
    return Column(number / groups, min(c, runs - 1u), lane / WIDTH, WORKGROUP / WIDTH + group.z, mine);
}

// Four rows, or slabs, of a part, from `first` on; some may be past the end.
fn four_of_part(first: u32, at: Column) -> vec4u {
    return first + at.parts * vec4u(0u, 1u, 2u, 3u);
}

// Rows of the first `rows` that lie in a slab.
fn rows_in(slab: u32, rows: u32) -> u32 {
    return min((slab + 1u) * SLAB, rows) - min(slab * SLAB, rows);
}
