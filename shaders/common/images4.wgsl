// common / images, in four buffers
//   As images1.wgsl, where a binding does not hold all of them: PART images are in each buffer but the last.

override PART: u32;

@group(0) @binding(0) var<storage, read> bytes: array<u32>;
@group(0) @binding(4) var<storage, read> bytes1: array<u32>;
@group(0) @binding(5) var<storage, read> bytes2: array<u32>;
@group(0) @binding(6) var<storage, read> bytes3: array<u32>;

fn word_of_part(part: u32, word: u32) -> u32 {
    switch part {
        case 0u: { return bytes[word]; }
        case 1u: { return bytes1[word]; }
        case 2u: { return bytes2[word]; }
        default: { return bytes3[word]; }
    }
}

fn image_word(number: u32, offset: u32) -> u32 {
    return word_of_part(number / PART, (number % PART * PIXELS + offset) / 4u);
}

fn image_byte(number: u32, offset: u32) -> u32 {
    let position = number % PART * PIXELS + offset;
    return word_of_part(number / PART, position / 4u) >> (position % 4u * 8u) & 255u;
}
