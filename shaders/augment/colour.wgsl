// augment / colour
//   Operations on colours. RandAugment's are on whole numbers 0..255, so that no step of posterize depends on rounding;
//   jitter's are on 0..1, as torchvision's are for float images.

// Pillow's grey of a whole-numbered pixel.
fn whole_grey(v: vec4u) -> u32 {
    return select(v.x, (19595u * v.x + 38470u * v.y + 7471u * v.z + 32768u) >> 16u, C == 3u);
}

fn blend(v: vec4u, towards: vec4i, factor: i32) -> vec4u {
    let mixed = (vec4i(v) * factor + towards * (16384 - factor) + 8192) >> vec4u(14u);
    return vec4u(clamp(mixed, vec4i(0), vec4i(255)));
}

// One of RandAugment's operations; `seen` is what statistics found: mean grey, least and largest byte of each channel.
fn operation(v: vec4u, word: i32, seen: vec4u) -> vec4u {
    let argument = word >> 8u;
    switch word & 255 {
        case 1: { return blend(v, vec4i(0), argument); }
        case 2: { return blend(v, vec4i(i32(whole_grey(v))), argument); }
        case 3: { return blend(v, vec4i(i32(seen.y)), argument); }
        case 4: { return v & vec4u((0xffu << u32(8 - argument)) & 0xffu); }
        case 5: { return select(v, 255u - v, v >= vec4u(u32(argument))); }
        case 6: {
            let least = (vec4u(seen.z) >> vec4u(0u, 8u, 16u, 24u)) & vec4u(255u);
            let largest = (vec4u(seen.w) >> vec4u(0u, 8u, 16u, 24u)) & vec4u(255u);
            return select(v, (v - least) * 255u / max(largest - least, vec4u(1u)), largest > least);
        }
        default: { return v; }
    }
}

fn grey(v: vec3f) -> f32 {
    return select(v.x, 0.2989 * v.x + 0.587 * v.y + 0.114 * v.z, C == 3u);
}

// A colour with its hue turned (torchvision.transforms.functional.adjust_hue).
fn turned(v: vec3f, turn: f32) -> vec3f {
    let largest = max(v.x, max(v.y, v.z));
    let range = largest - min(v.x, min(v.y, v.z));
    if range == 0.0 {
        return v;
    }
    var sixth = (v.x - v.y) / range + 4.0;
    if largest == v.x {
        sixth = (v.y - v.z) / range;
    } else if largest == v.y {
        sixth = (v.z - v.x) / range + 2.0;
    }
    let hue = fract(sixth / 6.0 + turn + 1.0) * 6.0;
    let sector = u32(hue) % 6u;
    let part = hue - floor(hue);
    let p = largest - range;
    let q = largest - range * part;
    let t = largest - range * (1.0 - part);
    switch sector {
        case 0u: { return vec3f(largest, t, p); }
        case 1u: { return vec3f(q, largest, p); }
        case 2u: { return vec3f(p, largest, t); }
        case 3u: { return vec3f(p, q, largest); }
        case 4u: { return vec3f(t, p, largest); }
        default: { return vec3f(largest, p, q); }
    }
}

fn towards(v: vec3f, other: vec3f, factor: f32) -> vec3f {
    return clamp(factor * v + (1.0 - factor) * other, vec3f(0.0), vec3f(1.0));
}

// Jitter in its drawn order; stops before contrast if `before_contrast`, which statistics want.
fn jittered(start: vec3f, jitter: vec3i, mean: f32, before_contrast: bool) -> vec3f {
    var v = start;
    let factors = vec4f(vec4i(jitter.y & 65535, jitter.y >> 16u, jitter.z & 65535, (jitter.z >> 16u) - 16384)) / 16384.0;
    for (var i = 0u; i < 4u; i++) {
        switch (jitter.x >> (2u * i)) & 3 {
            case 0: { v = towards(v, vec3f(0.0), factors.x); }
            case 1: {
                if before_contrast {
                    return v;
                }
                v = towards(v, vec3f(mean), factors.y);
            }
            case 2: { v = select(v, towards(v, vec3f(grey(v)), factors.z), C == 3u); }
            default: {
                if C == 3u {
                    v = turned(v, factors.w);
                }
            }
        }
    }
    return v;
}
