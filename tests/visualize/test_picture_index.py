"""The index of folders of pictures: what it says, where its paths lead, what is refused."""

import copy
import doctest
import json
import os
import shutil
from types import SimpleNamespace

import pytest
from figures.folders import add, begin, png, solid, stem_of

from artlucid import figures, visualize
from artlucid.errors import VisualizationError
from artlucid.visualize import _folder, _index
from artlucid.visualize._sweep import folders_of

DEAD = "dead channel: it gave the same at every step"


@pytest.fixture
def refused(expect_refusal):
    return lambda *parts: expect_refusal(*parts, kind=VisualizationError)


@pytest.fixture
def out(tmp_path):
    """Two layers, with a dead channel, one whose picture was taken away and one without a finite objective."""
    folder = begin(tmp_path / "out", "imagenet", precision="bfloat16")
    add(folder, "mixed4d:10", solid(1), objective=2.5, curve=[1, 2])
    add(folder, "mixed4d:9", notices=[DEAD], objective=0.0, curve=[0, 0])
    add(folder, "mixed4d:11", solid(2), objective=3.5)
    add(folder, "mixed5b:0", solid(3), objective=float("nan"))
    (folder / f"{stem_of('mixed4d:11')}.png").unlink()
    (folder / f"{stem_of('mixed4d:9')}.png").write_bytes(png(solid(3)))  # of which no manifest speaks
    return folder


@pytest.fixture
def styles(out):
    folder = begin(out / "styles", "runs/styles", precision="bfloat16")
    add(folder, "mixed4d:10", solid(4), objective=7.5, curve=[1, 2])
    return folder


def test_what_it_says(out):
    figures.save_contact_sheets([out], layers=["mixed4d"])
    path = visualize.write_index(out)
    assert path == out / "index.json"
    index = json.loads(path.read_text())
    assert (index["format"], index["version"]) == ("artlucid.picture_index", 1)
    (folder,) = index["folders"]
    assert (folder["label"], folder["path"]) == ("imagenet", ".")
    assert folder["model"] == {
        "name": "imagenet", "identity": "0" * 64, "architecture": None, "source": "runs/imagenet"
    }  # fmt: skip
    assert folder["settings"] == {"steps": 128, "size": [24, 24], "seed": 0, "precision": "bfloat16"}
    first, second = folder["layers"]
    assert (first["name"], first["n_channels"], first["sheet"]) == ("mixed4d", 3, "sheets/mixed4d.png")
    keys = ("channel", "picture", "curve", "final_objective", "notices")
    assert [tuple(channel[key] for key in keys) for channel in first["channels"]] == [
        (9, None, "curves/mixed4d-0009.csv", 0.0, [DEAD]),
        (10, "mixed4d-0010.png", "curves/mixed4d-0010.csv", 2.5, []),
        (11, None, None, 3.5, []),
    ]
    assert (second["name"], second["n_channels"], second["sheet"]) == ("mixed5b", 1, None)
    assert second["channels"][0]["final_objective"] is None  # JSON of browsers has no NaN


def paths_in(index):
    for folder in index["folders"]:
        for layer in folder["layers"]:
            yield layer["sheet"]
            for channel in layer["channels"]:
                yield from (channel["picture"], channel["curve"])


def test_paths_lead_to_files_wherever_the_folder_is_moved_to(out, styles, tmp_path, monkeypatch):
    figures.save_contact_sheets([out, styles])
    monkeypatch.chdir(out.parent)
    visualize.write_index("out", {"after": styles})
    moved = shutil.move(out, tmp_path / "elsewhere")
    index = visualize.read_index(moved)
    assert [(folder["label"], folder["path"]) for folder in index["folders"]] == [
        ("imagenet", "."),
        ("after", "styles"),
    ]
    found = [path for path in paths_in(index) if path is not None]
    assert {"styles/mixed4d-0010.png", "styles/curves/mixed4d-0010.csv", "sheets/mixed5b.png"} <= set(found)
    for path in found:
        assert (tmp_path / "elsewhere" / path).is_file()
        assert not os.path.isabs(path) and ".." not in path


def test_folders_elsewhere(out, tmp_path):
    other = begin(tmp_path / "other", "runs/other")
    add(other, "mixed4d:10", solid(5))
    index = visualize.read_index(visualize.write_index(out, {"other": other}, label="before"))
    assert [folder["label"] for folder in index["folders"]] == ["before", "other"]
    assert index["folders"][1]["layers"][0]["channels"][0]["picture"] == "../other/mixed4d-0010.png"


def test_it_is_written_anew(out, styles):
    visualize.write_index(out, {"after": styles})
    add(styles, "mixed4d:77", solid(6))
    index = visualize.read_index(visualize.write_index(out, {"after": styles}))
    assert index["folders"][1]["layers"][0]["n_channels"] == 2
    assert not list(out.glob(".*.part"))


def test_it_disturbs_no_resuming(mini, tmp_path):
    """Sheets and index beside pictures: a further channel is added, and only what a killed process left is removed."""
    out = tmp_path / "out"

    def rendered(*channels):
        visualize.channels(mini, channels, steps=1, size=32, out=out, options=visualize.Options(batch_size=1))

    rendered("mixed3a_1x1:2")
    (sheet,) = figures.save_contact_sheets([out])
    index = visualize.write_index(out)
    kept = {path: path.read_bytes() for path in (sheet, index)}
    leftover = sheet.with_name(".mixed3a.png.1.part")
    leftover.write_bytes(b"half")
    rendered("mixed3a_1x1:2", "mixed3a_1x1:3")
    assert not leftover.exists()
    assert {path: path.read_bytes() for path in kept} == kept
    assert visualize.read_index(visualize.write_index(out))["folders"][0]["layers"][0]["n_channels"] == 2


