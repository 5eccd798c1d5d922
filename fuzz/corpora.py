"""Small files for fuzzers to start from, in corpus/: python corpora.py LEPTON_GPU (Pillow, pyarrow; a built program)."""

import io
import json
import struct
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

HERE = Path(__file__).parent
MODEL = """name = "tiny"
input = [8, 8, 3]

[[layer]]
type = "conv2d"
name = "conv"
filters = 2
kernel = 3
stride = 4

[[layer]]
type = "flatten"

[[layer]]
name = "head"
type = "linear"
units = "classes"
"""


def put(target, name, content):
    folder = HERE / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)


def picture(kind, mode="RGB", size=(9, 7), **options):
    image = Image.new("RGB", size)
    image.putdata([((x * 29) % 256, (y * 37) % 256, (x * y * 5) % 256) for y in range(size[1]) for x in range(size[0])])
    out = io.BytesIO()
    deep = image.convert("I").convert(mode) if mode == "I;16" else image.convert(mode)
    deep.save(out, kind, **options)
    return out.getvalue()


def idx(*shape):
    count = 1
    for size in shape:
        count *= size
    return struct.pack(">BBBB", 0, 0, 8, len(shape)) + struct.pack(f">{len(shape)}I", *shape) + bytes(i % 7 for i in range(count))


def tar(members, form=tarfile.GNU_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    # two blocks at the end are enough
    return out.getvalue().rstrip(b"\0") + bytes(1024 + -len(out.getvalue().rstrip(b"\0")) % 512)


def parquet(**options):
    pictures = [{"bytes": picture("PNG", size=(3, 2)), "path": f"{i}.png"} for i in range(6)]
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    features = {"image": {"_type": "Image"}, "label": {"names": ["cat", "dog"], "_type": "ClassLabel"}}
    table = pa.table({"image": pa.array(pictures, kind), "label": [0, 1, 0, 1, 0, 1]})
    table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    out = io.BytesIO()
    pq.write_table(table, out, row_group_size=3, store_schema=False, **options)
    return out.getvalue()


def files():
    images, labels = idx(4, 3, 3), struct.pack(">BBBBI", 0, 0, 8, 1, 4) + bytes([0, 1, 2, 1])
    put("idx", "plain", struct.pack("<H", len(images)) + images + labels)
    put("cifar", "two", bytes([3]) + bytes(3072) + bytes([4]) + bytes([200] * 3072))
    put("cifar_archive", "tar", tar([("cifar-10-batches-bin/test_batch.bin", bytes([3]) + bytes(3072))]))
    put("table", "labels", "image,label,split\na.png,cat,train\nb.png,dog,val\n\"c,d.png\",cat,test\n")
    put("table", "numbers", "file;x;y\na.png;1,5;2\nb.png;0;-1e9\n")
    put("text", "tabs", "ham\tall is well\nspam\twin a prize\nham\tsee you\n")
    put("text", "csv", "text,label\n\"one, two\",a\nthree,b\nfour,a\n")
    put("lines", "tabs", "0\tone two\n1\tthree\n0\tfour\n")
    put("lines", "utf16", "﻿ham\tone\nspam\ttwo\n".encode("utf-16-le"))
    put("tar", "samples", tar([("a/0.png", picture("PNG")), ("a/0.cls", b"1"), ("a/1.jpg", picture("JPEG")), ("a/1.cls", b"0")]))
    put("tar", "json", tar([("0.png", picture("PNG")), ("0.json", b'{"label": "cat"}'), ("1.png", picture("PNG")), ("1.json", b'{"label": "dog"}')]))
    put("tar", "pax", tar([("x" * 120 + "/é.png", picture("PNG")), ("dog/1.png", picture("PNG"))], tarfile.PAX_FORMAT))
    put("parquet", "snappy", parquet(compression="snappy"))
    put("parquet", "plain", parquet(compression="none", use_dictionary=False, data_page_version="2.0"))
    put("parquet", "gzip", parquet(compression="gzip"))
    for kind, mode in [("PNG", "RGB"), ("PNG", "P"), ("PNG", "RGBA"), ("GIF", "P"), ("BMP", "RGB"), ("TIFF", "RGB"), ("TIFF", "F"),
                       ("WEBP", "RGB"), ("PPM", "RGB"), ("PPM", "L"), ("JPEG", "RGB")]:
        put("picture", f"{kind}-{mode}".lower(), picture(kind, mode))
    put("picture", "deep.png", picture("PNG", "I;16"))
    put("picture", "lzw.tiff", picture("TIFF", "RGB", compression="tiff_lzw"))
    put("jpeg", "baseline", picture("JPEG", "RGB", quality=60))
    put("jpeg", "progressive", picture("JPEG", "RGB", progressive=True))
    put("jpeg", "grey", picture("JPEG", "L", quality=10))
    put("jpeg", "restarts", picture("JPEG", "CMYK", restart_marker_blocks=1))
    put("vocabulary", "words", '["<pad>","<unknown>","one","two"]')
    put("model", "tiny", MODEL)
    for name in ["lenet5", "seed-mnist", "autoencoder"]:
        put("model", name, (HERE.parent / "models" / f"{name}.toml").read_bytes())
    recipe = sorted((HERE.parent / "recipes").glob("*.toml"), key=lambda path: path.stat().st_size)
    for path in recipe[:2]:
        put("recipe", path.stem, path.read_bytes())
    tiles = min((HERE.parent / "tiles").glob("*.toml"), key=lambda path: path.stat().st_size)
    put("tiles", tiles.stem, tiles.read_bytes())


def run(program):
    """What the program writes itself."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        for label in ["cat", "dog"]:
            (folder / "photos" / label).mkdir(parents=True)
            for i in range(3):
                (folder / "photos" / label / f"{i}.png").write_bytes(picture("PNG", size=(8 + i, 8)))
        (folder / "tiny.toml").write_text(MODEL)

        def call(*words):
            subprocess.run([program, *words], cwd=folder, check=True, stdout=subprocess.DEVNULL)

        call("train", "photos", "--model", "tiny.toml", "--epochs", "2", "--batch", "2", "--optimizer", "sgd", "--out", "run")
        put("checkpoint", "run", (folder / "run" / "last.safetensors").read_bytes())
        put("config", "run", (folder / "run" / "config.toml").read_bytes())
        events = (folder / "run" / "events.jsonl").read_bytes()
        put("events", "whole", events)
        put("events", "cut", events[: len(events) * 2 // 3])
        call("export", "run", "--onnx", "tiny.onnx")
        put("onnx", "tiny", (folder / "tiny.onnx").read_bytes())
        call("export", "run", "--safetensors", "torch.safetensors")
        put("weights", "torch", (folder / "torch.safetensors").read_bytes())
        call("export", "run", "--weights", "weights.safetensors")
        put("weights", "own", (folder / "weights.safetensors").read_bytes())


if __name__ == "__main__":
    files()
    run(sys.argv[1])
    # a benchmark takes minutes: the start of the tests' sample
    result = json.loads((HERE.parent / "tests" / "bench" / "sample-a.json").read_text())
    for key in ["ceilings", "kernels", "training"]:
        result[key] = result[key][:2]
    put("bench", "sample", json.dumps(result))
