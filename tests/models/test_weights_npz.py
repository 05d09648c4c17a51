import io
import os
import pickle
import zipfile

import numpy as np
import pytest
from weight_files import write_npz, write_own_npz

from artlucid import models
from artlucid.models.weights import _npz


@pytest.fixture
def path(tmp_path):
    return tmp_path / "weights.npz"


@pytest.fixture
def unreadable(path, refused):
    def check(reason):
        with refused("a NumPy archive of plain arrays", reason, "get it again"):
            models.load(path, architecture="mini")

    return check


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


class Trap:
    def __init__(self, victim):
        self.victim = victim

    def __reduce__(self):
        return os.mkdir, (str(self.victim),)


def test_pickle_is_never_run(path, arrays, unreadable, tmp_path):
    trap = np.array([Trap(tmp_path / "sprung")], dtype=object)
    np.savez(path, **{**arrays, "conv2d0/bias": trap})
    unreadable("Object arrays cannot be loaded")
    assert not (tmp_path / "sprung").exists()


def test_bare_pickle(path, tmp_path, unreadable):
    path.write_bytes(pickle.dumps(Trap(tmp_path / "sprung")))
    unreadable("not a zip file")
    assert not (tmp_path / "sprung").exists()


def test_header_that_declares_more_than_there_is(path, arrays, unreadable):
    write_own_npz(path, arrays)
    header = npy(np.zeros(16, np.float32)).replace(b"(16,), }             ", b"(1099511627776,), }  ")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("conv2d0/bias.npy", header)
    unreadable(str(path))


def test_archive_that_unpacks_to_too_much(path, monkeypatch, unreadable):
    monkeypatch.setattr(_npz, "MOST_BYTES", 10**6)
    np.savez_compressed(path, bomb=np.zeros(10**6, np.float32))
    assert path.stat().st_size < 10**4
    unreadable("unpacks to 4000128 bytes, more than 1000000")


def test_single_array(path, unreadable):
    path.write_bytes(npy(np.zeros(3)))
    unreadable("not a zip file")


def test_other_files_in_the_archive(path, arrays, refused):
    write_own_npz(path, arrays)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../../readme.txt", "hello")
    with refused("must hold floating-point numbers", "readme.txt", "get the file again"):
        models.load(path, architecture="mini")


def test_flipped_byte(path, arrays, unreadable):
    write_npz(path, arrays)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    unreadable("Bad CRC-32")


def test_empty_archive(path, refused):
    np.savez(path)
    with refused("exactly those of inception_v1/mini", "missing: conv2d0/kernel, ", "and 110 more; surplus: none"):
        models.load(path, architecture="mini")


def test_names_of_both_kinds_at_once(path, arrays, refused):
    mixed = {name.replace("/", "__") if "4d" in name else name: array for name, array in arrays.items()}
    np.savez(path, **mixed)
    with refused("exactly those of", "missing: mixed4d_1x1/kernel", "surplus: mixed4d_1x1__kernel"):
        models.load(path, architecture="mini")


def test_compressed_archive(path, arrays, network):
    np.savez_compressed(path, **arrays)
    assert models.load(path, architecture="mini").identity == network.identity
