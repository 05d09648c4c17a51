"""What can be looked up in the folder of a comparison, without Keras and TensorFlow."""

import shutil
import subprocess
import sys

import numpy as np
import pytest
from finetune import small

from artlucid import activations, compare, datasets, models
from artlucid._comparison._format import cache_path
from artlucid.errors import ComparisonError, MetricError, ModelError

pytestmark = pytest.mark.usefixtures("tiny")

OPTIONS = compare.Options(k=(5,), extraction=activations.Options(cache=False))


@pytest.fixture(scope="module")
def two(tiny):
    return [models.load("none", architecture="tiny", seed=seed) for seed in (0, 1)]


@pytest.fixture(scope="module")
def made(two, data, tmp_path_factory):
    """For reading only."""
    return compare.compare(two, data, out=tmp_path_factory.mktemp("made"), options=OPTIONS)


@pytest.fixture
def own(made, tmp_path):
    """A copy that may be changed."""
    return compare.read(shutil.copytree(made.path, tmp_path / "own"))


@pytest.mark.parametrize("split", ["train", "test"])
def test_caches_are_those_of_the_models(made, two, data, tmp_path, split):
    for index, (model, network) in enumerate(zip(made.models, two, strict=True)):
        expected = activations.extract(
            network, data.split(split), out=tmp_path / f"{index}.h5", options=OPTIONS.extraction
        )
        with made.cache(model, split) as cache:
            np.testing.assert_array_equal(cache["conv2d1"][:], expected["conv2d1"][:])
    with made.cache(made.models[0]) as cache:
        assert len(cache) == len(data.train)


def test_top_images_are_the_best_by_a_sort(made):
    model = made.models[1]
    found = made.top_images(model, "conv2d1_pre_relu", 5)
    with made.cache(model) as cache:
        scores = cache["conv2d1"][:]
    for channel, row in enumerate(found.indices):
        best = sorted(range(len(scores)), key=lambda image, channel=channel: (-scores[image, channel], image))[:5]
        assert row[row >= 0].tolist() == [image for image in best if scores[image, channel] > 0]


def test_images_are_those_of_the_caches(made, data):
    found = made.images()
    assert found.relative_paths == data.train.relative_paths
    assert all(found.path(index).is_file() for index in range(len(found)))
    assert made.images(split="test").relative_paths == data.test.relative_paths


def test_images_without_some_that_could_not_be_used(two, tmp_path):
    drawn = small.draw_dataset(tmp_path / "data")
    bad = drawn.train.path(3)
    bad.write_bytes(b"")
    options = activations.Options(cache=False, max_excluded=0.5)
    with pytest.warns(match="left out|excluded"):
        found = compare.compare(two, drawn, out=tmp_path / "out", options=compare.Options(k=(5,), extraction=options))
    paths = found.images().relative_paths
    assert drawn.train.relative_paths[3] not in paths and len(paths) == len(drawn.train) - 1
    with found.cache(found.models[0]) as cache:
        assert cache.images["path"].tolist() == list(paths)


def test_images_that_have_moved(two, tmp_path, expect_refusal):
    drawn = small.draw_dataset(tmp_path / "here")
    found = compare.compare(two, drawn, out=tmp_path / "out", options=OPTIONS)
    there = tmp_path / "there"
    drawn.root.rename(there)
    with expect_refusal("be where they were", drawn.specification, "--data", kind=ComparisonError):
        found.images()
    kind = drawn.specification.partition(":")[0]
    moved = found.images(f"{kind}:{there}")
    assert moved.path(0).is_file() and moved.path(0).is_relative_to(there)


def test_images_of_something_else(made, data, tmp_path, expect_refusal):
    other = small.draw_dataset(tmp_path / "other")
    path = other.train.path(0)
    content = path.read_bytes()
    path.write_bytes(content + b"more")
    with expect_refusal("those that it was made from", "another size", "--data", kind=ComparisonError):
        made.images(other)
    path.unlink()
    with expect_refusal("those that it was made from", path.name, "--data", kind=ComparisonError):
        made.images(datasets.load(other.specification))


def test_activations_that_were_removed(own, expect_refusal):
    model, other = own.models
    path = cache_path(own.path, own.manifest["models"][0]["identity"], "train")
    path.unlink()
    with expect_refusal("still be in its folder", path.name, "artlucid compare", kind=ComparisonError):
        own.cache(model)
    assert len(own.images()) and own.top_images(other, "conv2d0", 5).k == 5


def test_activations_that_were_replaced(own, expect_refusal):
    first, second = [
        own.path / "activations" / f"{model['identity'][:16]}-train.h5" for model in own.manifest["models"]
    ]
    shutil.copyfile(second, first)
    with expect_refusal("be of its models", first.name, "remove it", kind=ComparisonError):
        own.cache(own.models[0])


def test_what_is_not_there(made, expect_refusal):
    with expect_refusal("`model`", "'nonsense'", made.models[0], kind=ComparisonError):
        made.cache("nonsense")
    with expect_refusal("`split`", "'val'", "train and test", kind=ComparisonError):
        made.cache(made.models[0], "val")
    with pytest.raises(ModelError, match="conv2d0"):
        made.top_images(made.models[0], "conv2d7", 5)
    with pytest.raises(MetricError, match="`k`"):
        made.top_images(made.models[0], "conv2d0", 1000)


def test_reading_takes_no_tensorflow(made):
    code = (
        "import sys; sys.modules['keras'] = sys.modules['tensorflow'] = None; from artlucid import compare; "
        f"found = compare.read({str(made.path)!r}); print(found.top_images(found.models[0], 'conv2d0', 5).k); "
        "print(found.images().path(0)); print(len(compare.as_text(found)) > 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["5", str(made.images().path(0)), "True"]
