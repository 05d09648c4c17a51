"""What a cache says of the images, to artlucid and to h5py and pandas alone."""

import dataclasses
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from artlucid import activations, datasets
from artlucid.errors import DataError, DataWarning

OPTIONS = activations.Options(cache=False)
DOCS = Path(__file__).parent.parent.parent / "docs"


def test_one_label_an_image(cache, data):
    images = cache.images
    assert list(images) == ["path", "label"]
    assert images["path"].tolist() == list(data.test.relative_paths)
    assert images["label"].tolist() == ["blue"] * 4 + ["green"] * 4 + ["red"] * 4
    np.testing.assert_array_equal(cache.labels, data.test.labels)
    assert cache.labels.dtype == np.int64 and cache.class_names == data.class_names


def test_several_labels_or_none_and_metadata(small_network, data, tmp_path):
    from finetune import small

    several = small.with_several_labels(data)
    columns = {"artist": ("Émile Été", *[""] * 11), "path": ("x",) * 12, "a/b": ("slash",) * 12}
    split = dataclasses.replace(several.splits["test"], metadata=columns)
    several = several.with_splits({**several.splits, "test": split})
    cache = activations.extract(small_network, several.test, out=tmp_path / "x.h5", options=OPTIONS)
    np.testing.assert_array_equal(cache.labels, several.test.labels)
    assert cache.labels.dtype == np.uint8
    images = cache.images
    assert list(images) == ["path", "labels", "artist", "metadata_path", "a/b"]
    assert images["labels"].tolist()[:6] == [(), ("blue", "red"), ("blue",), ("blue", "red"), ("green",), ()]
    assert images["artist"].tolist() == list(columns["artist"])
    assert set(images["metadata_path"]) == {"x"} and set(images["a/b"]) == {"slash"}


def test_no_labels(small_network, data, tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    for index in range(10):
        shutil.copy(data.test.path(index), folder / f"{index}.png")
    odd = os.fsdecode(b"na\xefve,\n.png")
    shutil.copy(data.test.path(10), folder / odd)
    dataset = datasets.load(f"folder:{folder}")
    assert dataset.task == "unlabelled"
    cache = activations.extract(small_network, dataset.split("all"), out=tmp_path / "x.h5", options=OPTIONS)
    assert cache.labels is None and cache.class_names == () and len(cache) == 11
    assert list(cache.images) == ["path"]
    assert sorted(cache.images["path"]) == sorted([odd, *(f"{index}.png" for index in range(10))])
    assert cache.manifest["dataset"]["split"] == "all"


def test_a_part_of_a_split(small_network, data, tmp_path):
    chosen = data.test.select([7, 0, 3])
    cache = activations.extract(small_network, chosen, out=tmp_path / "x.h5", options=OPTIONS)
    whole = activations.extract(small_network, data.test, out=tmp_path / "y.h5", options=OPTIONS)
    assert cache.images["path"].tolist() == list(chosen.relative_paths)
    np.testing.assert_allclose(cache["conv2d1"], whole["conv2d1"][[7, 0, 3]], rtol=1e-5)


def test_unusable_images_are_left_out_and_named(small_network, data, tmp_path):
    shutil.copytree(data.root, tmp_path / "drawn")
    (tmp_path / "drawn" / "test" / "green" / "01.png").write_bytes(b"no image")
    broken = datasets.folder(tmp_path / "drawn")
    with pytest.raises(DataError, match=r"green/01\.png"):
        activations.extract(small_network, broken.test, out=tmp_path / "x.h5", options=OPTIONS)
    assert not list(tmp_path.glob("x.h5*"))
    allowed = dataclasses.replace(OPTIONS, max_excluded=0.2)
    with pytest.warns(DataWarning, match=r"1 of 12 images is left out.*green/01\.png"):
        cache = activations.extract(small_network, broken.test, out=tmp_path / "x.h5", options=allowed)
    assert len(cache) == 11 and "test/green/01.png" not in set(cache.images["path"])
    (excluded,) = cache.manifest["dataset"]["excluded"]
    assert excluded["path"] == "test/green/01.png" and "formats" in excluded["reason"]
    with pytest.warns(DataWarning):
        joined = activations.extract(small_network, broken.split("all"), out=tmp_path / "y.h5", options=allowed)
    assert len(joined) == len(broken.split("all")) - 1
    assert cache.manifest["dataset"]["asked"]["images"] == 12


def test_manifest(cache, mini, data):
    manifest = cache.manifest
    assert manifest["model"]["identity"] == mini.identity
    assert (manifest["model"]["architecture"], manifest["model"]["variant"]) == ("inception_v1", "mini")
    assert manifest["dataset"]["identity"] == data.identity
    assert (manifest["dataset"]["split"], manifest["dataset"]["images"], manifest["batch_size"]) == ("test", 12, 5)
    assert manifest["preprocessing"]["size"] == 96 and "Pillow" in manifest["decoding"]
    assert {"versions", "threads", "precision"} <= set(manifest["environment"])


@pytest.mark.parametrize("page", ["activations.md", "file-formats.md"])
def test_reading_as_the_docs_say(page, cache, tmp_path, monkeypatch):
    """With h5py and pandas alone."""
    text = (DOCS / page).read_text(encoding="utf-8")
    (code,) = [
        block for block in re.findall(r"```python\n(.+?)```", text, re.DOTALL) if '"before.h5") as file' in block
    ]
    assert "artlucid" not in code
    shutil.copy(cache.path, tmp_path / "before.h5")
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(code, names)
    if page == "activations.md":
        np.testing.assert_array_equal(names["means"], cache["mixed4d"])
        assert names["images"]["path"].tolist() == cache.images["path"].tolist()
        assert names["images"]["label"].tolist() == cache.images["label"].tolist()
    else:
        np.testing.assert_array_equal(names["means"], cache["mixed4d_3x3"])
        assert names["manifest"] == cache.manifest
