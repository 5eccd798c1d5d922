// common / rows
//   A launch over a matrix [ROWS, C] in which a thread keeps its run of channels for up to RUN rows, so that what belongs
//   to a channel is read once: row BLOCK_STEP * block + ROW_STEP * k. On a GPU neighbours have neighbouring rows, on a
//   software adapter a thread has consecutive ones.

override ROWS: u32;
override RUN: u32; override BLOCK_STEP: u32; override ROW_STEP: u32;

// Four rows of a thread, from `row` on; some may be ROWS or more.
fn four_rows(row: u32) -> vec4u {
    return row + ROW_STEP * vec4u(0u, 1u, 2u, 3u);
}

// Rows that can be read: the last one in the place of those past the end.
fn clamped(rows: vec4u) -> vec4u {
    return min(rows, vec4u(ROWS - 1u));
}
