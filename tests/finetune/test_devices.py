"""Two logical devices of the processor against one: the same updates, to rounding."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from finetune import small

from artlucid import finetune, runs
from artlucid.errors import RunError
from artlucid.finetune import _devices

pytestmark = pytest.mark.processes

SCRIPT = Path(__file__).with_name("devices.py")
CASES = ["from_scratch odd", "high_layers_from_scratch", "several labels"]
ONE, TWO = {"requested": "one", "replicas": 1}, {"requested": "all", "replicas": 2}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = tmp_path_factory.mktemp("devices")
    small.draw_dataset(folder / "data")
    done = subprocess.run(
        [sys.executable, SCRIPT, folder / "data", folder, *CASES],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("case", CASES)
def test_update_is_that_of_one_device(case, found):
    moved, apart, size = (found[case][key] for key in ("moved", "apart", "size"))
    for name, distance in apart.items():
        assert distance <= 1e-4 * moved[name] + 1e-6 * size[name], name
    frozen = {"conv2d0/kernel", "conv2d0/bias"} if case == "high_layers_from_scratch" else set()
    assert {name for name, distance in moved.items() if distance == 0} == frozen


@pytest.mark.parametrize("case", CASES)
def test_validation_is_that_of_one_device(case, found):
    one, two = found[case]["history"]
    for name in [name for name in one if name.startswith("val_") or name.endswith("_rate")]:
        np.testing.assert_allclose(two[name], one[name], rtol=1e-4, err_msg=name)


def test_training_figures_are_those_of_one_device_where_batches_divide(found):
    one, two = found["high_layers_from_scratch"]["history"]
    for name in ("loss", "head_loss", "top_1"):
        np.testing.assert_allclose(two[name], one[name], rtol=1e-4, err_msg=name)


def test_devices_are_recorded_and_taken_up_again(found):
    assert found["high_layers_from_scratch"]["devices"] == [ONE, TWO, TWO]
    assert found["high_layers_from_scratch"]["resumed"]


def test_last_batch_that_does_not_divide_is_filled_up_with_images_of_no_weight():
    import tensorflow as tf

    batches = tf.data.Dataset.from_tensor_slices((np.ones((5, 2)), np.ones((5, 3)))).batch(3)
    (_, _, first), (images, labels, last) = _devices.Devices("all", 4).for_training(batches)
    assert first.numpy().tolist() == pytest.approx([4 / 3, 4 / 3, 4 / 3, 0])
    assert last.numpy().tolist() == [2, 2, 0, 0]
    assert images.numpy().tolist() == [[1, 1], [1, 1], [0, 0], [0, 0]]
    assert labels.shape == (4, 3)


def test_machine_with_one_device(tiny, finished, data, tmp_path):
    run = small.train(data, tmp_path / "run", devices="all")
    assert run.manifest["environment"]["devices"] == {"requested": "all", "replicas": 1}
    assert small.bits(run) == small.bits(finished)


def test_resumed_with_other_devices(tiny, copied, data, monkeypatch):
    state = {**copied.state, "status": "interrupted"}
    (copied.path / "state.json").write_text(json.dumps(state))
    monkeypatch.setattr(_devices, "count", lambda: 2)
    with pytest.raises(RunError, match=r"devices.replicas was 1, is 2. Go back .*--allow-changed-environment"):
        finetune.fit(data, out=copied.path, resume=True, options=finetune.Options(devices="all"))


def test_run_of_before_there_was_a_choice_used_one(tiny, copied, data):
    environment = {key: value for key, value in copied.manifest["environment"].items() if key != "devices"}
    (copied.path / "run.json").write_text(json.dumps({**copied.manifest, "environment": environment}))
    (copied.path / "state.json").write_text(json.dumps({**copied.state, "status": "interrupted"}))
    assert finetune.fit(data, out=copied.path, resume=True).state["status"] == "finished"
    assert "devices" not in runs.open_run(copied.path).manifest["environment"]


def test_devices_that_are_neither(tiny, data, tmp_path, expect_refusal):
    with expect_refusal("`devices` must be one of one, all", "'two'", "Choose one of these", kind=RunError):
        small.train(data, tmp_path / "run", devices="two")
    assert not (tmp_path / "run").exists()
