import contextlib
import functools
import logging
import shutil
import signal
import sys
import warnings
from pathlib import Path
from types import MappingProxyType

import keras
import numpy as np
import pytest
import tensorflow as tf
from documentation import quick
from reproduce import miniature

from artlucid import activations, compare, datasets, export, finetune, models, visualize
from artlucid.models import _load
from artlucid.models._network import get_arrays
from artlucid.models.weights import _npz

CHANNELS = [f"mixed4d_3x3_pre_relu:{number}" for number in range(4)] + ["mixed4d_3x3_pre_relu:52"]
DRAWN = {"images_per_class": (20, 4, 4), "size": 96}
QUICK_COMPARISON = {"resampling": None, "permutations": None}


@pytest.fixture(scope="session")
def published(tmp_path_factory):
    """Random weights of `mini`, in the place of those that are downloaded; as a file too."""
    folder = tmp_path_factory.mktemp("published")
    mini = models.load("none", architecture="mini", seed=1)
    np.savez(folder / "mini.npz", **get_arrays(mini.keras_model, mini.architecture))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_load, "READERS", MappingProxyType({**_load.READERS, ".npz": _read_mini}))
        downloaded = functools.partial(_read_mini, folder / "mini.npz")
        patch.setattr(_load, "PUBLISHED", MappingProxyType(dict.fromkeys(_load.PUBLISHED, downloaded)))
        yield folder / "mini.npz"


def _read_mini(path, variant=None):
    return _npz.read(path, variant or "mini")


@pytest.fixture(scope="session")
def quicker():
    """Less of everything, and graphs as they are: for so few images their optimization takes longer than the work."""
    usual = tf.config.optimizer.get_experimental_options().get("disable_meta_optimizer", False)
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
    with pytest.MonkeyPatch.context() as patch:
        miniature.register(patch)
        quick.make_quicker(patch)
        yield
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": usual})


@pytest.fixture(scope="session")
def collections(published, tmp_path_factory):
    """Drawn collections in every layout that the pages speak of, and weights in a file; for reading only."""
    root = tmp_path_factory.mktemp("collections")
    drawn = datasets.synthetic("styles", folder=root / "paintings", **DRAWN)
    datasets.synthetic("objects", folder=root / "data/IconArt_v1", images=(60, 12, 24), size=96)
    (root / "IconArt_v1").symlink_to(root / "data/IconArt_v1")
    for split in ("train", "val", "test"):
        shutil.copytree(root / "paintings" / split, root / f"data/wikipaintings_full/wikipaintings_{split}")
    museum = root / "museum"
    museum.mkdir()
    for path in drawn.split("all").relative_paths:
        shutil.copy(drawn.root / path, museum / path.replace("/", "-"))
    rows = [f"{path.name},{'Hals' if 'dots' in path.name else 'Leyster'}" for path in sorted(museum.iterdir())]
    (root / "museum.csv").write_text("\n".join(["path,artist", *rows]) + "\n")
    data = root / "shared/data"
    data.mkdir(parents=True)
    for name in ("peopleart_styles", "rasta_small"):
        (data / name).symlink_to(root / "data/wikipaintings_full")
    (data / "byzart_iconart_format").symlink_to(root / "data/IconArt_v1")
    (root / "shared/weights").mkdir()
    shutil.copy(published, root / "shared/weights/bvlc_googlenet.npz")
    return root


@pytest.fixture(scope="session")
def workspace(quicker, collections, tmp_path_factory):
    """What the pages take for granted: collections, runs, pictures, a comparison; to be copied."""
    root = tmp_path_factory.mktemp("workspace")
    for path in collections.iterdir():
        (root / path.name).symlink_to(path)
    with contextlib.chdir(root), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        _make_work()
    return root


def _make_work():
    options = finetune.Options(keep_epochs=True, progress=False)
    icons = datasets.load("iconart:data/IconArt_v1")
    styles = datasets.load("rasta:data/wikipaintings_full")
    paintings = finetune.fit(datasets.load("folder:paintings"), out="runs/paintings", options=options)
    for name, seed in (("styles", 0), ("other", 1)):
        finetune.fit(styles, seed=seed, out=f"runs/{name}", options=options)
    finetune.fit(icons, recipe="F", weights=paintings, out="runs/icons", options=options)
    before, after = "runs/styles@initial", "runs/styles"
    for name, model, seed in (("before", before, 0), ("after", after, 0), ("other-seed", before, 1)):
        visualize.channels(model, CHANNELS, seed=seed, out=f"study/{name}")
    folders = [f"study/{name}" for name in ("before", "after", "other-seed")]
    settings = compare.Options(pictures=folders, **QUICK_COMPARISON)
    compare.compare([before, after], styles, out="comparison", options=settings)
    for name, model in (("before", before), ("after", after)):
        activations.extract(model, styles.test, out=f"{name}.h5").close()
    _make_networks_of_others()


def _make_networks_of_others():
    """A Keras model, a frozen graph that says how it is fed, and one that does not."""
    image = x = keras.Input((32, 32, 3), name="image")
    for name, channels in (("block3_conv2", 18), ("conv5", 4)):
        x = keras.layers.Conv2D(channels, 3, activation="relu", name=name)(x)
    model = keras.Model(image, x)
    model.save("my-network.keras")
    export.frozen_graph(models.wrap(model, value_range=(0, 1)), "somebody.pb")
    graph = tf.compat.v1.GraphDef.FromString(Path("somebody.pb").read_bytes())
    kept = [node for node in graph.node if not node.name.endswith("metadata_json")]
    del graph.node[:]
    graph.node.extend(kept)
    Path("bare.pb").write_bytes(graph.SerializeToString())


@pytest.fixture
def work(workspace, tmp_path, monkeypatch):
    """A copy of the workspace to work in, with all that a block may change put back afterwards."""
    folder = tmp_path / "work"
    shutil.copytree(workspace, folder, symlinks=True)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("ARTLUCID_DATA", str(folder / "shared"))
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    monkeypatch.setattr(sys, "argv", list(sys.argv))
    logger = logging.getLogger("artlucid")
    handlers, terminated = list(logger.handlers), signal.getsignal(signal.SIGTERM)
    yield folder
    logger.handlers[:] = handlers
    signal.signal(signal.SIGTERM, terminated)
