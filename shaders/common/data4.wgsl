// common / data set, in four buffers
//   As data1.wgsl, where a binding does not hold all of it: PART values are in each buffer but the last.

override PART: u32;

@group(0) @binding(0) var<storage, read> bytes: array<u32>;
@group(0) @binding(MORE_DATA) var<storage, read> bytes1: array<u32>;
@group(0) @binding(MORE_DATA + 1u) var<storage, read> bytes2: array<u32>;
@group(0) @binding(MORE_DATA + 2u) var<storage, read> bytes3: array<u32>;

fn word_of_part(part: u32, word: u32) -> u32 {
    switch part {
        case 0u: { return bytes[word]; }
        case 1u: { return bytes1[word]; }
        case 2u: { return bytes2[word]; }
        default: { return bytes3[word]; }
    }
}

// Which part holds a value, and where.
fn place_of(value: u32) -> vec2u {
    let part = min(value / PART, 3u);
    return vec2u(part, value - part * PART);
}

fn data_word(value: u32) -> u32 {
    let place = place_of(value);
    return word_of_part(place.x, place.y / 4u);
}

fn data_byte(value: u32) -> u32 {
    let place = place_of(value);
    return word_of_part(place.x, place.y / 4u) >> (place.y % 4u * 8u) & 255u;
}
