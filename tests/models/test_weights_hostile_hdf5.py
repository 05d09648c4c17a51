"""HDF5 files whose values lie elsewhere, or are more than there can be."""

import io
import zipfile

import h5py
import numpy as np
import pytest
from weight_files import write_keras, write_keras_weights, write_own

from artlucid import models

SECRET = np.arange(16, dtype=np.float32)
PLACES = {".h5": "conv2d0/bias", ".weights.h5": "layers/layer_0/vars/1"}


def external_link(file, place, folder):
    del file[place]
    file[place] = h5py.ExternalLink(str(folder / "secret.h5"), "/values")
    return "is a ExternalLink"


def soft_link(file, place, folder):
    del file[place]
    file["elsewhere"] = SECRET
    file[place] = h5py.SoftLink("/elsewhere")
    return "is a SoftLink"


def dangling_link(file, place, folder):
    file["conv2d9"] = h5py.SoftLink("/nowhere")
    return "`//conv2d9` is a SoftLink"


def linked_group(file, place, folder):
    file["conv2d9"] = h5py.ExternalLink(str(folder / "secret.h5"), "/")
    return "is a ExternalLink"


def external_storage(file, place, folder):
    del file[place]
    file.create_dataset(place, (16,), "f4", external=[(str(folder / "secret.bin"), 0, 64)])
    return "keeps its values in another file"


def virtual_dataset(file, place, folder):
    del file[place]
    layout = h5py.VirtualLayout((16,), "f4")
    layout[:] = h5py.VirtualSource(str(folder / "secret.h5"), "values", (16,))
    file.create_virtual_dataset(place, layout)
    return "keeps its values in another file"


def group_that_contains_itself(file, place, folder):
    file["inner/outer"] = file["/"]
    return "is linked twice or contains itself"


def huge_dataset(file, place, folder):
    del file[place]
    file.create_dataset(place, (2**31, 2**20), "f4", chunks=(2**10, 2**10))
    return "unpacks to more than 1024 MiB"


def many_large_datasets(file, place, folder):
    for index in range(5):
        file.create_dataset(f"more/{index}", (2**26,), "f4", chunks=(2**20,))
    return "unpacks to more than 1024 MiB"


def dataset_without_values(file, place, folder):
    del file[place]
    file[place] = h5py.Empty("f4")
    return "has no values"


def named_type(file, place, folder):
    file["type"] = np.dtype("f4")
    return "is neither a group nor an array"


def time_type(file, place, folder):
    del file[place]
    space = h5py.h5s.create_simple((16,))
    h5py.h5d.create(file.id, place.encode(), h5py.h5t.UNIX_D32LE, space)
    return "is of a type that NumPy lacks"


def time_attribute(file, place, folder):
    item = file if "/vars/" not in place else file[place].parent
    h5py.h5a.create(item.id, b"when", h5py.h5t.UNIX_D32LE, h5py.h5s.create(h5py.h5s.SCALAR))
    return "an attribute of `"


TRICKS = [
    external_link, soft_link, dangling_link, linked_group, external_storage, virtual_dataset,
    group_that_contains_itself, huge_dataset, many_large_datasets, dataset_without_values, named_type, time_type,
    time_attribute,
]  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["values"] = SECRET
    (tmp_path / "secret.bin").write_bytes(SECRET.tobytes())
    return tmp_path


@pytest.mark.parametrize("suffix", [".h5", ".weights.h5", ".keras"])
@pytest.mark.parametrize("trick", TRICKS, ids=lambda trick: trick.__name__)
def test_refused(suffix, trick, folder, arrays, refused):
    path = folder / f"weights{suffix}"
    if suffix == ".keras":
        received = write_tricky_archive(path, trick, folder, arrays)
    else:
        {".h5": write_own, ".weights.h5": write_keras_weights}[suffix](path, arrays)
        with h5py.File(path, "r+") as file:
            received = trick(file, PLACES[suffix], folder)
    with refused("must hold all its values itself", received, "Do not trust this file"):
        models.load(path, architecture="mini")


def write_tricky_archive(path, trick, folder, arrays):
    inner = io.BytesIO()
    write_keras_weights(inner, arrays)
    with h5py.File(inner, "r+") as file:
        received = trick(file, PLACES[".weights.h5"], folder)
    whole = path.with_name("whole.keras")
    write_keras(whole, arrays)
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(path, "w") as target:
        target.writestr("config.json", source.read("config.json"))
        target.writestr("model.weights.h5", inner.getvalue())
    return received


def test_groups_nested_without_end(folder, arrays, refused):
    path = folder / "weights.h5"
    write_own(path, arrays)
    with h5py.File(path, "r+") as file:
        group = file
        for _ in range(1500):
            group = group.create_group("g")
        group["kernel"] = SECRET
    with refused("exactly those of", "surplus: g/g/", "Use weights"):
        models.load(path)


def test_damage_inside(folder, arrays, refused):
    path = folder / "weights.h5"
    write_own(path, arrays)
    content = bytearray(path.read_bytes())
    start = content.index(b"TREE")
    content[start : start + 400] = bytes(400)
    path.write_bytes(content)
    with refused("must be HDF5", "cannot be read", "get it again"):
        models.load(path)
