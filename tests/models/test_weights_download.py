"""Downloads, from files on this machine in place of their addresses."""

import dataclasses
import hashlib
import logging
import zipfile

import keras
import numpy as np
import pytest
from published_graph import PublishedGraph, random_arrays
from weight_files import write_caffemodel

from artlucid import architectures, models
from artlucid.errors import OutputError
from artlucid.files import write_atomically
from artlucid.models.weights import _caffe, _download, _graph

MINI = architectures.get("mini")
NOWHERE = "http://127.0.0.1:9/bvlc_googlenet.caffemodel"


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.delenv("ARTLUCID_CACHE", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "artlucid"


@pytest.fixture
def server(tmp_path):
    (tmp_path / "server").mkdir()
    return tmp_path / "server"


def digest(path, algorithm):
    return hashlib.new(algorithm, path.read_bytes()).hexdigest()


@pytest.fixture
def bvlc(home, server, arrays, monkeypatch):
    """Arrays of `mini` at the address of Caffe's release."""
    path = server / "bvlc_googlenet.caffemodel"
    write_caffemodel(path, arrays)
    published = dataclasses.replace(_download.BVLC, address=path.as_uri(), digest=digest(path, "sha1"))
    monkeypatch.setattr(_download, "BVLC", published)
    read = _caffe.read
    monkeypatch.setattr(_caffe, "read", lambda path: read(path, "mini"))
    return path


@pytest.fixture
def inception5h(home, server, monkeypatch):
    """A graph of `mini` at the address of the archive that Lucid uses."""
    arrays = random_arrays(MINI, 5)
    graph = PublishedGraph(MINI, arrays).write(server / "tensorflow_inception_graph.pb")
    path = server / "inception5h.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(graph, graph.name)
        archive.writestr("imagenet_comp_graph_label_strings.txt", "dummy\n")
    published = dataclasses.replace(_download.INCEPTION5H, address=path.as_uri(), digest=digest(path, "sha256"))
    monkeypatch.setattr(_download, "INCEPTION5H", published)
    monkeypatch.setattr(_download, "INCEPTION5H_GRAPH_SHA256", digest(graph, "sha256"))
    read = _graph.read
    monkeypatch.setattr(_graph, "read", lambda path, variant: read(path, {"inception5h": "mini"}[variant]))
    return arrays


def test_official_addresses_and_hashes():
    assert dataclasses.astuple(_download.INCEPTION5H) == (
        "inception5h",
        "https://storage.googleapis.com/download.tensorflow.org/models/inception5h.zip",
        "sha256",
        "d13569f6a98159de37e92e9c8ec4dae8f674fbf475f69fe6199b514f756d4364",
    )
    assert _download.INCEPTION5H_GRAPH == "tensorflow_inception_graph.pb"
    assert _download.INCEPTION5H_GRAPH_SHA256 == "a39b08b826c9d5a5532ff424c03a3a11a202967544e389aca4b06c2bd8aef63f"
    assert dataclasses.astuple(_download.BVLC) == (
        "bvlc",
        "http://dl.caffe.berkeleyvision.org/bvlc_googlenet.caffemodel",
        "sha1",
        "405fc5acd08a3bb12de8ee5e23a96bec22f08204",
    )


def test_place_is_the_cache(bvlc, home, tmp_path, monkeypatch):
    monkeypatch.setenv("ARTLUCID_CACHE", str(tmp_path / "cache"))
    models.load("bvlc")
    assert (tmp_path / "cache" / "bvlc.h5").exists()
    assert not home.exists()


def test_progress_is_shown_only_where_information_is(bvlc, capsys, caplog):
    _download.fetch(_download.BVLC)
    assert capsys.readouterr() == ("", "")
    _download._place(_download.BVLC).unlink()
    with caplog.at_level(logging.INFO, logger="artlucid"):
        _download.fetch(_download.BVLC)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Downloading data from" in shown.err


def test_bvlc(bvlc, home, network, capsys):
    loaded = models.load("bvlc")
    assert loaded.identity == network.identity
    assert loaded.source == "bvlc"
    assert sorted(path.name for path in home.iterdir()) == ["bvlc.h5", "bvlc_googlenet.caffemodel"]
    assert capsys.readouterr().out == ""


def test_imagenet_with_both_auxiliary_heads(inception5h, home):
    weights, lineage = models._load.resolve("imagenet")
    assert lineage == {}
    # What it was made of takes as much room again.
    assert [path.name for path in home.iterdir()] == ["inception5h.h5"]
    assert set(weights.arrays) == set(inception5h)
    assert all(np.array_equal(weights.arrays[name], array) for name, array in inception5h.items())


def test_second_load_takes_what_was_converted(bvlc, home, network, monkeypatch):
    models.load("bvlc")
    bvlc.unlink()
    (home / bvlc.name).unlink()
    monkeypatch.setattr(_caffe, "read", None)
    assert models.load("bvlc").identity == network.identity


def test_archive_stays_until_what_is_made_of_it_is_written(inception5h, home, monkeypatch):
    def full(path, content):
        if path.suffix == ".h5":
            raise OutputError("No space left on device")
        write_atomically(path, content)

    monkeypatch.setattr(_download, "write_atomically", full)
    with pytest.raises(OutputError):
        models.load("imagenet")
    assert [path.name for path in home.iterdir()] == ["inception5h.zip"]


def test_another_process_removes_the_archive(inception5h, home, monkeypatch):
    weights = models._load.resolve("imagenet")[0]
    converted = (home / "inception5h.h5").read_bytes()
    (home / "inception5h.h5").unlink()
    check = _download._check_hash

    def meanwhile(publication, path, advice):
        if not path.name.endswith(".part"):
            (home / "inception5h.h5").write_bytes(converted)
            path.unlink()
        check(publication, path, advice)

    monkeypatch.setattr(_download, "_check_hash", meanwhile)
    again = models._load.resolve("imagenet")[0]
    assert again.arrays.keys() == weights.arrays.keys()


def test_files_put_by_hand(bvlc, home, network, monkeypatch):
    home.mkdir(parents=True)
    bvlc.rename(home / bvlc.name)
    monkeypatch.setattr(keras.utils, "get_file", None)
    assert models.load("bvlc").identity == network.identity


def test_wrong_file_put_by_hand(bvlc, home, refused):
    home.mkdir(parents=True)
    (home / bvlc.name).write_bytes(b"404 Not Found")
    found = hashlib.sha1(b"404 Not Found").hexdigest()
    with refused(f"must have the sha1 {_download.BVLC.digest}", found, f"get it from {bvlc.as_uri()}"):
        models.load("bvlc")
    assert not (home / "bvlc.h5").exists()
    assert (home / bvlc.name).exists()


def test_wrong_download_is_not_kept(bvlc, home, refused):
    bvlc.write_bytes(b"404 Not Found")
    with refused("bvlc must have the sha1", "bvlc_googlenet.caffemodel", f"put the right file at {home / bvlc.name}"):
        models.load("bvlc")
    assert list(home.iterdir()) == []


def test_changed_graph_in_the_archive(inception5h, monkeypatch, refused):
    monkeypatch.setattr(_download, "INCEPTION5H_GRAPH_SHA256", "0" * 64)
    with refused("tensorflow_inception_graph.pb must have the sha256 0000", "inception5h.zip", "Delete the file"):
        models.load("imagenet")


def test_no_network_names_address_and_place(bvlc, home, monkeypatch, refused):
    monkeypatch.setattr(_download, "BVLC", dataclasses.replace(_download.BVLC, address=NOWHERE))
    with refused("'bvlc' must be downloaded once", NOWHERE, f"put it at {home / 'bvlc_googlenet.caffemodel'}"):
        models.load("bvlc")
    assert list(home.iterdir()) == []


def test_home_that_cannot_be_written(bvlc, home, refused):
    home.parent.write_text("a file where the folder would be")
    with refused("'bvlc' must be downloaded once", bvlc.as_uri(), "name weights that you have"):
        models.load("bvlc")


def test_interrupted_download_leaves_nothing(bvlc, home, monkeypatch):
    def interrupted(name, address, cache_dir, cache_subdir):
        (cache_dir / name).write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(keras.utils, "get_file", interrupted)
    with pytest.raises(KeyboardInterrupt):
        models.load("bvlc")
    assert list(home.iterdir()) == []


def test_published_weights_as_another_variant(bvlc, refused):
    with refused("`architecture` must be the variant of the weights", "'bvlc' for weights of 'mini'", "Leave"):
        models.load("bvlc", architecture="bvlc")
