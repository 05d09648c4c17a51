"""One pass over the images of a split."""

from __future__ import annotations

import dataclasses
import os
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from artlucid import datasets, models
from artlucid.activations._cache import Cache
from artlucid.activations._cache import open as open_cache_file
from artlucid.activations._extraction._request import Request, check_same, request, with_images
from artlucid.activations._format import IMAGES_A_BLOCK
from artlucid.activations._options import Options
from artlucid.activations._part import part_of
from artlucid.activations._writer import Images, Rows, Writer, begin, held
from artlucid.datasets import Excluded, Split
from artlucid.datasets._checks import SPLIT_NAMES
from artlucid.errors import ActivationsError, DataError
from artlucid.inputs import Batches, open_cache
from artlucid.models import Network
from artlucid.models._load import Source

AT_A_TIME = 2
"""So many batches are computed side by side: no operation of one batch keeps all processors busy."""


def extract(model: Source, split: Split, *, out: str | os.PathLike[str], options: Options = Options()) -> Cache:
    """Compute, in one pass over the images, what every channel of a network answers to each of them.

    Of every convolution and analysed layer, after ReLU: each channel's mean over space, its maximum and where it is.
    Of a network of no known architecture the analysed layers alone; a layer without a ReLU counts as if it had one.

    Parameters
    ----------
    model : source
        Anything that `models.load` takes.
    split : Split
        Of a `datasets.Dataset`: ``dataset.test``, ``dataset.split("all")``, or a part of one by `select`. It needs no
        labels.
    out : path
        The file to write, ``.h5``. While it is being filled it is called ``.h5.part``; if the work ends early, the
        same call goes on with it, and gives the same bits. If the file is there already, nothing is computed.
    options : Options

    Returns
    -------
    Cache
        Opened; its images are those of the split in their order, without the unusable ones.

    Raises
    ------
    ActivationsError
        If the file is there and of another model, dataset, split, preprocessing or precision, or damaged; if another
        process writes it; if an activation is not finite.
    DataError
        If the split does not know its dataset, or too many of its images are unusable.
    ModelError
        If the model cannot be loaded, or does not take images of that size.
    OutputError
        If the file cannot be written.

    Warns
    -----
    DataWarning
        Of images that are left out.

    References
    ----------
    Section 4.2 of the paper: its similarities, overlaps and entropies stand on these means.

    Examples
    --------
    >>> import tempfile
    >>> from artlucid import activations, datasets
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     drawn = datasets.synthetic(folder=f"{parent}/styles", images_per_class=(2, 1, 1), size=32)
    ...     network = models.load("none", architecture="mini")
    ...     options = activations.Options(size=32, cache=False)
    ...     cache = activations.extract(network, drawn.test, out=f"{parent}/before.h5", options=options)
    >>> cache["mixed4d"].shape
    (6, 132)
    """
    path = _checked(out)
    return extracted(models.load(model), split, path, options)


def extracted(
    network: Network,
    split: Split,
    path: Path,
    options: Options,
    *,
    told: Callable[[int], object] = lambda finished: None,
    patience: float = 0,
) -> Cache:
    """Do what `extract` does.

    Parameters
    ----------
    network, split, path, options
        As `extract` has them.
    told : callable
        Is told how many images are finished, before the first block and after each.
    patience : float
        Seconds to wait for another process that writes the file.
    """
    asked = request(network, split, options)
    if path.exists():
        return _existing(path, asked)
    with held(path, patience):
        if path.exists():
            return _existing(path, asked)
        if not part_of(path).exists():
            _begin(path, asked, options)
        writer = Writer(path)
        try:
            check_same(writer.manifest, asked.manifest, writer.path, bits=True)
            _fill(writer, asked, options, told)
            writer.finish()
        finally:
            writer.close()
    return open_cache_file(path)


def _checked(out: str | os.PathLike[str]) -> Path:
    path = Path(out)
    if path.suffix != ".h5":
        raise ActivationsError(f"`out` must be a file that ends in .h5. Received {str(path)!r}. Name it so (`--out`).")
    return path


def _existing(path: Path, asked: Request) -> Cache:
    cache = open_cache_file(path)
    try:
        check_same(cache.manifest, asked.manifest, path)
    except BaseException:
        cache.close()
        raise
    return cache


def _begin(path: Path, asked: Request, options: Options) -> None:
    split, excluded = _usable(asked, options)
    class_names = asked.dataset.class_names
    images = Images(split.relative_paths, split.labels, class_names, split.metadata)
    begin(path, with_images(asked.manifest, split, excluded), images)


