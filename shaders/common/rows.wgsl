// common / rows
//   A launch over a matrix [ROWS, C] in which a thread keeps its run of channels for up to RUN rows, so that what belongs
//   to a channel is read once: row BLOCK_STEP * block + ROW_STEP * k. On a GPU neighbours have neighbouring rows, on a
//   software adapter a thread has consecutive ones.

override ROWS: u32;
override RUN: u32; override BLOCK_STEP: u32; override ROW_STEP: u32;
