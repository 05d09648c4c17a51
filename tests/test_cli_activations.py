"""The command `activations`."""

import json

import numpy as np
import pytest
from test_cli import TINY_COMMAND, command, invoke
from test_cli import messages_as_before as messages_as_before

from artlucid import activations, models

pytestmark = pytest.mark.usefixtures("tiny")


def arguments(data, out, *more):
    settings = ("--architecture", "tiny", "--no-cache", "--out", out)
    return ("activations", "none", "--data", data.specification, *settings, *more)


def test_in_json(data, tmp_path):
    out = tmp_path / "x.h5"
    shown = invoke(*arguments(data, out, "--json", "--split", "val", "--batch-size", 5, "--size", 40))
    assert shown.exit_code == 0, shown.stderr
    with activations.open(out) as cache:
        assert json.loads(shown.stdout) == {
            "file": str(out),
            "model": "none",
            "model_identity": models.load("none", architecture="tiny").identity,
            "data": data.specification,
            "data_identity": data.identity,
            "split": "val",
            "images": 12,
            "excluded": [],
            "layers": ["conv2d0", "conv2d1"],
            "channels": 12,
            "precision": {"requested": "float32", "used": "float32", "reason": "as asked for"},
        }
        assert cache.map_size("conv2d0") == (20, 20) and cache.manifest["batch_size"] == 5
        assert cache.images["path"].tolist() == list(data.val.relative_paths)
        library = activations.extract(
            models.load("none", architecture="tiny"), data.val, out=tmp_path / "y.h5",
            options=activations.Options(batch_size=5, size=40, cache=False),
        )  # fmt: skip
        np.testing.assert_array_equal(cache["conv2d1"], library["conv2d1"])


def test_in_words_with_metadata(data, tmp_path):
    table = tmp_path / "metadata.csv"
    table.write_text("path,artist\n" + "".join(f"{path},x\n" for path in data.split("all").relative_paths))
    shown = invoke(*arguments(data, tmp_path / "x.h5", "--split", "all", "--metadata", table))
    assert shown.exit_code == 0, shown.stderr
    expected = f"{tmp_path / 'x.h5'}: 12 channels of 2 layers of none for 60 images of {data.specification}, all\n"
    assert shown.stdout == expected
    with activations.open(tmp_path / "x.h5") as cache:
        assert set(cache.images["artist"]) == {"x"}


def test_quiet_and_again(data, tmp_path):
    words = arguments(data, tmp_path / "x.h5", "--quiet")
    first = command(*words, script=TINY_COMMAND)
    assert (first.returncode, first.stderr) == (0, "")
    again = invoke(*words)
    assert (again.exit_code, again.stdout) == (0, first.stdout)


def test_refused(data, tmp_path):
    assert invoke(*arguments(data, tmp_path / "x.h5")).exit_code == 0
    shown = invoke(*arguments(data, tmp_path / "x.h5", "--size", 40))
    assert shown.exit_code == 2
    assert "error: A cache of activations must be gone on with as it was begun." in shown.stderr
