"""What is in memory depends neither on the number of epochs nor, beyond their names, on that of the images."""

import os
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from artlucid.datasets import Split
from artlucid.inputs import Batches, ImageCache

SIZE, CLASSES = 64, 25


def split_of(folder, names):
    """Many names of one image."""
    Image.new("RGB", (SIZE, SIZE), "red").save(folder / "0.png")
    return Split("train", folder, ("0.png",) * names, np.arange(names) % CLASSES)


def graph(dataset):
    # The public way to a dataset's graph is to write it to a file.
    return tf.raw_ops.DatasetToGraphV2(input_dataset=dataset._variant_tensor, external_state_policy=1).numpy()


@pytest.mark.parametrize("epochs", [1, 200])
def test_graph_holds_neither_order_nor_labels(epochs, tmp_path):
    sizes = []
    for names in (100, 20_000):
        made = Batches(split_of(tmp_path, names), size=SIZE, batch_size=32, n_classes=CLASSES)
        sizes.append([len(graph(made.in_order())), len(graph(made.shuffled(seed=0, epochs=range(epochs))))])
    np.testing.assert_allclose(*sizes, atol=64)
    assert np.max(sizes) < 10_000


def test_many_names_take_no_more_memory_than_their_order(tmp_path):
    names = 20_000
    split = split_of(tmp_path, names)
    tracemalloc.start()
    try:
        made = Batches(split, size=SIZE, batch_size=32, n_classes=CLASSES, cache=ImageCache(tmp_path / "cache"))
        for _ in made.shuffled(seed=0, epochs=range(3)).take(20):
            pass
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # Of two epochs the order, and of the batches that are read ahead the pixels.
    assert kept < 3 * 8 * names + 8 * 32 * SIZE * SIZE * 3


def resident():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="Resident memory is read from /proc.")
def test_flat_over_epochs(tmp_path):
    made = Batches(
        split_of(tmp_path, 64), size=SIZE, batch_size=32, n_classes=CLASSES, cache=ImageCache(tmp_path / "cache")
    )
    images = 64 * SIZE * SIZE * 3 * 4

    def train(epochs):
        for _ in made.shuffled(seed=0, epochs=epochs, augmentation="small_transformation"):
            pass

    train(range(20))
    before = resident()
    train(range(20, 120))
    # A tenth of what keeping the images of these epochs would take.
    assert resident() - before < 100 * images / 10
