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

// Rows or slabs that a thread loads before it uses one.
override TURN: u32;
const MOST_A_TURN = 4u;

// Whether row or slab j of a turn that begins at `first` lies before `end`; the first one does.
fn is_there(first: u32, j: u32, at: Column, end: u32) -> bool {
    return j == 0u || first + j * at.parts < end;
}

// The number of row or slab j of a turn; the last one's for one that is not there.
fn row_in_turn(first: u32, j: u32, at: Column, end: u32) -> u32 {
    return select(min(first + j * at.parts, end - 1u), first, j == 0u);
}

// Rows of the first `rows` that lie in a slab.
fn rows_in(slab: u32, rows: u32) -> u32 {
    return min((slab + 1u) * SLAB, rows) - min(slab * SLAB, rows);
}