def test_no_model_has_its_pictures_among_the_sheets(tmp_path):
    def names(*sources):
        folders = folders_of([SimpleNamespace(source=source) for source in ("first", *sources)], tmp_path)
        assert folders[0] == tmp_path and all(folder.parent == tmp_path for folder in folders[1:])
        return [folder.name for folder in folders[1:]]

    assert names("/runs/sheets", "/runs/styles", "/other/styles") == ["sheets-2", "styles", "styles-2"]
    assert not set(names(*_folder.SUBFOLDERS)) & set(_folder.SUBFOLDERS)
    assert names("/..", "/") == ["model", "model-2"]


def test_folders_without_pictures(out, tmp_path, refused):
    with refused("must say how the pictures beside it were made", str(tmp_path), "choose another"):
        visualize.write_index(out, {"none": tmp_path})
    (out / "pictures.json").write_text(json.dumps({"format": "artlucid.pictures", "version": 1, "model": []}))
    with refused("must say how the pictures beside it were made", "without model, settings", "make the pictures again"):
        visualize.write_index(out)


@pytest.mark.parametrize("place", ["", "index.json"])
def test_no_index(place, out, refused):
    with refused("must be index.json in a folder of pictures", str(out / "index.json"), "`visualize.write_index`"):
        visualize.read_index(out / place)


def test_newer_version(out, refused):
    path = visualize.write_index(out)
    path.write_text(json.dumps({**json.loads(path.read_text()), "version": 2}))
    with refused("must be at most 1", f"{path} of version 2", "pip install --upgrade artlucid"):
        visualize.read_index(path)


NO_INDEX = ["", "[]", "3", "[" * 100_000, "{}", '{"format": "artlucid.pictures", "version": 1}', "\x00", '{"a": NaN}']


@pytest.mark.parametrize("content", NO_INDEX, ids=range(len(NO_INDEX)))
def test_other_files(content, out, refused):
    (out / "index.json").write_text(content)
    with refused("must be as artlucid writes it", str(out / "index.json"), "write it again"):
        visualize.read_index(out)


def records_of(index):
    """Every record of an index, each with the way to it."""
    folder = index["folders"][1]
    return {
        "index": index,
        "folder": folder,
        "layer": folder["layers"][0],
        "channel": folder["layers"][0]["channels"][0],
    }


KEYS = {
    "index": ("format", "version", "folders"),
    "folder": ("label", "path", "model", "settings", "layers"),
    "layer": ("name", "n_channels", "sheet", "channels"),
    "channel": ("channel", "picture", "curve", "final_objective", "notices"),
}


@pytest.mark.parametrize("record, key", [(record, key) for record, keys in KEYS.items() for key in keys])
def test_damaged_records(record, key, out, styles, refused):
    """Each key missing, and each of another type."""
    path = visualize.write_index(out, {"after": styles})
    good = json.loads(path.read_text())
    of_another_type = [] if isinstance(records_of(good)[record][key], dict) else {}
    for damage in (lambda content: content.pop(key), lambda content: content.update({key: of_another_type})):
        index = copy.deepcopy(good)
        damage(records_of(index)[record])
        path.write_text(json.dumps(index))
        with refused("must be as artlucid writes it", str(path), "write it again"):
            visualize.read_index(path)
    path.write_text(json.dumps(good))
    assert visualize.read_index(path) == good


OUTSIDE = [
    "/etc/x.png",
    "styles/../../x.png",
    "x.png",
    "styles//x.png",
    "styles/C:\\x.png",
    "styles/..\\x.png",
    "styles/x.js",
    "styles/C:x.png",
]


@pytest.mark.parametrize(
    "record, key, place",
    [*(("channel", "picture", place) for place in OUTSIDE), ("channel", "curve", "x.csv"), ("layer", "sheet", "x.png")],
)
def test_paths_out_of_the_folder(record, key, place, out, styles, refused):
    path = visualize.write_index(out, {"after": styles})
    index = json.loads(path.read_text())
    records_of(index)[record][key] = place
    path.write_text(json.dumps(index))
    with refused("must be as artlucid writes it", f"is no {key} of the folder styles", "write it again"):
        visualize.read_index(path)


def test_no_number(out, refused):
    path = visualize.write_index(out)
    path.write_text(path.read_text().replace("3.5", "NaN"))
    with refused("must be as artlucid writes it", "NaN is no number", "write it again"):
        visualize.read_index(path)


@pytest.mark.parametrize("place", ["/etc", "C:\\pictures", "C:/pictures"])
def test_folders_by_absolute_paths(place, out, refused):
    path = visualize.write_index(out)
    index = json.loads(path.read_text())
    index["folders"][0] |= {"path": place, "layers": []}
    path.write_text(json.dumps(index))
    with refused("must be as artlucid writes it", "is not relative", "write it again"):
        visualize.read_index(path)


def test_a_wrong_number_of_channels(out, refused):
    path = visualize.write_index(out)
    index = json.loads(path.read_text())
    index["folders"][0]["layers"][0]["n_channels"] = 4
    path.write_text(json.dumps(index))
    with refused("must be as artlucid writes it", "has 3 channels, not 4", "write it again"):
        visualize.read_index(path)


def test_example():
    found = doctest.testmod(_index)
    assert found.failed == 0 < found.attempted
