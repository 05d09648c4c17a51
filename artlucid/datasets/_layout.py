"""Image files below a folder, class by class; what all layouts made of folders share."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from artlucid.datasets._dataset import Split, nfc
from artlucid.datasets._wording import count_of, printable
from artlucid.datasets.images import SUFFIXES
from artlucid.errors import DataError


@dataclass(frozen=True)
class ClassFolders:
    """What one folder holds: its subfolders as classes, and what lies beside them."""

    images: Mapping[str, Sequence[str]]
    loose: Sequence[str]
    ignored: Counter[str]


def existing_folder(path: str | os.PathLike[str], kind: str) -> Path:
    """Give the absolute path of a dataset's folder, `~` understood."""
    folder = Path(os.path.abspath(Path(path).expanduser()))
    if not folder.is_dir():
        state = "is not a folder" if folder.exists() else "does not exist"
        raise DataError(
            f"`{kind}:PATH` must name an existing folder. Received {os.fspath(path)!r}: {folder} {state}. "
            f"Give the folder that holds the images' folders, for example `{kind}:/data/paintings`."
        )
    return folder


def class_folders(folder: Path, prefix: str) -> ClassFolders:
    """List the images of each subfolder, any depth, as paths that begin with `prefix`.

    Folders whose names differ only in Unicode form are one class, under its NFC name. A name that is not UTF-8 is
    refused: it could be written into no manifest.
    """
    images: dict[str, list[str]] = {}
    loose: list[str] = []
    ignored: Counter[str] = Counter()
    for entry in visible_entries(folder):
        if entry.is_dir():
            _check_class_name(folder, entry.name)
            found = images.setdefault(nfc(entry.name), [])
            found += _images_among(_files_below(Path(entry.path), f"{prefix}{entry.name}/"), ignored)
        else:
            loose += _images_among([prefix + entry.name], ignored)
    return ClassFolders(images, loose, ignored)


def visible_entries(folder: Path) -> list[os.DirEntry[str]]:
    """List what a folder holds, hidden entries left out, sorted by NFC name."""
    try:
        with os.scandir(folder) as entries:
            visible = [entry for entry in entries if not entry.name.startswith(".")]
    except OSError as error:
        raise DataError(
            f"Every folder of a dataset must be readable. Received {folder}: {error.strerror}. "
            "Make it readable, or move it out of the dataset."
        ) from error
    return sorted(visible, key=lambda entry: nfc(entry.name))


def labelled_split(name: str, root: Path, images: Mapping[str, Iterable[str]], class_names: Sequence[str]) -> Split:
    """Make a split of the images of each class, sorted by the NFC form of their paths."""
    label_of = {class_name: label for label, class_name in enumerate(class_names)}
    pairs = [(path, label_of[class_name]) for class_name, paths in images.items() for path in paths]
    pairs.sort(key=lambda pair: nfc(pair[0]))
    labels = np.array([label for _, label in pairs], dtype=np.int64)
    return Split(name, root, tuple(path for path, _ in pairs), labels)


def ignored_notice(ignored: Counter[str]) -> list[str]:
    """Say in at most one sentence how many files were ignored, by suffix."""
    if not ignored:
        return []
    return [f"Ignored {count_of(ignored.total(), 'file')} of no accepted image format ({_by_suffix(ignored)})."]


def loose_notice(loose: Sequence[str], where: str) -> list[str]:
    """Say in at most one sentence how many images lie beside the class folders."""
    if not loose:
        return []
    return [f"Left out {count_of(len(loose), 'image')} directly in {where}: an image belongs in its class's folder."]


def contents(folder: Path) -> str:
    """Describe what a folder holds instead of images."""
    files = list(_files_below(folder, ""))
    if not files:
        return "no files"
    return f"no images but {count_of(len(files), 'other file')} ({_by_suffix(Counter(map(_suffix, files)))})"


def images_below(folder: Path, prefix: str) -> list[str]:
    """List the images of a folder, any depth, as paths that begin with `prefix`."""
    return [file for file in _files_below(folder, prefix) if is_image(file)]


def holds_images(folder: Path) -> bool:
    """Say whether a folder holds an image at any depth; one that cannot be looked into may hold some."""
    try:
        return any(is_image(file) for file in _files_below(folder, ""))
    except (DataError, OSError):
        return True


def is_image(file: str) -> bool:
    """Say whether a file's suffix is one of an accepted image format."""
    return _suffix(file) in SUFFIXES


def _check_class_name(folder: Path, name: str) -> None:
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise DataError(
            "The name of a class folder must be UTF-8, as it names the class. Received "
            f"`{printable(os.fspath(folder / name))}`. Rename the folder, for example to "
            f"`{os.fsencode(name).decode('latin-1')}`, which is how Latin-1 reads it."
        ) from error


def _files_below(folder: Path, prefix: str, above: frozenset[tuple[int, int]] = frozenset()) -> Iterator[str]:
    status = folder.stat()
    here = (status.st_dev, status.st_ino)
    if here in above:
        raise DataError(
            f"A folder of a dataset must not contain itself. Received {folder}, a link to a folder above it. "
            "Remove the link."
        )
    for entry in visible_entries(folder):
        if entry.is_dir():
            yield from _files_below(Path(entry.path), f"{prefix}{entry.name}/", above | {here})
        else:
            yield prefix + entry.name


def _images_among(files: Iterable[str], ignored: Counter[str]) -> list[str]:
    images = []
    for file in files:
        if is_image(file):
            images.append(file)
        else:
            ignored[_suffix(file)] += 1
    return images


def _suffix(file: str) -> str:
    return PurePosixPath(file).suffix.lower()


def _by_suffix(counts: Counter[str]) -> str:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{suffix or 'no suffix'}: {count}" for suffix, count in ordered)
