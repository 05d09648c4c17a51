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
import numpy.typing as npt
from filelock import FileLock
from PIL import Image

from artlucid.datasets._dataset import SPLIT_NAMES, Dataset
from artlucid.datasets._split_folders import read_split_folders
from artlucid.datasets._styles import STYLES, paint
from artlucid.errors import DataError
from artlucid.files import cache_folder

# Hidden, so that a drawn dataset is also an ordinary `folder:PATH`.
MANIFEST = ".artlucid-synthetic.json"


@dataclass(frozen=True)
class Kind:
    """One kind of drawing: its classes, what draws an image of a class, and the version of that drawing."""

    version: int
    class_names: tuple[str, ...]
    draw: Callable[[str, np.random.Generator, int], npt.NDArray[np.uint8]]


KINDS: Mapping[str, Kind] = {"styles": Kind(1, tuple(sorted(STYLES)), paint)}

# Seed, images per class and size of what `synthetic:KIND` stands for.
DEFAULTS = (0, (200, 40, 40), 96)


def synthetic(
    kind: str = "styles",
    *,
    seed: int = 0,
    folder: str | os.PathLike[str] | None = None,
    images_per_class: tuple[int, int, int] = (200, 40, 40),
    size: int = 96,
) -> Dataset:
    """Draw a dataset, or reuse the one that was drawn before.

    Parameters
    ----------
    kind : str
        "styles": blocks, dots, gradients, rings, stripes and strokes in random palettes that tell nothing.
    seed : int
        Each image follows from (seed, class, split, index) alone.
    folder : path-like, optional
        Where the images go, as `<split>/<class>/<number>.png`; a folder of its own in `$ARTLUCID_CACHE`, else in
        `artlucid` in the Keras home (`$KERAS_HOME` or `~/.keras`).
    images_per_class : tuple of int
        For train, val and test.
    size : int
        Height and width of the images, in pixels.

    Returns
    -------
    Dataset
        One label an image.

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
    """
    _check_arguments(kind, seed, images_per_class, size)
    manifest = {
        "format": "artlucid.synthetic",
        "version": KINDS[kind].version,
        "kind": kind,
        "seed": int(seed),
        "images_per_class": [int(number) for number in images_per_class],
        "size": int(size),
    }
    root = _default_folder(manifest) if folder is None else Path(os.path.abspath(Path(folder).expanduser()))
    if not (root / MANIFEST).is_file():
        _draw_under_lock(root, manifest)
    _check_manifest(root, manifest)
    dataset = read_split_folders("synthetic", root, {name: name for name in SPLIT_NAMES})
    _check_complete(dataset, images_per_class)
    default = folder is None and (seed, tuple(images_per_class), size) == DEFAULTS
    return dataclasses.replace(dataset, specification=f"synthetic:{kind}" if default else f"folder:{root}")


def _check_arguments(kind: str, seed: int, images_per_class: tuple[int, int, int], size: int) -> None:
    if kind not in KINDS:
        raise DataError(
            f"`kind` must be one of {', '.join(KINDS)}. Received {kind!r}. Write `synthetic:{next(iter(KINDS))}`."
        )
    if not _is_integer(seed, least=0):
        raise DataError(f"`seed` must be an integer from 0 on. Received {seed!r}. Give 0, for example.")
    if len(images_per_class) != len(SPLIT_NAMES) or not all(_is_integer(n, least=1) for n in images_per_class):
        raise DataError(
            f"`images_per_class` must be three integers from 1 on, for {', '.join(SPLIT_NAMES)}. "
            f"Received {images_per_class!r}. Give (200, 40, 40), for example."
        )
    if not _is_integer(size, least=16):
        raise DataError(f"`size` must be an integer from 16 on, in pixels. Received {size!r}. Give 96, for example.")


def _is_integer(value: object, least: int) -> bool:
    return isinstance(value, int | np.integer) and int(value) >= least


def _default_folder(manifest: Mapping[str, Any]) -> Path:
    numbers = "x".join(str(number) for number in manifest["images_per_class"])
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
    for split, (split_name, number) in enumerate(zip(SPLIT_NAMES, manifest["images_per_class"], strict=True)):
        for label, class_name in enumerate(kind.class_names):
            class_folder = folder / split_name / class_name
            class_folder.mkdir(parents=True)
            for index in range(number):
                generator = np.random.default_rng([manifest["seed"], label, split, index])
                painting = Image.fromarray(kind.draw(class_name, generator, manifest["size"]))
                # Without compression the byte sizes, and so the dataset's identity, hang on no version of zlib.
                painting.save(class_folder / f"{index:0{len(str(number - 1))}}.png", compress_level=0)
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def _check_manifest(root: Path, expected: Mapping[str, Any]) -> None:
    try:
        found = json.loads((root / MANIFEST).read_text(encoding="utf-8"))
    except ValueError:
        found = "a manifest that is not JSON"
    if found != expected:
        raise DataError(
            f"`folder` must hold the dataset that the arguments describe: {dict(expected)}. Received {root} with "
            f"{found}. Give another folder, or load it as it is with `folder:{root}`."
        )


def _check_complete(dataset: Dataset, images_per_class: tuple[int, int, int]) -> None:
    for name, number in zip(SPLIT_NAMES, images_per_class, strict=True):
        expected = number * len(dataset.class_names)
        if len(dataset.split(name)) != expected:
            raise DataError(
                f"A drawn dataset must stay as it was drawn. Received {dataset.root} with {len(dataset.split(name))} "
                f"images in {name}, not {expected}. Remove the folder; it is drawn again at the next call."
            )
