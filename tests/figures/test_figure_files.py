"""Figures as files: formats, equal bytes, whole or not at all; what is refused."""

import doctest
import importlib
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from figures.folders import CHANNELS, add, begin, filled, solid, stem_of
from PIL import Image

import artlucid
from artlucid import figures
from artlucid.errors import OutputError, VisualizationError

COLOURS = [(200, 0, 0), (0, 150, 0), (0, 0, 250)]


@pytest.fixture
def out(tmp_path):
    return filled(tmp_path / "out", "imagenet", COLOURS)


@pytest.fixture
def refused(expect_refusal):
    return lambda *parts: expect_refusal(*parts, kind=VisualizationError)


@pytest.mark.parametrize("module", ["_channels", "_optimized_images", "_save"])
def test_examples(module):
    found = doctest.testmod(importlib.import_module(f"artlucid.figures.{module}"))
    assert found.failed == 0 < found.attempted


def test_neither_tensorflow_nor_pyplot():
    code = (
        "import sys; from artlucid import figures; print({'tensorflow', 'keras', 'matplotlib.pyplot'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_both_formats_say_what_made_them(out, tmp_path):
    written = figures.save(figures.optimized_images([out]), tmp_path / "new" / "figure 1.5", formats=("png", "pdf"))
    assert [path.name for path in written] == ["figure 1.5.png", "figure 1.5.pdf"]
    with Image.open(written[0]) as image:
        assert image.info["Software"] == f"artlucid {artlucid.__version__}"
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)
    pdf = written[1].read_bytes()
    assert pdf.startswith(b"%PDF") and f"artlucid {artlucid.__version__}".encode() in pdf
    assert b"CreationDate" not in pdf


def test_formats_take_the_place_of_a_suffix(out, tmp_path):
    written = figures.save(figures.optimized_images([out]), tmp_path / "figure.png", formats=["pdf"], dpi=72)
    assert [path.name for path in tmp_path.glob("figure*")] == [written[0].name] == ["figure.pdf"]


@pytest.mark.parametrize("suffix", ["png", "pdf"])
def test_equal_figures_are_equal_files(suffix, out, tmp_path):
    for name in "ab":
        figures.save(figures.optimized_images([out]), tmp_path / f"{name}.{suffix}", dpi=60)
    assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()


def test_what_was_there_stays_where_writing_fails(out, tmp_path, monkeypatch):
    def fails(*_):
        raise OSError(28, "No space left on device")

    (tmp_path / "a.png").write_bytes(b"old")
    monkeypatch.setattr(os, "replace", fails)
    with pytest.raises(OutputError, match="No space left"):
        figures.save(figures.optimized_images([out]), tmp_path / "a.png", dpi=50)
    assert (tmp_path / "a.png").read_bytes() == b"old"


@pytest.mark.parametrize("name", ["a.jpg", "a", "png"])
def test_other_suffixes(name, out, tmp_path, refused):
    with refused("must end in .png or .pdf", str(tmp_path / name), "Choose one"):
        figures.save(figures.optimized_images([out]), tmp_path / name)
    with refused("must end in .png or .pdf", str(tmp_path / name), "Choose one"):
        figures.check_suffix(tmp_path / name)


@pytest.mark.parametrize("formats", [[], ["jpg"], ["png", "PDF"]])
def test_other_formats(formats, out, tmp_path, refused):
    with refused("`formats` must be some of png, pdf", repr(formats), "Give one or both"):
        figures.save(figures.optimized_images([out]), tmp_path / "a.png", formats=formats)


def test_a_suffix_may_be_in_capitals(out, tmp_path):
    (path,) = figures.save(figures.optimized_images([out]), tmp_path / "A.PNG", dpi=40)
    assert path.name == "A.PNG"
    with Image.open(path) as image:
        assert image.format == "PNG"


@pytest.mark.parametrize("rows", [[], {}, "out"])
def test_no_rows(rows, refused):
    with refused("`rows` must be one or more folders", repr(rows), "Give a list"):
        figures.optimized_images(rows)


def test_folder_without_manifest(tmp_path, refused):
    with refused("must hold pictures.json", str(tmp_path), "artlucid visualize MODEL"):
        figures.optimized_images([tmp_path])


def test_unknown_channel(out, refused):
    with refused("ones that a folder has", "mixed4d_3x3_pre_relu:53", "mixed4d_3x3_pre_relu:52"):
        figures.optimized_images([out], [CHANNELS[0], "mixed4d_3x3_pre_relu:53"])


@pytest.mark.parametrize("channel", ["mixed4d_3x3", ":52", "mixed4d_3x3:-3", "mixed4d_3x3:x", 52])
def test_no_name_of_a_channel(channel, out, refused):
    with refused("written `layer:number`", repr(channel), "Use mixed4d_3x3_pre_relu:52"):
        figures.optimized_images([out], [channel])


@pytest.mark.parametrize("channels", [[], "mixed4d_3x3_pre_relu:52"])
def test_no_channels(channels, out, refused):
    with refused("a sequence of names", repr(channels), "Give at least one"):
        figures.optimized_images([out], channels)


