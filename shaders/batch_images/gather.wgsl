// batch_images
//   computes  y = (byte / 255 - mean[c]) / deviation[c]
//   reads     the data set (common/data1.wgsl or data4.wgsl), image numbers, norm = means then deviations
//   writes    y, every element once
//   thread    four consecutive elements of y
//   edge      a row whose image is 0xffffffff is all 0

override PIXELS: u32; // elements of an image: h * w * c
override C: u32;
override ROWS: u32;

const MORE_DATA = 4u;

@group(0) @binding(1) var<storage, read> image: array<u32>;
@group(0) @binding(2) var<storage, read> norm: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<Real4>;

fn normalised(byte: u32, i: u32) -> f32 {
    return (f32(byte & 255u) / 255.0 - norm[i % C]) / norm[C + i % C];
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let quad = flat_index(group, lane);
    if quad >= COUNT {
        return;
    }
    let i = quad * 4u;
    var values = vec4f(0.0);
    if PIXELS % 4u == 0u {
        // all four are of one image, and of one word
        let number = image[i / PIXELS];
        if number != 0xffffffffu {
            let word = data_word(number * PIXELS + i % PIXELS);
            values = vec4f(normalised(word, i), normalised(word >> 8u, i + 1u),
                normalised(word >> 16u, i + 2u), normalised(word >> 24u, i + 3u));
        }
    } else {
        for (var j = 0u; j < 4u; j++) {
            // the last quad may reach past the last image; nobody reads what it writes there
            let number = image[min((i + j) / PIXELS, ROWS - 1u)];
            if number != 0xffffffffu {
                values[j] = normalised(data_byte(number * PIXELS + (i + j) % PIXELS), i + j);
            }
        }
    }
    y[quad] = Real4(values);
}
