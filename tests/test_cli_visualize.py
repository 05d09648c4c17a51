import json
import os
import signal
import subprocess
import sys
import time

import pytest
from PIL import Image
from typer.testing import CliRunner

from artlucid import models
from artlucid.cli import app
from artlucid.datasets import read_image
from artlucid.models.weights import _own

CHANNELS = ["mixed4d_3x3_pre_relu:5", "mixed3a:-1"]


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Two files of weights of the small network."""
    from artlucid.models._network import weights_of

    files = []
    for seed in (0, 1):
        path = tmp_path_factory.mktemp("weights") / f"network-{seed}.h5"
        path.write_bytes(_own.to_bytes(weights_of(models.load("none", architecture="mini", seed=seed))))
        files.append(str(path))
    return files


def run(*arguments):
    return CliRunner().invoke(app, ["visualize", *map(str, arguments)])


def test_two_networks_side_by_side(weights, tmp_path):
    out, figure = tmp_path / "out", tmp_path / "figure.png"
    result = run(
        weights[0], *CHANNELS, "--beside", weights[1], "--steps", 2, "--size", "80x64", "--snapshot", 1,
        "--out", out, "--figure", figure, "--json", "--quiet",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    rows = json.loads(result.stdout)["pictures"]
    assert [(row["layer"], row["channel"]) for row in rows] == 2 * [("mixed3a", 63), ("mixed4d_3x3_pre_relu", 5)]
    for row in rows:
        with Image.open(row["file"]) as image:
            assert image.size == (80, 64)
    pictures = [read_image(folder / "mixed3a-0063.png") for folder in (out, out / "network-1.h5")]
    assert (pictures[0] != pictures[1]).any()
    with Image.open(figure) as image:
        assert image.size[0] > 600
    again = run(weights[0], CHANNELS[0], "--steps", 2, "--size", "80x64", "--snapshot", 1, "--out", out)
    assert again.exit_code == 0
    assert [line.split()[0] for line in again.stdout.splitlines()] == ["mixed4d_3x3_pre_relu:5"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["mixed4d_3x3"], "must be written `layer:number`"),
        (["mixed4d_3x4:3"], "nearest names are mixed4d_3x3"),
        (["mixed4d_3x3:999"], "one of the 72 of its layer"),
        ([CHANNELS[0], "--size", "big"], "`--size` must be a side in pixels"),
        ([CHANNELS[0], "--size", "1x2x3"], "`--size` must be a side in pixels"),
        ([CHANNELS[0], "--size", "8"], "at least 32 pixels"),
        ([CHANNELS[0], "--steps", "0"], "`steps` must be a whole number"),
        ([CHANNELS[0], "--engine", "lucent"], "`engine` must be one of"),
        ([CHANNELS[0], "--colours", "none.json"], "Colour statistics must be a JSON file"),
        ([CHANNELS[0], "--figure", "figure.gif"], "must end in .png or .pdf"),
    ],
)
def test_wrong_arguments(weights, tmp_path, arguments, message):
    result = run(weights[0], *arguments, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert message in result.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.processes
def test_a_killed_command_leaves_whole_pictures_and_goes_on(weights, tmp_path):
    out = tmp_path / "out"
    words = ["visualize", weights[0], *(f"mixed4d_3x3_pre_relu:{number}" for number in range(4)), "--steps", "20"]
    words += ["--size", "64", "--batch-size", "1", "--out", str(out)]
    command = [sys.executable, "-c", "from artlucid.cli import main; main()", *words]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ) as process:
        while not list(out.glob("*.png")) and process.poll() is None:
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    done = {path: path.read_bytes() for path in out.glob("*.png")}
    assert 0 < len(done) < 4
    assert run(*words[1:]).exit_code == 0
    pictures = sorted(out.glob("*.png"))
    assert len(pictures) == 4
    fresh = tmp_path / "fresh"
    assert run(*words[1:-1], fresh).exit_code == 0
    for path in pictures:
        assert path.read_bytes() == (fresh / path.name).read_bytes() == done.get(path, path.read_bytes())


def test_a_plan_makes_nothing(weights, tmp_path):
    request = [weights[0], "mixed4a_5x5:0-4", "--size", 32, "--out", tmp_path / "out", "--batch-size", 2, "--plan"]
    result = run(*request, "--json")
    assert result.exit_code == 0, result.output
    costs = json.loads(result.stdout)
    assert (costs["pictures"], costs["batches"], costs["batch_size"]) == (5, 3, 2)
    text = run(*request).stdout
    assert "5 in 1 layer, 3 batches of 2" in text and "GiB" in text and "mixed4a_5x5" in text
    assert not (tmp_path / "out").exists()


def test_whole_layers_with_sheets_and_an_index(weights, tmp_path):
    out = tmp_path / "out"
    result = run(
        weights[0], "mixed4[ab]_5x5*:0-31", "--beside", weights[1], "--steps", 1, "--size", 32, "--out", out,
        "--sheets", "objective", "--batch-size", 16,
    )  # fmt: skip
    assert result.exit_code == 2 and "one of the" in result.stderr and not out.exists()
    result = run(
        weights[0], "mixed4[ab]_3x3:0-50", "--beside", weights[1], "--steps", 1, "--size", 32, "--out", out,
        "--sheets", "objective",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    # 204 pictures: a line a layer and model.
    lines = result.stdout.splitlines()
    assert len(lines) == 4 and lines[0].split()[:3] == ["mixed4a_3x3_pre_relu", "51", "pictures"]
    assert len(list((out / "sheets").glob("*.png"))) == 2
    index = json.loads((out / "index.json").read_text())
    assert [folder["label"] for folder in index["folders"]] == ["network-0.h5", "network-1.h5"]
    assert index["folders"][0]["layers"][0]["sheet"] == "sheets/mixed4a_3x3_pre_relu.png"


def test_an_order_of_sheets_that_there_is_not(weights, tmp_path):
    result = run(weights[0], CHANNELS[0], "--steps", 1, "--size", 32, "--out", tmp_path / "out", "--sheets", "size")
    assert result.exit_code == 2 and "`order` must be one of channel, objective" in result.stderr
    assert not (tmp_path / "out").exists()
