"""The same training on one and on two logical devices of the processor; started by `test_devices.py`.

    python devices.py DATA FOLDER [CASE ...]

prints, as JSON, how far the trainings are from each other. How many devices there are is settled when TensorFlow
starts, which is why this is a process of its own.
"""

import contextlib
import dataclasses
import json
import sys
from pathlib import Path

import numpy as np
import pytest
import small
import tensorflow as tf

from artlucid import datasets, recipes
from artlucid.finetune import _callbacks
from artlucid.models.weights import _own


def row(name, **changes):
    return dataclasses.replace(recipes.RECIPES[name], name="small", epochs=2, **changes)


# 36 images: batches of 8 leave 4, batches of 7 are odd and leave a single image.
CASES = {
    "from_scratch odd": {"recipe": row("from_scratch", batch_size=7, head_rate=0.01, augmentation="none")},
    # Adam, augmented: what an interruption could spoil.
    "high_layers_from_scratch": {
        "recipe": row("high_layers_from_scratch", batch_size=8, head_rate=0.01),
        "cut": True,
    },
    # The head's rate ten times that of the rest.
    "several labels": {"recipe": row("E", batch_size=7, loss_reduction="sum", head_rate=0.01), "several": True},
}


def interrupted(batch):
    usual = _callbacks.StopAtNaN.on_train_batch_end

    def interrupting(self, index, logs=None):
        usual(self, index, logs)
        if (self._epoch, index) == (1, batch):
            raise KeyboardInterrupt

    return interrupting


def resumed(data, out, **case):
    """Train on two devices, with an interruption in the second epoch."""
    with contextlib.suppress(KeyboardInterrupt), pytest.MonkeyPatch.context() as patch:
        patch.setattr(_callbacks.StopAtNaN, "on_train_batch_end", interrupted(0))
        small.train(data, out, devices="all", **case)
    return small.train(data, out, resume=True, **case)


def compared(data, folder, *, several=False, cut=False, **case):
    """Train on one device, on two, and in part of the cases on two with an interruption."""
    data = small.with_several_labels(data) if several else data
    one, two = (small.train(data, folder / name, devices=name, **case) for name in ("one", "all"))
    again = resumed(data, folder / "cut", **case) if cut else two
    kept = (one.path / "initial.h5", one.path / "last.h5", two.path / "last.h5")
    start, *ends = [_own.read(path).arrays for path in kept]
    return {
        "devices": [run.manifest["environment"]["devices"] for run in (one, two, again)],
        "moved": {name: float(np.linalg.norm(ends[0][name] - start[name])) for name in start},
        "apart": {name: float(np.linalg.norm(ends[0][name] - ends[1][name])) for name in start},
        "size": {name: float(np.linalg.norm(ends[0][name])) for name in start},
        "history": [run.history.to_dict("list") for run in (one, two)],
        "resumed": small.bits(again) == small.bits(two),
    }


def main():
    processor = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * 2)
    data, folder = datasets.folder(sys.argv[1]), Path(sys.argv[2])
    with pytest.MonkeyPatch.context() as patch:
        small.register_tiny(patch)
        found = {name: compared(data, folder / name, **CASES[name]) for name in sys.argv[3:] or CASES}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