def _usable(asked: Request, options: Options) -> tuple[Split, tuple[Excluded, ...]]:
    """The images of the split that can be used; warns of the others."""
    split, joined = asked.split, asked.split.name not in SPLIT_NAMES
    # A dataset has no split of the name that stands for all of them.
    name = SPLIT_NAMES[0] if joined else split.name
    dataset = asked.dataset.with_splits({name: dataclasses.replace(split, name=name)})
    if joined:
        dataset = dataclasses.replace(
            dataset, missing=tuple(dataclasses.replace(file, split=name) for file in dataset.missing)
        )
    examination = datasets.usable(
        dataset,
        splits=[name],
        max_excluded=options.max_excluded,
        shorter_side=asked.size,
        progress=options.progress,
    )
    return dataclasses.replace(examination.dataset.splits[name], name=split.name), examination.excluded


def _fill(writer: Writer, asked: Request, options: Options, told: Callable[[int], object]) -> None:
    """Compute what is missing, block by block."""
    told(writer.finished)
    left = _left(writer, asked.split)
    if not len(left):
        return
    cache = open_cache(options.cache, limit=options.cache_limit)
    batches = Batches(left, size=asked.size, batch_size=options.batch_size, cache=cache)
    bar = tqdm(
        total=len(writer.paths),
        initial=writer.finished,
        desc="activations",
        unit="img",
        file=sys.stderr,
        disable=None if options.progress else True,
        dynamic_ncols=True,
    )
    blocks = computed_and_written(writer, asked.pooled, batches.in_order())
    # Closed before the file is, whatever happens: a block may be on its way to the disk.
    with bar, batches.readable_errors(), closing(blocks):
        for n_images in blocks:
            told(writer.finished)
            bar.update(n_images)
    told(writer.finished)


def computed_and_written(
    writer: Writer, pooled: Callable[[Any], Rows], batches: Iterable[Any]
) -> Generator[int, None, None]:
    """Fill a file; gives the number of images of each block as it is handed on to be written.

    Parameters
    ----------
    writer : Writer
    pooled : Pooled
    batches : iterable of float32 arrays of shape (n_images, size, size, 3)
        The images that are not finished, RGB in 0 … 255.
    """
    computing = ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="compute")
    writing = ThreadPoolExecutor(1, thread_name_prefix="write")
    with computing, writing:
        written: Future[None] = writing.submit(lambda: None)
        for rows in _blocks(_computed(pooled, batches, computing)):
            # One block is written, and waits for the disk, while the next is computed.
            written.result()
            written = writing.submit(_write, writer, rows)
            yield len(rows)
        written.result()


def _computed(pooled: Callable[[Any], Rows], batches: Iterable[Any], computing: ThreadPoolExecutor) -> Iterator[Rows]:
    """What each batch gives, in the order of the batches."""
    waiting: deque[Future[Rows]] = deque()
    for images in batches:
        waiting.append(computing.submit(pooled, images))
        # One more than are computed, so that the next one is there when one ends.
        if len(waiting) > AT_A_TIME:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _blocks(batches: Iterable[Rows]) -> Iterator[Rows]:
    """Batches put together."""
    waiting: list[Rows] = []
    for rows in batches:
        waiting.append(rows)
        if sum(map(len, waiting)) >= IMAGES_A_BLOCK:
            yield Rows.joined(waiting)
            waiting = []
    if waiting:
        yield Rows.joined(waiting)


def _left(writer: Writer, split: Split) -> Split:
    """The images that are not finished."""
    known = {path: index for index, path in enumerate(split.relative_paths)}
    missing = [path for path in writer.paths if path not in known]
    if missing:
        raise DataError(
            f"A cache must hold images of the split alone. Received {writer.path} with {missing[0]!r}. "
            "It was changed or damaged: remove it and extract again."
        )
    unlabelled = dataclasses.replace(split, labels=None)
    return unlabelled.select([known[path] for path in writer.paths[writer.finished :]])


def _write(writer: Writer, rows: Rows) -> None:
    _check_finite(writer, rows)
    writer.write(rows)


def _check_finite(writer: Writer, rows: Rows) -> None:
    bad = ~(np.isfinite(rows.means) & np.isfinite(rows.maxima))
    if not bad.any():
        return
    image, column = np.argwhere(bad)[0].tolist()
    for layer in writer.contents.stored.values():
        if column < layer.n_channels:
            raise ActivationsError(
                f"Activations must be finite. Received NaN or infinity in {layer.name}:{column} for "
                f"{writer.paths[writer.finished + image]!r}. Use weights that are finite, and `--precision float32`."
            )
        column -= layer.n_channels
