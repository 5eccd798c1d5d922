"""The order of training images, as shaders/random.rs and src/train/batches.rs define it."""
M32, M64 = (1 << 32) - 1, (1 << 64) - 1
SHUFFLE = 2


def mix(h):
    h = (h ^ (h >> 16)) * 0x85EBCA6B & M32
    h = (h ^ (h >> 13)) * 0xC2B2AE35 & M32
    return h ^ (h >> 16)


def hash64(counter):
    z = counter + 0x9E3779B97F4A7C15 & M64
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & M64
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & M64
    return z ^ (z >> 31)


def key(seed, purpose, index):
    bits = hash64(hash64(hash64(seed) ^ purpose) ^ index)
    return bits >> 32, bits & M32 | 1


def feistel(value, half, keys):
    mask = (1 << half) - 1
    left, right = value >> half, value & mask
    for turn in range(6):
        hashed = mix(mix(right ^ keys[0]) + keys[1] + turn * 0x9E3779B9 & M32)
        left, right = right, left ^ (hashed & mask)
    return left << half | right


def permute(position, length, keys):
    half = ((length - 1).bit_length() + 1) // 2
    value = feistel(position, half, keys)
    while value >= length:
        value = feistel(value, half, keys)
    return value


def epoch(seed, number, length):
    """Which image stands at each position of an epoch."""
    keys = key(seed, SHUFFLE, number)
    return [permute(position, length, keys) for position in range(length)]


def batches(seed, length, batch, steps):
    """Image numbers of each step; the last batch of an epoch may be smaller."""
    number, taken = 0, 0
    while True:
        images = epoch(seed, number, length)
        for start in range(0, length, batch):
            if taken == steps:
                return
            yield images[start:start + batch]
            taken += 1
        number += 1
