"""What a graph needs to be fed, as the graph itself or Lucid's manifest beside it declares it."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from artlucid.errors import WeightsError
from artlucid.models.weights._graph_nodes import Graph

LUCID_METADATA = "lucid_metadata_json"
"""The constant in which Lucid looks for how a graph is fed."""

SHARED = "manifest.json"
"""A manifest of this name may be of any graph in its folder, and must say of which."""

MOST_BYTES = 2**24
"""A manifest or a list of labels that is larger is none."""


@dataclass(frozen=True)
class Declared:
    """How a graph is fed.

    Attributes
    ----------
    value_range : tuple of float, optional
        The values for black and for white.
    input_name : str, optional
    image_size : tuple, optional
        The usual height and width; None for a side that may be any.
    """

    value_range: tuple[float, float] | None = None
    input_name: str | None = None
    image_size: tuple[int | None, int | None] | None = None


def of_graph(graph: Graph) -> Declared | None:
    """What the node `lucid_metadata_json` says; None if there is none."""
    if LUCID_METADATA not in graph.nodes:
        return None
    where = f"{graph.path}, where the node {LUCID_METADATA!r}"
    try:
        content = json.loads(graph.constant(LUCID_METADATA, MOST_BYTES).item())  # type: ignore[union-attr]
    # JSON may be nested without end.
    except (AttributeError, RecursionError, TypeError, ValueError) as error:
        _refuse("be JSON that can be read", where, f"cannot be read ({type(error).__name__})")
    if not isinstance(content, dict):
        _refuse("be a JSON object", where, f"is of type {type(content).__name__}")
    return _declared(content, where)


@dataclass(frozen=True)
class Manifest:
    """Lucid's manifest of a graph, which lies beside it."""

    file: Path
    content: dict[str, Any]

    def feeding(self) -> Declared:
        """How the graph is fed."""
        return _declared(self.content, f"{self.file}, where it")

    def class_names(self) -> tuple[str, ...]:
        """The names of the classes: in the manifest, or a line each in the file that it names; empty where neither."""
        for key in ("_labels", "labels"):
            names = self.content.get(key)
            if names is not None:
                if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
                    _refuse(f"give `{key}` as a list of names", f"{self.file}, where it", f"gives {_shown(names)}")
                return tuple(names)
        named = self.content.get("labels_path")
        return () if named is None else _labels_of_file(named, self.file)


def manifest_of(path: Path) -> Manifest | None:
    """The manifest that speaks of a graph, ``x.manifest.json`` or ``manifest.json``; None if none does."""
    for file in manifests(path):
        content = _read(file)
        if _speaks_of(content, path, file):
            return Manifest(file, content)
    return None


def manifests(path: Path) -> list[Path]:
    """The manifests that lie beside a graph, whatever they speak of."""
    return [file for file in (path.with_suffix(".manifest.json"), path.parent / SHARED) if file.is_file()]


def _speaks_of(content: Any, path: Path, manifest: Path) -> bool:
    """Whether a manifest's `model_path` is the graph; of the one with the graph's own name, also without it."""
    if not isinstance(content, dict):
        return False
    named = content.get("model_path")
    if isinstance(named, str):
        return named.replace("\\", "/").rpartition("/")[2] == path.name
    return manifest.name != SHARED


def _refuse(rule: str, where: str, found: str) -> NoReturn:
    raise WeightsError(
        f"What says how a graph is fed must {rule}. Received {where} {found}. Correct it, or give what it should say: "
        "`models.load_graph(path, value_range=(0, 1), input_name=…, class_names=…)`."
    )


def _read(manifest: Path) -> Any:
    try:
        if manifest.stat().st_size > MOST_BYTES:
            _refuse(f"be at most {MOST_BYTES} bytes", str(manifest), f"of {manifest.stat().st_size} bytes")
        return json.loads(manifest.read_text(encoding="utf-8"))
    except (OSError, RecursionError, ValueError) as error:
        if isinstance(error, WeightsError):
            raise
        _refuse("be JSON that can be read", str(manifest), f"which cannot be read ({type(error).__name__})")


def _declared(content: dict[str, Any], where: str) -> Declared:
    if "image_value_range" not in content:
        _refuse("hold `image_value_range`", where, f"holds {', '.join(map(repr, list(content)[:6])) or 'nothing'}")
    name = content.get("input_name")
    if name is not None and not isinstance(name, str):
        _refuse("give `input_name` as text", where, f"gives {_shown(name)}")
    return Declared(_value_range(content["image_value_range"], where), name, _size(content.get("image_shape"), where))


def _shown(value: Any) -> str:
    try:
        text = repr(value)
    except (RecursionError, ValueError):  # nested without end, or a number of too many digits
        return f"a {type(value).__name__}"
    return text if len(text) <= 80 else f"{text[:80]}…"


def _value_range(value: Any, where: str) -> tuple[float, float]:
    pair = value if isinstance(value, list) and len(value) == 2 else [math.nan, math.nan]
    try:
        low, high = (math.nan if isinstance(x, bool) or not isinstance(x, int | float) else float(x) for x in pair)
    except OverflowError:
        low = high = math.nan
    if not -math.inf < low < high < math.inf:
        # A list a channel, which Lucid takes, would colour pictures.
        _refuse("give `image_value_range` as two numbers, black below white", where, f"gives {_shown(value)}")
    return low, high


def _size(shape: Any, where: str) -> tuple[int | None, int | None] | None:
    if shape is None:
        return None
    sides = shape[-3:] if isinstance(shape, list) and len(shape) in (3, 4) else []
    wrong = [x for x in sides[:2] if x is not None and (isinstance(x, bool) or not isinstance(x, int) or x < 1)]
    if len(sides) != 3 or sides[2] != 3 or wrong:
        _refuse("give `image_shape` as [height, width, 3], RGB", where, f"gives {_shown(shape)}")
    return sides[0], sides[1]


def _labels_of_file(named: Any, manifest: Path) -> tuple[str, ...]:
    where = f"{manifest}, where `labels_path`"
    folder = manifest.parent.resolve()
    try:
        file = (folder / named).resolve()
        inside = file.is_relative_to(folder) and file.is_file() and file.stat().st_size <= MOST_BYTES
        text = file.read_text(encoding="utf-8") if inside else None
    except (OSError, RuntimeError, TypeError, ValueError):
        text = None
    if text is None:
        _refuse("name by `labels_path` a text file inside its own folder", where, f"is {_shown(named)}")
    # Blank lines in between keep their place.
    return tuple(line.strip() for line in text.rstrip().split("\n"))
