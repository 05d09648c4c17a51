"""The errors that artlucid raises on purpose.

Each message has three parts: the argument and its rule, what was received, what to do next.
The command line turns these, and only these, into a message and exit code 2.
"""

__all__ = [
    "ActivationsError",
    "ArtlucidError",
    "BackendError",
    "ComparisonError",
    "DataError",
    "DataWarning",
    "ExportError",
    "MetricError",
    "ModelError",
    "OutputError",
    "RecipeError",
    "ReportError",
    "ReproductionError",
    "RunError",
    "RunWarning",
    "TableError",
    "TrainingError",
    "VisualizationError",
    "VisualizationWarning",
    "WeightsError",
    "WorkersError",
    "WorkersWarning",
]


class ArtlucidError(ValueError):
    """Base of every error that artlucid raises on purpose."""


class ActivationsError(ArtlucidError):
    """A cache of activations cannot be read, continued or written."""


class BackendError(ArtlucidError):
    """Keras runs on another backend than TensorFlow."""


class ComparisonError(ArtlucidError):
    """Networks cannot be compared, or a comparison cannot be read."""


class DataError(ArtlucidError):
    """A dataset, a split or an image cannot be used."""


class ExportError(ArtlucidError):
    """A network cannot be written in the format that was asked for."""


class MetricError(ArtlucidError):
    """Arrays do not fit a metric, or leave it undefined."""


class ModelError(ArtlucidError):
    """A model, an architecture or a layer does not exist or cannot be used."""


class OutputError(ArtlucidError):
    """A file cannot be written: the disk is full, or the folder cannot be written to."""


class RecipeError(ArtlucidError):
    """A recipe does not exist, does not fit the network or has a value out of range."""


class ReportError(ArtlucidError):
    """A page cannot be made of a comparison."""


class ReproductionError(ArtlucidError):
    """The paper's tables and figures cannot be made: data are missing, or a folder holds those of other settings."""


class RunError(ArtlucidError):
    """A run directory cannot be created, opened, resumed or written."""


class TableError(ArtlucidError):
    """A table cannot be made: rows or columns are missing, or hold something else."""


class TrainingError(ArtlucidError):
    """Training stopped because its numbers were no longer finite."""


class VisualizationError(ArtlucidError):
    """A picture cannot be made: the objective, the image and the network do not fit."""


class WeightsError(ArtlucidError):
    """Weights cannot be read, or do not fit the network."""


class WorkersError(ArtlucidError):
    """Workers of Dask cannot be reached or started, differ from each other, or die."""


class DataWarning(UserWarning):
    """Something about the data that may change what a result means."""


class RunWarning(UserWarning):
    """Something about a run that the user should know, though the work goes on."""


class VisualizationWarning(UserWarning):
    """Something about a picture that the user should know, though it was made."""


class WorkersWarning(UserWarning):
    """Something about workers of Dask that makes the work slow, or wait."""
