"""The import of the original Lucid, whose modules alone see TensorFlow 1's interface as ``tensorflow``."""

from __future__ import annotations

import builtins
import importlib
import importlib.metadata
import logging
import sys
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import Any

from artlucid.errors import ExportError
from artlucid.export.lucid._tensorflow_1 import TensorFlow1

VERSION = "0.3.8"
"""The only one that can be installed beside current TensorFlow and NumPy."""

INSTALL = "pip install 'artlucid[lucid]'"

MODULES = (
    "lucid.misc.gradient_override",
    "lucid.misc.io",
    "lucid.misc.redirected_relu_grad",
    "lucid.modelzoo.vision_base",
    "lucid.optvis.objectives",
    "lucid.optvis.param",
    "lucid.optvis.render",
    "lucid.optvis.transform",
)

_lock = threading.Lock()
_imported: list[ModuleType] = []


def original() -> ModuleType:
    """Import the original Lucid 0.3.8, unmodified, under TensorFlow 2.

    Lucid's own modules, and nothing else, see TensorFlow 1's interface as ``tensorflow``, now and when their functions
    are called. `sys.modules` keeps TensorFlow as it is all the time, so other threads may import and use it meanwhile;
    only Python's warnings, which have one filter a process, are silent in them too while Lucid's modules are run for
    the first time.

    Returns
    -------
    module
        ``lucid``, with ``optvis.render``, ``optvis.param``, ``optvis.objectives``, ``optvis.transform``, ``misc`` and
        ``modelzoo.vision_base``; the same each time. After the call ``import lucid.…`` gives the same modules, and
        others of them.

    Raises
    ------
    ExportError
        If Lucid or what it imports is not installed, if it is another version, or if something else in the process
        has imported ``lucid`` before. Then nothing of it stays imported that was not before.

    Examples
    --------
    >>> from artlucid.export import lucid
    >>> lucid.original().optvis.objectives.channel("mixed4a", 3).name
    'channel'
    """
    with _lock:
        if not _imported:
            _check()
            _imported.append(_import())
        return _imported[0]


def _check() -> None:
    try:
        version = importlib.metadata.version("lucid")
    except importlib.metadata.PackageNotFoundError as error:
        raise ExportError(
            f"The original Lucid {VERSION} must be installed. Received an environment without it. Run {INSTALL}."
        ) from error
    if version != VERSION:
        raise ExportError(
            f"Of the original Lucid, version {VERSION} alone runs under TensorFlow 2. Received version {version}. "
            f"Run {INSTALL}."
        )
    if foreign := _loaded():
        raise ExportError(
            "Lucid must be imported by `artlucid.export.lucid.original()` before anything else imports it. "
            f"Received a process with {foreign[0]} in `sys.modules`. Start a new one and call `original()` first; "
            "`import lucid` gives the same modules after it."
        )


def _loaded() -> list[str]:
    return [name for name in sys.modules if _is_lucid(name)]


def _is_lucid(name: str) -> bool:
    return name.partition(".")[0] == "lucid"


def _import() -> ModuleType:
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    try:
        with _root_logger_kept():
            for name in MODULES:
                importlib.import_module(name)
    except BaseException as error:
        sys.meta_path.remove(finder)
        for name in _loaded():
            del sys.modules[name]
        if isinstance(error, ModuleNotFoundError):
            raise ExportError(
                f"What the original Lucid imports must be installed too. Received: {error}. Run {INSTALL}."
            ) from error
        raise
    return sys.modules["lucid"]


@contextmanager
def _root_logger_kept() -> Iterator[None]:
    """Undo the `logging.basicConfig` of Lucid, which is the program's business."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)


class _Finder(MetaPathFinder):
    """Finds Lucid's modules where they are installed, and nothing else."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path, target) if _is_lucid(fullname) else None
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec


class _Loader(SourceFileLoader):
    """Runs a module as it is, with an `__import__` of its own; so its later imports see the same."""

    def exec_module(self, module: ModuleType) -> None:
        vars(module)["__builtins__"] = {**vars(builtins), "__import__": _import_for_lucid}
        with warnings.catch_warnings():
            # Of 2019's Python and of what it brings along; nobody here can act on them.
            warnings.simplefilter("ignore")
            super().exec_module(module)


_tensorflow_1 = TensorFlow1()


def _import_for_lucid(name: str, *arguments: Any, **options: Any) -> Any:
    """`builtins.__import__`, except for TensorFlow."""
    if name.partition(".")[0] != "tensorflow":
        return builtins.__import__(name, *arguments, **options)
    module = _tensorflow_1
    names_wanted = arguments[2] if len(arguments) > 2 else options.get("fromlist")
    if names_wanted:
        for part in name.split(".")[1:]:
            module = getattr(module, part)
    return module
