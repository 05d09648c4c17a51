"""What holds for every format of weights."""

import numpy as np
import pytest
from plain_inception import compute
from weight_files import WRITERS

from artlucid import architectures, models
from artlucid.models._load import READERS, resolve

# Published graphs have all heads, and are refused in a test file of their own.
PARTIAL = [suffix for suffix in WRITERS if suffix != ".pb"]


@pytest.fixture
def write(tmp_path):
    def write(suffix, arrays, **options):
        path = tmp_path / f"weights{suffix}"
        WRITERS[suffix](path, arrays, **options)
        return path

    return write


def test_every_reader_is_tested():
    assert {suffix if suffix != ".own.npz" else ".npz" for suffix in WRITERS} == set(READERS)


@pytest.mark.parametrize("suffix", WRITERS)
def test_arrays_arrive_where_they_belong(suffix, write, arrays):
    weights, lineage = resolve(write(suffix, arrays), architecture="mini")
    assert lineage == {}
    assert weights.architecture is architectures.get("mini")
    assert weights.activation == "softmax"
    for name, array in arrays.items():
        np.testing.assert_array_equal(weights.arrays[name], array, err_msg=name)


@pytest.mark.parametrize("suffix", WRITERS)
def test_network_of_a_file(suffix, write, arrays, images, network):
    path = write(suffix, arrays)
    loaded = models.load(str(path), architecture="mini")
    np.testing.assert_allclose(loaded.keras_model(images), compute(images, arrays, "mini")["predictions"], atol=1e-5)
    assert loaded.source == str(path)
    assert loaded.identity == network.identity
    assert loaded.class_names == (("bat", "cat", "ewe", "gnu", "hen") if suffix == ".h5" else ())


@pytest.mark.parametrize("suffix", [suffix for suffix in WRITERS if suffix not in (".pb", ".keras", ".h5")])
def test_files_that_leave_the_variant_open(suffix, write, arrays, refused):
    path = write(suffix, arrays)
    if suffix in (".npz", ".caffemodel"):  # under Caffe's names they are of Caffe's variant
        with refused("exactly those of inception_v1/bvlc", "conv2d0/kernel: (7, 7, 3, 16) in the file", "architecture"):
            models.load(path)
    else:
        with refused("`architecture` must name the network", str(path), "inception5h, bvlc, gonthier, mini"):
            models.load(path)


@pytest.mark.parametrize("suffix", PARTIAL)
def test_missing_array(suffix, write, arrays, refused):
    left = {name: array for name, array in arrays.items() if name != "mixed4c_3x3/bias"}
    with refused("exactly those of inception_v1/mini", "missing: mixed4c_3x3/bias; surplus: none", "Use weights of"):
        models.load(write(suffix, left), architecture="mini")


@pytest.mark.parametrize("suffix", PARTIAL)
def test_missing_classifier(suffix, write, arrays, refused):
    left = {name: array for name, array in arrays.items() if "logits" not in name}
    with refused("exactly those of", "missing: logits/kernel, logits/bias; surplus: none", "Use weights of"):
        models.load(write(suffix, left), architecture="mini")


@pytest.mark.parametrize("suffix", PARTIAL)
def test_surplus_array(suffix, write, arrays, refused):
    more = {**arrays, "mixed6a_1x1/kernel": np.zeros((1, 1, 2, 2), np.float32)}
    with refused("must be", "mixed6a_1x1", ""):
        models.load(write(suffix, more), architecture="mini")


@pytest.mark.parametrize("suffix", PARTIAL)
def test_misshapen_arrays_are_listed_with_both_sides(suffix, write, arrays, refused):
    wrong = {**arrays, "mixed4c_3x3/kernel": arrays["mixed4c_3x3/kernel"][..., :-1], "conv2d1/bias": np.zeros(3, "f4")}
    with refused(
        "exactly those of inception_v1/mini", "missing: none; surplus: none; of another shape: ", "Use weights"
    ):
        models.load(write(suffix, wrong), architecture="mini")
    with refused("", "mixed4c_3x3/kernel: (3, 3, 32, 63) in the file, (3, 3, 32, 64) in the network", "Use"):
        models.load(write(suffix, wrong), architecture="mini")
    with refused("", "conv2d1/bias: (3,) in the file, (16,) in the network", "Use"):
        models.load(write(suffix, wrong), architecture="mini")


@pytest.mark.parametrize("suffix", PARTIAL)
@pytest.mark.parametrize("shape", [(), (256,), (256, 0), (1, 1, 1, 256, 5)], ids=str)
def test_misshapen_classifier(suffix, shape, write, arrays, refused):
    path = write(suffix, {**arrays, "logits/kernel": np.zeros(shape, np.float32)})
    with refused("must be", "classifier" if suffix == ".caffemodel" and 0 in shape else str(path), ""):
        models.load(path, architecture="mini")


@pytest.mark.parametrize("suffix", WRITERS)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_not_finite(suffix, value, write, arrays, refused):
    kernel = arrays["mixed3b_1x1/kernel"].copy()
    kernel[0, 0, 3, 2] = value
    with refused("must be finite", "NaN or infinity in mixed3b_1x1/kernel", "use another"):
        models.load(write(suffix, {**arrays, "mixed3b_1x1/kernel": kernel}), architecture="mini")


@pytest.mark.parametrize("suffix", WRITERS)
@pytest.mark.parametrize("part", [0, 0.5, 1], ids=["empty", "half", "last byte missing"])
def test_cut_short(suffix, part, write, arrays, refused):
    path = write(suffix, arrays)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * part) - (part == 1)])
    with refused("must", str(path), ""):
        models.load(path, architecture="mini")


@pytest.mark.parametrize("suffix", WRITERS)
def test_text(suffix, tmp_path, refused):
    path = tmp_path / f"weights{suffix}"
    path.write_text("<!DOCTYPE html><html><body>404 Not Found</body></html>\n" * 10)
    with refused("must", str(path), "get it again"):
        models.load(path, architecture="mini")


@pytest.mark.parametrize("suffix", [suffix for suffix in PARTIAL if suffix not in (".caffemodel", ".h5")])
def test_other_floating_point_types(suffix, write, arrays):
    halved = {name: array.astype(np.float16) for name, array in arrays.items()}
    weights, _ = resolve(write(suffix, halved), architecture="mini")
    assert {array.dtype for array in weights.arrays.values()} == {np.dtype(np.float32)}
    np.testing.assert_array_equal(weights.arrays["conv2d0/kernel"], halved["conv2d0/kernel"].astype(np.float32))
    huge = {**arrays, "conv2d0/bias": np.full(16, 1e300)}
    with pytest.raises(ValueError, match="must be finite"):
        resolve(write(suffix, huge), architecture="mini")


@pytest.mark.parametrize("suffix", [suffix for suffix in PARTIAL if suffix != ".caffemodel"])
@pytest.mark.parametrize("kind", ["int32", "bool", "complex64", "S4"])
def test_other_types(suffix, kind, write, arrays, refused):
    options = {"identity": "not looked at"} if suffix == ".h5" else {}
    path = write(suffix, arrays | {"conv2d0/bias": np.ones(16).astype(kind)}, **options)
    with refused("floating-point", str(path), "save them as float32"):
        models.load(path, architecture="mini")
