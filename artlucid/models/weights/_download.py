"""The two published trainings: downloaded once, held to their hashes, kept under the Keras home."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras

from artlucid.errors import WeightsError
from artlucid.files import write_atomically
from artlucid.models.weights import _caffe, _graph, _own
from artlucid.models.weights._record import Weights


@dataclass(frozen=True)
class Publication:
    """A file of weights on the network."""

    name: str
    address: str
    algorithm: str
    digest: str


INCEPTION5H = Publication(
    "inception5h",
    "https://storage.googleapis.com/download.tensorflow.org/models/inception5h.zip",
    "sha256",
    "d13569f6a98159de37e92e9c8ec4dae8f674fbf475f69fe6199b514f756d4364",
)
INCEPTION5H_GRAPH = "tensorflow_inception_graph.pb"
INCEPTION5H_GRAPH_SHA256 = "a39b08b826c9d5a5532ff424c03a3a11a202967544e389aca4b06c2bd8aef63f"
BVLC = Publication(
    "bvlc",
    "http://dl.caffe.berkeleyvision.org/bvlc_googlenet.caffemodel",
    "sha1",
    "405fc5acd08a3bb12de8ee5e23a96bec22f08204",
)


def folder() -> Path:
    """Where downloads and what is made of them are kept: ``artlucid`` under the Keras home."""
    # Keras gives the place no public name.
    return Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser() / "artlucid"


def inception5h() -> Weights:
    """The weights that Lucid calls InceptionV1, with both auxiliary heads."""
    return _cached(INCEPTION5H, _convert_inception5h)


def bvlc() -> Weights:
    """The weights of Caffe's release."""
    return _cached(BVLC, _caffe.read)


def _cached(publication: Publication, convert: Callable[[Path], Weights]) -> Weights:
    converted = folder() / f"{publication.name}.h5"
    if converted.exists():
        return _own.read(converted)
    weights = convert(fetch(publication))
    write_atomically(converted, _own.to_bytes(weights))
    return weights


def fetch(publication: Publication) -> Path:
    """Download a publication, or take it where it was put by hand; its hash must be right either way."""
    path = folder() / Path(publication.address).name
    if not path.exists():
        _download(publication, path)
    _check_hash(publication, path, f"Delete that file and start again, or get it from {publication.address}.")
    return path


def _check_hash(publication: Publication, path: Path, advice: str) -> None:
    found = hashlib.new(publication.algorithm, path.read_bytes()).hexdigest()
    if found != publication.digest:
        raise WeightsError(
            f"{publication.name} must have the {publication.algorithm} {publication.digest}. Received {path} with "
            f"{found}. {advice}"
        )


def _download(publication: Publication, path: Path) -> None:
    partial = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Its progress bar goes to standard output, which is for results.
        with contextlib.redirect_stdout(sys.stderr):
            keras.utils.get_file(partial.name, publication.address, cache_dir=path.parent, cache_subdir="")
        _check_hash(publication, partial, f"It was deleted. Start again, or put the right file at {path}.")
        partial.replace(path)
    except WeightsError:
        raise
    except Exception as error:  # get_file raises a bare Exception where there is no network
        raise WeightsError(
            f"The weights {publication.name!r} must be downloaded once. Received no file from "
            f"{publication.address} ({error}). Get that file with a browser and put it at {path}, "
            "or name weights that you have with `weights` (`--weights`)."
        ) from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()


def _convert_inception5h(archive: Path) -> Weights:
    with zipfile.ZipFile(archive) as file:
        graph = file.read(INCEPTION5H_GRAPH)
    if hashlib.sha256(graph).hexdigest() != INCEPTION5H_GRAPH_SHA256:
        raise WeightsError(
            f"{INCEPTION5H_GRAPH} must have the sha256 {INCEPTION5H_GRAPH_SHA256}. Received another in {archive}. "
            "Delete the file and start again."
        )
    extracted = folder() / INCEPTION5H_GRAPH
    write_atomically(extracted, graph)
    return _graph.read(extracted, "inception5h")
