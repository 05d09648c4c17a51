"""Datasets that are drawn on this machine, once, and then reused."""

import dataclasses
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

from artlucid.datasets._checks import SPLIT_NAMES
from artlucid.datasets._dataset import Dataset
from artlucid.datasets._objects import OBJECTS, depict
from artlucid.datasets._styles import STYLES, paint
from artlucid.datasets._synthetic_layouts import CLASS_FOLDERS, ICONART, Layout
from artlucid.errors import DataError
from artlucid.files import cache_folder

# Hidden, so that a drawn dataset is also an ordinary `folder:PATH` or `iconart:PATH`.
MANIFEST = ".artlucid-synthetic.json"


@dataclass(frozen=True)
class Kind:
    """One kind of drawing.

    Attributes
    ----------
    version : int
        Of the drawing: it changes when the pixels do.
    class_names : tuple of str
        Sorted.
    draw : callable
        Draws one image, as the layout calls it.
    layout : Layout
        How the images lie on disk.
    numbers : tuple of int
        How many to draw for train, val and test by default.
    """

    version: int
    class_names: tuple[str, ...]
    draw: Callable[..., Any]
    layout: Layout
    numbers: tuple[int, int, int]


KINDS: Mapping[str, Kind] = {
    "styles": Kind(1, tuple(sorted(STYLES)), paint, CLASS_FOLDERS, (200, 40, 40)),
    "objects": Kind(1, tuple(sorted(OBJECTS)), depict, ICONART, (600, 100, 200)),
}

# What `synthetic:KIND` stands for, beside the kind's own numbers.
SEED, SIZE = 0, 96


def synthetic(
    kind: str = "styles",
    *,
    seed: int = SEED,
    folder: str | os.PathLike[str] | None = None,
    images_per_class: tuple[int, int, int] | None = None,
    images: tuple[int, int, int] | None = None,
    size: int = SIZE,
) -> Dataset:
    """Draw a dataset, or reuse the one that was drawn before.

    Parameters
    ----------
    kind : str
        "styles": one of blocks, dots, gradients, rings, stripes and strokes, in random palettes that tell nothing.
        "objects": none to three of bird, boat, figure, house, sun and tree, each patterned in one of these styles.
    seed : int
        Each image follows from (seed, class, split, index) alone; an image of objects from (seed, split, index).
    folder : path-like, optional
        Where the images go: as `<split>/<class>/<number>.png`, or as `JPEGImages/<split>-<number>.png` with a table
        of labels in IconArt's form. By default a folder of its own in `$ARTLUCID_CACHE`, else in `artlucid` in the
        Keras home (`$KERAS_HOME` or `~/.keras`).
    images_per_class : tuple of int, optional
        Of "styles": for train, val and test, (200, 40, 40) by default.
    images : tuple of int, optional
        Of "objects", where an image may be of several classes: for train, val and test, (600, 100, 200) by default.
    size : int
        Height and width of the images, in pixels.

    Returns
    -------
    Dataset
        One label an image; several or none with "objects".

    Raises
    ------
    DataError
        If an argument is out of range, or the folder holds something else or is no longer complete.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     drawn = synthetic(folder=Path(parent, "styles"), images_per_class=(2, 1, 1), size=32)
    >>> drawn.class_names
    ('blocks', 'dots', 'gradients', 'rings', 'stripes', 'strokes')
    >>> len(drawn.train)
    12
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     drawn = synthetic("objects", folder=Path(parent, "objects"), images=(4, 1, 1), size=32)
    >>> drawn.class_names, drawn.train.labels.shape
    (('bird', 'boat', 'figure', 'house', 'sun', 'tree'), (4, 6))
    """
    numbers = _numbers(kind, {"images_per_class": images_per_class, "images": images})
    _check_arguments(KINDS[kind], seed, numbers, size)
    layout = KINDS[kind].layout
    manifest = {
        "format": "artlucid.synthetic",
        "version": KINDS[kind].version,
        "kind": kind,
        "seed": int(seed),
        layout.argument: [int(number) for number in numbers],
        "size": int(size),
    }
    root = _default_folder(manifest) if folder is None else Path(os.path.abspath(Path(folder).expanduser()))
    if not (root / MANIFEST).is_file():
        _draw_under_lock(root, manifest)
    _check_manifest(root, manifest)
    dataset = layout.read(root)
    _check_complete(dataset, manifest)
    default = folder is None and (seed, tuple(numbers), size) == (SEED, KINDS[kind].numbers, SIZE)
    return dataclasses.replace(dataset, specification=f"synthetic:{kind}" if default else f"{layout.loader}:{root}")


