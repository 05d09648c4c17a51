"""The optimized images that belong to the models of a comparison."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

from artlucid import _picture_folders
from artlucid._channel import PRE_RELU
from artlucid._comparison import Comparison
from artlucid._comparison._lookups import models_of
from artlucid._picture_folders import MANIFEST, Folder, Picture
from artlucid.errors import VisualizationWarning


def folders_of(
    comparison: Comparison, models: Sequence[str], paths: Sequence[str | os.PathLike[str]] | None
) -> dict[str, Folder]:
    """For each model a folder of its pictures; of several that of a seed which most models have.

    Parameters
    ----------
    comparison : Comparison
    models : sequence of str
        Their names in the tables.
    paths : sequence of path, optional
        By default those that the comparison was made with.

    Warns
    -----
    VisualizationWarning
        If one of these is not there any more.
    """
    recorded = comparison.manifest["settings"].get("pictures") or []
    found = [folder for path in (_there(recorded) if paths is None else map(Path, paths)) for folder in _opened(path)]
    identities = models_of(comparison.manifest)
    # A model that the tables do not have is refused where its activations are opened.
    known = [model for model in models if model in identities]
    chosen = _picture_folders.side_by_side(found, [identities[model] for model in known])
    return {model: folder for model, folder in zip(known, chosen, strict=True) if folder is not None}


def _there(paths: Sequence[str]) -> list[Path]:
    gone = [path for path in paths if not Path(path).is_dir()]
    if gone:
        warnings.warn(
            f"Folders of pictures that this comparison was made with are gone: {', '.join(gone)}. The figure is drawn "
            "without them; say where they are by `pictures`.",
            VisualizationWarning,
            stacklevel=4,
        )
    return [Path(path) for path in paths if path not in gone]


def _opened(path: Path) -> list[Folder]:
    """A folder, or those in it where it has no pictures of its own, as `artlucid compare` takes them."""
    inner = sorted(manifest.parent for manifest in path.glob(f"*/{MANIFEST}"))
    return [
        _picture_folders.opened(folder) for folder in ([path] if (path / MANIFEST).is_file() or not inner else inner)
    ]


def picture_of(pictures: Mapping[str, Picture], layer: str, channel: int) -> Picture | None:
    """The picture of a channel, before or after its ReLU."""
    plain = layer.removesuffix(PRE_RELU)
    return pictures.get(f"{plain}{PRE_RELU}:{channel}") or pictures.get(f"{plain}:{channel}")
