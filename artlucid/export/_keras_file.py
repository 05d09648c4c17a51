"""The network as Keras saves it, with a manifest of what Keras does not keep."""

from __future__ import annotations

import tempfile
from pathlib import Path

import keras

from artlucid import models
from artlucid.errors import ExportError, OutputError
from artlucid.export._manifest import identification, provenance
from artlucid.export._target import checked
from artlucid.files import write_atomically, write_json
from artlucid.models._load import Source
from artlucid.models._names import program_of
from artlucid.models.weights._keras_file import FORMAT, MANIFEST_SUFFIX, VERSION


def keras_file(model: Source, path: str | Path) -> Path:
    """Write a network as a ``.keras`` file.

    Beside ``x.keras`` stands ``x.keras.manifest.json`` with the class names, which Keras does not keep, and how it
    was made.

    Parameters
    ----------
    model : str, path, Run, Network or keras.Model
        Anything that `artlucid.models.load` takes.
    path : str or path
        Ends in ``.keras``; its folder is made if need be. Files that are there stay whole until the new ones are.

    Returns
    -------
    Path
        `path`. `artlucid.models.load` reads it back if the architecture is a known one; after
        ``import artlucid.models``, `keras.saving.load_model` opens it, in safe mode unless it has `Lambda` layers.

    Raises
    ------
    ExportError
        If the path has another suffix, or if Keras cannot save the network.
    OutputError
        If a file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from artlucid import export, models
    >>> folder = Path(tempfile.mkdtemp())
    >>> export.keras_file(models.load("none", architecture="mini"), folder / "mini.keras").name
    'mini.keras'
    """
    path = checked(path, ".keras")
    network = models.load(model)
    write_atomically(path, _content(network))
    # After the file, because it vouches for it by its identity.
    write_json(
        path.with_suffix(MANIFEST_SUFFIX),
        {
            "format": FORMAT,
            "version": VERSION,
            **identification(network),
            "class_names": list(network.class_names),
            **provenance(network),
        },
    )
    return path


def _content(network: models.Network) -> bytes:
    model = network.keras_model
    if program_of(model) is not None:
        raise ExportError(
            f"A Keras file must hold a network of Keras layers. Received {network.source}, a frozen graph. "
            "Write it with `export.frozen_graph`, to a path that ends in `.pb`."
        )
    # Without what compiling for training adds, which a reader does not need.
    bare = keras.Model(model.inputs, model.outputs, name=model.name)
    try:
        with tempfile.TemporaryDirectory() as folder:
            written = Path(folder) / "network.keras"
            bare.save(written)
            return written.read_bytes()
    except OSError as error:
        raise OutputError(
            f"The folder for temporary files must have room for the network. Received: {error.strerror or error}. "
            "Make room there, or name another folder by the environment variable TMPDIR."
        ) from error
    except (NotImplementedError, TypeError, ValueError) as error:
        raise ExportError(
            f"A network must consist of layers that Keras can save. Received {network.source}: "
            f"{str(error).strip().splitlines()[0]} "
            "Give its own layers `get_config`."
        ) from error
