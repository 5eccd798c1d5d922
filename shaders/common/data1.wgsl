// common / data set, in one buffer
//   Bytes, four in a word, lowest first.

@group(0) @binding(0) var<storage, read> bytes: array<u32>;

// The word that holds a value.
fn data_word(value: u32) -> u32 {
    return bytes[value / 4u];
}

// A value, 0..255.
fn data_byte(value: u32) -> u32 {
    return bytes[value / 4u] >> (value % 4u * 8u) & 255u;
}
