// common / rows
//   A launch over a matrix [ROWS, C] in which a thread keeps its run of channels for up to RUN rows, so that what belongs
//   to a channel is read once: row BLOCK_STEP * block + ROW_STEP * k. On a GPU neighbours have neighbouring rows, on a
//   software adapter a thread has consecutive ones.

override ROWS: u32;
override RUN: u32; override BLOCK_STEP: u32; override ROW_STEP: u32;
// Rows that a thread loads before it uses one; RUN is a multiple of it, or all rows.
override TURN: u32;
const MOST_A_TURN = 4u;

// Whether row j of a turn that begins at `row` is there; the first one is.
fn is_there(row: u32, j: u32) -> bool {
    return j == 0u || row + j * ROW_STEP < ROWS;
}

// The number of row j of a turn; the last row's for one that is not there.
fn row_in_turn(row: u32, j: u32) -> u32 {
    return select(min(row + j * ROW_STEP, ROWS - 1u), row, j == 0u);
}
