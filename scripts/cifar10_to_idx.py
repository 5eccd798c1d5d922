#!/usr/bin/env python3
"""Writes CIFAR-10's binary version as IDX files, which lepton-gpu reads.

usage: cifar10_to_idx.py cifar-10-batches-bin OUT        (the folder in cifar-10-binary.tar.gz; standard library only)

A record is a label byte and the red, green and blue planes of a 32x32 image; IDX images are [n, 32, 32, 3].
"""
import pathlib
import struct
import sys


def convert(files, out, name):
    images, labels = bytearray(), bytearray()
    for file in files:
        data = file.read_bytes()
        if not data or len(data) % 3073:
            sys.exit(f"{file}: {len(data)} bytes are not a whole number of records of 3073 bytes")
        for start in range(0, len(data), 3073):
            labels.append(data[start])
            image = bytearray(3072)
            for channel in range(3):
                image[channel::3] = data[start + 1 + 1024 * channel:start + 1 + 1024 * (channel + 1)]
            images += image
    (out / f"{name}-images-idx4-ubyte").write_bytes(struct.pack(">4B4I", 0, 0, 8, 4, len(labels), 32, 32, 3) + images)
    (out / f"{name}-labels-idx1-ubyte").write_bytes(struct.pack(">4BI", 0, 0, 8, 1, len(labels)) + labels)
    print(f"{len(labels)} {name} images in {out}")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    source, out = map(pathlib.Path, sys.argv[1:])
    out.mkdir(parents=True, exist_ok=True)
    convert([source / f"data_batch_{i}.bin" for i in range(1, 6)], out, "train")
    convert([source / "test_batch.bin"], out, "t10k")


if __name__ == "__main__":
    main()
