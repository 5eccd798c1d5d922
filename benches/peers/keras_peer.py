#!/usr/bin/env python3
"""Keras on TensorFlow: `fit` on arrays in memory, as its introductory examples write it.

usage: keras_peer.py [--workload seed-mnist|seed-cifar] [--batch 128] [--device cpu|cuda] [--seconds 3] [--jit]

One JSON line. A window ends with the last batch of so many; what `fit` does between batches and epochs is in it.
"""
import argparse
import os
import platform
import sys
import time

import common

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ["KERAS_BACKEND"] = "tensorflow"
import keras
import numpy as np
import tensorflow as tf
from keras import layers

WINDOWS = 10
MOST_IMAGES = 32_768  # an epoch; longer measurements are several epochs


def network(workload):
    """models/seed-mnist.toml and models/seed-cifar.toml."""
    return keras.Sequential([
        keras.Input(common.SHAPES[workload]),
        layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(2),
        layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(2),
        layers.Conv2D(64, 3, activation="relu"), layers.Flatten(),
        layers.Dense(64, activation="relu"), layers.Dense(common.CLASSES)])


def arrays(workload, count):
    pixels, labels = common.synthetic(workload, count)
    images = np.frombuffer(pixels, np.uint8).reshape(-1, *common.SHAPES[workload]).astype(np.float32) / 255
    return images, np.frombuffer(labels, np.uint8).astype(np.int32)


class Clock(keras.callbacks.Callback):
    """When each batch ended."""

    def __init__(self):
        super().__init__()
        self.first, self.ends = None, []

    def on_train_batch_end(self, batch, logs=None):
        self.first = self.first or common.since_start()
        self.ends.append(time.perf_counter())


def measure(args):
    if args.device == "cpu":
        tf.config.set_visible_devices([], "GPU")
    keras.utils.set_random_seed(0)
    model = network(args.workload)
    model.compile(keras.optimizers.Adam(common.OPTIMIZERS[args.workload]["lr"]),
                  keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"],
                  jit_compile=args.jit)
    start, images, labels = Clock(), *arrays(args.workload, common.LOSS_STEPS * args.batch)
    history = model.fit(images, labels, batch_size=args.batch, verbose=0, callbacks=[start])
    half = len(start.ends) // 2
    per_step = (start.ends[-1] - start.ends[half]) / (len(start.ends) - 1 - half)

    count = max(1, round(args.seconds / WINDOWS / per_step))
    steps = WINDOWS * count + 3  # the first steps of a fit set up its input
    batches = min(steps, max(1, MOST_IMAGES // args.batch))
    clock, images, labels = Clock(), *arrays(args.workload, batches * args.batch)
    model.fit(images, labels, batch_size=args.batch, epochs=-(-steps // batches), verbose=0, callbacks=[clock])
    ends = clock.ends[2::count]
    common.result(
        [count * args.batch / (end - begun) for begun, end in zip(ends, ends[1:])],
        peer="keras", mode="fit+jit" if args.jit else "fit", workload=args.workload, batch=args.batch,
        window_steps=count, first_step_s=round(start.first, 3), loss=round(history.history["loss"][0], 4),
        loss_steps=common.LOSS_STEPS, parameters=model.count_params(),
        device=args.device, threads=os.cpu_count(), peak_rss_mib=common.peak_rss_mib(), device_mib=None,
        versions={"keras": keras.__version__, "tensorflow": tf.__version__, "python": platform.python_version()})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workload", choices=("seed-mnist", "seed-cifar"), default="seed-mnist")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--jit", action="store_true")
    args = parser.parse_args()
    try:
        measure(args)
    except Exception as error:
        common.failure(error, peer="keras", mode="fit", workload=args.workload, batch=args.batch)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
