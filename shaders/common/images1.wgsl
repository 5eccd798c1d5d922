// common / images, in one buffer
//   The bytes of the data set's images, four in a word, lowest first. PIXELS is the number of values of an image.

@group(0) @binding(0) var<storage, read> bytes: array<u32>;

// The word that holds value `offset` of an image.
fn image_word(number: u32, offset: u32) -> u32 {
    return bytes[(number * PIXELS + offset) / 4u];
}

// Value `offset` of an image.
fn image_byte(number: u32, offset: u32) -> u32 {
    let position = number * PIXELS + offset;
    return bytes[position / 4u] >> (position % 4u * 8u) & 255u;
}