def _numbers(kind: str, given: Mapping[str, tuple[int, int, int] | None]) -> tuple[int, int, int]:
    if kind not in KINDS:
        raise DataError(
            f"`kind` must be one of {', '.join(KINDS)}. Received {kind!r}. Write `synthetic:{next(iter(KINDS))}`."
        )
    argument = KINDS[kind].layout.argument
    for name, numbers in given.items():
        if name != argument and numbers is not None:
            raise DataError(
                f"The numbers of images must be given as `{argument}` with kind {kind!r}. Received "
                f"`{name}={numbers!r}`. Give `{argument}={KINDS[kind].numbers}`, for example."
            )
    numbers = given[argument]
    return KINDS[kind].numbers if numbers is None else numbers


def _check_arguments(kind: Kind, seed: int, numbers: tuple[int, int, int], size: int) -> None:
    if not _is_integer(seed, least=0):
        raise DataError(f"`seed` must be an integer from 0 on. Received {seed!r}. Give 0, for example.")
    if len(numbers) != len(SPLIT_NAMES) or not all(_is_integer(number, least=1) for number in numbers):
        raise DataError(
            f"`{kind.layout.argument}` must be three integers from 1 on, for {', '.join(SPLIT_NAMES)}. "
            f"Received {numbers!r}. Give {kind.numbers}, for example."
        )
    if not _is_integer(size, least=16):
        raise DataError(f"`size` must be an integer from 16 on, in pixels. Received {size!r}. Give 96, for example.")


def _is_integer(value: object, least: int) -> bool:
    return isinstance(value, int | np.integer) and int(value) >= least


def _default_folder(manifest: Mapping[str, Any]) -> Path:
    numbers = "x".join(str(number) for number in manifest[KINDS[manifest["kind"]].layout.argument])
    name = f"{manifest['kind']}-{manifest['version']}-seed{manifest['seed']}-{numbers}-{manifest['size']}px"
    return Path(os.path.abspath(cache_folder() / "synthetic" / name))


def _draw_under_lock(root: Path, manifest: Mapping[str, Any]) -> None:
    try:
        root.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(root.parent / f".{root.name}.lock"):
            if not (root / MANIFEST).is_file():
                _draw_beside(root, manifest)
    except OSError as error:
        raise DataError(
            f"`folder` must be where a dataset can be drawn. Received {root}: {error.strerror}. Give a folder that can "
            "be written, or set $ARTLUCID_CACHE to one."
        ) from error


def _draw_beside(root: Path, manifest: Mapping[str, Any]) -> None:
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise DataError(
            f"`folder` must be new, empty, or hold a dataset drawn before. Received {root}, which holds something "
            "else. Give another folder."
        )
    with tempfile.TemporaryDirectory(prefix=f".{root.name}-", dir=root.parent) as temporary:
        drawn = Path(temporary, "drawn")
        _draw(drawn, manifest)
        if root.exists():
            root.rmdir()
        drawn.rename(root)


def _draw(folder: Path, manifest: Mapping[str, Any]) -> None:
    kind = KINDS[manifest["kind"]]
    kind.layout.write(folder, kind.draw, kind.class_names, manifest)
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def _check_manifest(root: Path, expected: Mapping[str, Any]) -> None:
    try:
        found = json.loads((root / MANIFEST).read_text(encoding="utf-8"))
    except ValueError:
        found = "a manifest that is not JSON"
    if found != expected:
        raise DataError(
            f"`folder` must hold the dataset that the arguments describe: {dict(expected)}. Received {root} with "
            f"{found}. Give another folder, or the arguments that this one was drawn with."
        )


def _check_complete(dataset: Dataset, manifest: Mapping[str, Any]) -> None:
    kind = KINDS[manifest["kind"]]
    for name, number in zip(SPLIT_NAMES, manifest[kind.layout.argument], strict=True):
        expected = kind.layout.n_images(number, len(kind.class_names))
        if len(dataset.split(name)) != expected:
            raise DataError(
                f"A drawn dataset must stay as it was drawn. Received {dataset.root} with {len(dataset.split(name))} "
                f"images in {name}, not {expected}. Remove the folder; it is drawn again at the next call."
            )
