"""The network as Keras saves it."""

from __future__ import annotations

import os
from pathlib import Path

import keras

from artlucid import models
from artlucid.errors import ExportError
from artlucid.export._target import checked
from artlucid.models._load import Source


def keras_file(model: Source, path: str | Path) -> Path:
    """Write a network as a ``.keras`` file.

    Parameters
    ----------
    model : str, path, Run, Network or keras.Model
        Anything that `artlucid.models.load` takes.
    path : str or path
        Ends in ``.keras``; a file that is there stays whole until the new one is.

    Returns
    -------
    Path
        `path`. After ``import artlucid.models``, `keras.saving.load_model` opens it in safe mode.

    Raises
    ------
    ExportError
        If the path cannot be written.
    """
    path = checked(path, ".keras")
    network = models.load(model).keras_model
    # Without what compiling for training adds, which a reader does not need.
    bare = keras.Model(network.inputs, network.outputs, name=network.name)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.part.keras")
    try:
        bare.save(temporary)
        os.replace(temporary, path)
    except OSError as error:
        raise ExportError(
            f"`path` must be writable, on a disk with room for it. Received {str(path)!r}: {error}. "
            "Make room or choose another folder."
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
    return path
