"""Measures of networks and of what they see: pure functions of arrays."""

from artlucid.metrics._average_precision import average_precisions, mean_average_precision
from artlucid.metrics._bootstrap import bootstrap, paired_bootstrap
from artlucid.metrics._classification import class_accuracies, confusion_matrix, top_k_accuracy, top_k_hits
from artlucid.metrics._intervals import Interval, PairedIntervals, Resampling

__all__ = [
    "Interval",
    "PairedIntervals",
    "Resampling",
    "average_precisions",
    "bootstrap",
    "class_accuracies",
    "confusion_matrix",
    "mean_average_precision",
    "paired_bootstrap",
    "top_k_accuracy",
    "top_k_hits",
]
