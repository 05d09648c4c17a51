"""The two published trainings: downloaded once, held to their hashes, kept in artlucid's cache."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import keras

from artlucid.errors import WeightsError
from artlucid.files import cache_folder, write_atomically
from artlucid.models.weights import _caffe, _graph, _own
from artlucid.models.weights._record import Weights

logger = logging.getLogger("artlucid")


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


def inception5h() -> Weights:
    """The weights that Lucid calls InceptionV1, with both auxiliary heads."""
    weights = _cached(INCEPTION5H, _convert_inception5h)
    # From here on only what was made of it is read.
    with contextlib.suppress(OSError):
        _place(INCEPTION5H).unlink()
    return weights


def bvlc() -> Weights:
    """The weights of Caffe's release."""
    return _cached(BVLC, _caffe.read)


def _cached(publication: Publication, convert: Callable[[Path], Weights]) -> Weights:
    converted = cache_folder() / f"{publication.name}.h5"
    if converted.exists():
        return _own.read(converted)
    try:
        weights = convert(fetch(publication))
    except FileNotFoundError:  # another process has just converted and removed it
        return _own.read(converted)
    write_atomically(converted, _own.to_bytes(weights))
    return weights


def _place(publication: Publication) -> Path:
    return cache_folder() / Path(publication.address).name


def fetch(publication: Publication) -> Path:
    """Download a publication, or take it where it was put by hand; its hash must be right either way."""
    path = _place(publication)
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
        with _progress():
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


@contextlib.contextmanager
def _progress() -> Iterator[None]:
    """Keras shows its progress on standard output, which is for results: move it to standard error, or nowhere."""
    with contextlib.ExitStack() as stack:
        shown = logger.isEnabledFor(logging.INFO)
        stream = sys.stderr if shown else stack.enter_context(open(os.devnull, "w", encoding="utf-8"))
        stack.enter_context(contextlib.redirect_stdout(stream))
        yield


def _convert_inception5h(archive: Path) -> Weights:
    with zipfile.ZipFile(archive) as file:
        graph = file.read(INCEPTION5H_GRAPH)
    if hashlib.sha256(graph).hexdigest() != INCEPTION5H_GRAPH_SHA256:
        raise WeightsError(
            f"{INCEPTION5H_GRAPH} must have the sha256 {INCEPTION5H_GRAPH_SHA256}. Received another in {archive}. "
            "Delete the file and start again."
        )
    extracted = archive.with_name(f".{os.getpid()}.{INCEPTION5H_GRAPH}")
    write_atomically(extracted, graph)
    try:
        return _graph.read(extracted, "inception5h")
    finally:
        extracted.unlink()
