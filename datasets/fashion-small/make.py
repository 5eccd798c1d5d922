#!/usr/bin/env python3
"""Makes the four files of fashion-small from Fashion-MNIST. Standard library only.

    apt install dataset-fashion-mnist
    python3 make.py [SOURCE_FOLDER] [OUTPUT_FOLDER]

The first 1,000 training and the first 200 test images of each class are taken, and stay in their original order.
The gzip header carries no name and no time, so the same zlib writes the same bytes every time. A different zlib may
compress differently: what is checked, here and by the program, is the SHA-256 of the uncompressed content.
"""

import gzip
import hashlib
import pathlib
import struct
import sys

CLASSES = 10
PER_CLASS = {"train": 1000, "t10k": 200}

SOURCE_SHA256 = {
    "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}


def read(folder, name):
    """The uncompressed bytes of one source file, checked."""
    content = gzip.decompress((folder / f"{name}.gz").read_bytes())
    found = hashlib.sha256(content).hexdigest()
    if found != SOURCE_SHA256[name]:
        sys.exit(f"{name}: SHA-256 {found}, expected {SOURCE_SHA256[name]}: not the published Fashion-MNIST")
    return content


def write(folder, name, content):
    """One gzip file with no name and no time in its header; prints what a description needs."""
    packed = gzip.compress(content, compresslevel=9, mtime=0)
    (folder / f"{name}.gz").write_bytes(packed)
    print(f"{name}: {len(packed)} bytes packed, {len(content)} bytes, sha256 {hashlib.sha256(content).hexdigest()}")


def statistics(pixels):
    """Mean and standard deviation (of the population) of pixels scaled to 0..1."""
    counts = [pixels.count(bytes([value])) for value in range(256)]
    total = sum(counts)
    mean = sum(value * count for value, count in enumerate(counts)) / total
    variance = sum((value - mean) ** 2 * count for value, count in enumerate(counts)) / total
    return mean / 255, variance**0.5 / 255


def main():
    here = pathlib.Path(__file__).resolve().parent
    source = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "/usr/share/datasets/fashion-mnist")
    output = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else here
    for split, per_class in PER_CLASS.items():
        images = read(source, f"{split}-images-idx3-ubyte")
        labels = read(source, f"{split}-labels-idx1-ubyte")
        _, count, height, width = struct.unpack(">IIII", images[:16])
        taken = [0] * CLASSES
        chosen = []
        for index, label in enumerate(labels[8 : 8 + count]):
            if taken[label] < per_class:
                taken[label] += 1
                chosen.append(index)
        if taken != [per_class] * CLASSES:
            sys.exit(f"{split}: {taken} images of each class, {per_class} wanted")
        size = height * width
        pixels = b"".join(images[16 + i * size : 16 + (i + 1) * size] for i in chosen)
        kept = bytes(labels[8 + i] for i in chosen)
        write(output, f"{split}-images-idx3-ubyte", struct.pack(">IIII", 0x803, len(chosen), height, width) + pixels)
        write(output, f"{split}-labels-idx1-ubyte", struct.pack(">II", 0x801, len(chosen)) + kept)
        print(f"{split}: mean and std of pixels in 0..1: %.17g %.17g" % statistics(pixels))


if __name__ == "__main__":
    main()
