"""Images that look the same between the splits, and between the data of a first and a second training."""

import shutil

import pytest
from finetune import small
from PIL import Image

from artlucid import datasets
from artlucid.errors import DataWarning

pytestmark = pytest.mark.usefixtures("tiny")


@pytest.fixture
def smaller(data, tmp_path):
    """Another dataset, in whose test split one training image of the first stands again, at another size."""
    root = small.draw_dataset(tmp_path / "second", seed=1).root
    with Image.open(data.train.path(0)) as image:
        image.resize((90, 75)).save(root / "test/blue/copy.png")
    return datasets.folder(root)


def test_nothing_to_warn_of(finished):
    assert finished.manifest["near_duplicates"] == []


def test_between_splits_unless_byte_identical(data, tmp_path):
    shutil.copytree(data.root, tmp_path / "data")
    shutil.copy(tmp_path / "data/train/red/00.png", tmp_path / "data/test/red/same.png")
    with Image.open(tmp_path / "data/train/red/01.png") as image:
        image.save(tmp_path / "data/val/red/alike.jpg", quality=80)
    with pytest.warns(DataWarning) as caught:
        run = small.train(datasets.folder(tmp_path / "data"), tmp_path / "run")
    (pair,) = run.manifest["near_duplicates"]
    assert [pair[which]["relative_path"] for which in ("first", "second")] == ["train/red/01.png", "val/red/alike.jpg"]
    messages = [str(warning.message) for warning in caught if issubclass(warning.category, DataWarning)]
    assert len([message for message in messages if "alike.jpg" in message]) == 1
    assert not any("same.png" in message and "looks the same" in message for message in messages)


@pytest.fixture
def second(finished, smaller, tmp_path):
    """A training on the smaller dataset from a finished one on the first."""
    with pytest.warns(DataWarning, match="1 pair of images looks the same"):
        return small.train(smaller, tmp_path / "second run", weights=finished)


def test_with_the_data_of_the_training_before(second, data):
    (pair,) = second.manifest["near_duplicates"]
    assert pair["first"] == {
        "dataset": data.specification,
        "split": "train",
        "relative_path": data.train.relative_paths[0],
    }
    assert (pair["second"]["split"], pair["second"]["relative_path"]) == ("test", "test/blue/copy.png")


def test_through_a_training_on_the_same_data(second, smaller, tmp_path):
    with pytest.warns(DataWarning, match="looks the same"):
        third = small.train(smaller, tmp_path / "third", weights=second)
    assert third.manifest["near_duplicates"] == second.manifest["near_duplicates"]


def test_data_that_are_gone(data, smaller, tmp_path):
    shutil.copytree(data.root, tmp_path / "gone")
    first = small.train(datasets.folder(tmp_path / "gone"), tmp_path / "first")
    shutil.rmtree(tmp_path / "gone")
    with pytest.warns(DataWarning, match="were not compared with those of an earlier training, folder:.*gone"):
        second = small.train(smaller, tmp_path / "second run", weights=first)
    assert second.manifest["near_duplicates"] == []


def test_not_searched(finished, smaller, tmp_path):
    second = small.train(smaller, tmp_path / "second run", weights=finished, near_duplicates=False)
    assert second.manifest["near_duplicates"] == "not searched"


def test_earlier_data_that_are_others_by_now(data, smaller, tmp_path):
    shutil.copytree(data.root, tmp_path / "data")
    earlier = datasets.folder(tmp_path / "data")
    first = small.train(earlier, tmp_path / "first")
    (tmp_path / "data/train/red/00.png").unlink()
    with pytest.warns(DataWarning) as caught:
        small.train(smaller, tmp_path / "second run", weights=first)
    (said,) = [str(warning.message) for warning in caught if "have changed since" in str(warning.message)]
    assert earlier.specification in said