def test_folder_without_pictures(tmp_path, refused):
    with refused("must be given where no folder has a picture", "None", "Name them"):
        figures.optimized_images([begin(tmp_path / "out", "imagenet")])


MANIFESTS = ["pictures.json", f"manifests/{stem_of(CHANNELS[0])}.json"]


@pytest.mark.parametrize("manifest", MANIFESTS)
def test_newer_version(manifest, out, refused):
    content = json.loads((out / manifest).read_text())
    (out / manifest).write_text(json.dumps({**content, "version": 2}))
    with refused("must be at most 1", "of version 2", "pip install --upgrade artlucid"):
        figures.optimized_images([out])


DAMAGED = ["", "[]", "[" * 100_000, "{}", '{"format": "artlucid.pictures", "version": 1, "model": 3, "settings": {}}']


@pytest.mark.parametrize("content", DAMAGED, ids=range(len(DAMAGED)))
@pytest.mark.parametrize("manifest", MANIFESTS)
def test_damaged_manifest(manifest, content, out, refused):
    (out / manifest).write_text(content)
    with refused("as artlucid writes it", str(out / manifest), "with another `--out`"):
        figures.optimized_images([out])


def test_damaged_picture(out, refused):
    path = out / f"{stem_of(CHANNELS[0])}.png"
    path.write_bytes(path.read_bytes()[:45])
    with refused("that its manifest speaks of", str(path), "Run the same `artlucid visualize`"):
        figures.optimized_images([out])
    manifest = out / MANIFESTS[1]
    content = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**content, "files": {}}))
    with refused("a readable PNG file", str(path), "delete it"):
        figures.optimized_images([out])


@pytest.mark.parametrize("curve", ["", "step,objective\n1,x\n", "step\n1\n", "step,objective\n1\n"])
def test_damaged_curve(curve, out, refused):
    add(out, CHANNELS[0], curve=[1, 2])
    path = out / "curves" / f"{stem_of(CHANNELS[0])}.csv"
    path.write_text(curve)
    with refused("numbers in the columns step, objective", str(path), "delete it"):
        figures.objective_curves([out], CHANNELS[:1])


def test_channel_without_snapshots(out, refused):
    with refused("must have snapshots", CHANNELS[0], "--snapshot"):
        figures.snapshots(out, CHANNELS[0])


def test_snapshot_after_the_last_step(tmp_path, refused):
    out = begin(tmp_path / "out", "imagenet", steps=5)
    add(out, CHANNELS[0], solid(0), snapshots={6: solid(9)})
    with refused("after how many `steps`", "5 in", "make it again"):
        figures.snapshots(out, CHANNELS[0])


WRONG_IMAGES = {
    "grey": (np.zeros((4, 4)), "(height, width, 3)", "float64 of shape (4, 4)", "`visualize.channels`"),
    "integers": (np.zeros((4, 4, 3), int), "(height, width, 3)", "int64", "`visualize.channels`"),
    "bytes": (np.full((4, 4, 3), 255.0), "in 0 … 1", "255.0", "Divide by 255"),
    "negative": (np.full((4, 4, 3), -0.5), "in 0 … 1", "-0.5", "Divide by 255"),
    "not a number": (np.full((4, 4, 3), np.nan), "in 0 … 1", "nan", "Divide by 255"),
}


@pytest.mark.parametrize("case", WRONG_IMAGES)
def test_wrong_arrays(case, refused):
    image, *parts = WRONG_IMAGES[case]
    with refused(*parts):
        figures.optimized_images([[image]], CHANNELS[:1])


def test_arrays_of_another_number(refused):
    with refused("one for each of the 2 channels", "1 in 'row 1'", "Put None"):
        figures.optimized_images([[solid(0)]], CHANNELS[:2])


def test_arrays_without_channels(refused):
    with refused("where a row is an array", "None", "Name them"):
        figures.optimized_images([[solid(0)]])
    with refused("must be folders of pictures", "'row 1'", "Give the folders"):
        figures.objective_curves([[solid(0)]])


@pytest.mark.parametrize("count", [0, -1, 2.5, True, "3"])
def test_no_number_of_columns(count, out, refused):
    add(out, CHANNELS[0], curve=[1, 2])
    with refused("`columns_per_band` must be a positive integer", repr(count), "Give the number"):
        figures.optimized_images([out], columns_per_band=count)
    with refused("`columns` must be a positive integer", repr(count), "Give the number"):
        figures.objective_curves([out], columns=count)


def test_too_narrow_or_too_tall(out, refused):
    add(out, CHANNELS[0], curve=[1, 2])
    with refused("at least 0.5 inches", "`width` 1.5", "fewer `columns_per_band`"):
        figures.optimized_images([out], width=1.5)
    with refused("at least 0.6 inches", "`width` 2", "fewer columns"):
        figures.objective_curves([out], width=2)
    many = [f"mixed5b:{number}" for number in range(100)]
    with refused("at most 200 inches tall", "needs 2", "Give fewer channels"):
        figures.optimized_images([[solid(0)] * 100], many, columns_per_band=1)
