"""Views of a cache are sliced like arrays, and find layers by either spelling."""

import pickle
import subprocess
import sys

import numpy as np
import pytest

from artlucid import activations
from artlucid.activations import _features
from artlucid.errors import ActivationsError, ModelError

MASK = np.arange(12) % 3 == 1
KEYS = [
    0,
    -1,
    slice(None),
    slice(2, 7),
    slice(5, 5),
    slice(None, None, -3),
    slice(7, 100),
    [3, 1, 1, 11, -2],
    MASK,
    [],
    np.int64(4),
    (slice(None), 5),
    (2, 130),
    (slice(1, 4), [100, 7, 3, 3]),
    (slice(1, 9, 2), slice(20, 110)),
    (slice(None), slice(None)),
    (),
    ...,
    ([4, 2], slice(None, None, -1)),
    (MASK, 60),
]


@pytest.mark.parametrize("key", KEYS, ids=str)
@pytest.mark.parametrize("kind", ["mean", "place"])
def test_as_numpy_does(cache, key, kind, monkeypatch):
    monkeypatch.setattr(_features, "ROWS_AT_ONCE", 4)
    view = cache["mixed4d"] if kind == "mean" else cache.place("mixed4d")
    expected = np.asarray(view)[key]
    found = view[key]
    assert np.shape(found) == expected.shape and np.asarray(found).dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


def test_rows_and_columns_of_places_apart(cache):
    places = cache.place("mixed3a")
    np.testing.assert_array_equal(places[:, 3, 1], np.asarray(places)[:, 3, 1])


def test_like_an_array(cache):
    view = cache["mixed4d"]
    assert (view.shape, view.dtype, view.ndim, len(view)) == ((12, 132), np.float32, 2, 12)
    assert np.asarray(view, dtype=np.float64).dtype == np.float64
    assert view.shape == np.asarray(view).shape == (np.asarray(view) + 0).shape
    blocks = list(view.blocks(5))
    assert [len(block) for block in blocks] == [5, 5, 2]
    np.testing.assert_array_equal(np.concatenate(blocks), view)
    np.testing.assert_array_equal(np.stack(list(view)), view)


def test_indices_out_of_range(cache):
    for key in (12, (0, 132), [0, 12]):
        with pytest.raises(IndexError):
            cache["mixed4d"][key]


def test_two_lists_are_refused(cache, expect_refusal):
    with expect_refusal("not both", "a list of each", "features[images][:, channels]", kind=ActivationsError):
        cache["mixed4d"][[0, 1], [0, 1]]


def test_no_array_without_a_copy(cache):
    with pytest.raises(ValueError, match="copy"):
        np.asarray(cache["mixed4d"], copy=False)


def test_either_spelling(cache):
    for layer in ("mixed4d_3x3", "mixed4d", "conv2d0"):
        np.testing.assert_array_equal(cache[f"{layer}_pre_relu"], cache[layer])
        assert cache.own_name(f"{layer}_pre_relu") == layer
        assert f"{layer}_pre_relu" in cache
    assert "mixed9z" not in cache and 3 not in cache


def test_unknown_layer(cache, expect_refusal):
    with expect_refusal("layer of the cache", "mixed4d_3x2", "mixed4d_3x3", kind=ModelError):
        cache["mixed4d_3x2"]


def test_sent_to_another_process(cache):
    received = pickle.loads(pickle.dumps(cache))
    np.testing.assert_array_equal(received["mixed4d"], cache["mixed4d"])
    received.close()


def test_closed(cache, expect_refusal):
    with activations.open(cache.path) as opened:
        view = opened["mixed4d"]
        assert view[0].shape == (132,)
    with expect_refusal("must be open", "closed", "open it again", kind=ActivationsError):
        view[0]


def test_reading_takes_no_tensorflow(cache):
    code = "import sys; from artlucid import activations; print(activations.open(sys.argv[1])['mixed4d'][:].sum());"
    code += "sys.exit(bool({'tensorflow', 'keras'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code, cache.path], capture_output=True, text=True, check=True)
    assert float(done.stdout) == pytest.approx(np.asarray(cache["mixed4d"]).sum(), rel=1e-5)


def test_read_from_disk_as_it_is_sliced(cache, monkeypatch):
    import h5py

    read = []
    direct = h5py.Dataset.read_direct
    monkeypatch.setattr(
        h5py.Dataset, "read_direct", lambda self, *arguments: read.append(self.name) or direct(self, *arguments)
    )
    view = activations.open(cache.path)["mixed4d"]
    assert read == []
    view[3:5]
    assert read == [f"/layers/mixed4d_{branch}/mean" for branch in ("1x1", "3x3", "5x5", "pool_reduce")]
