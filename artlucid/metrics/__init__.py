"""Measures of networks and of what they see: pure functions of arrays."""

from artlucid.metrics._average_precision import average_precisions, mean_average_precision
from artlucid.metrics._bootstrap import bootstrap, paired_bootstrap
from artlucid.metrics._cka import linear_cka, minibatch_cka, rbf_cka
from artlucid.metrics._cka_statistics import CkaStatistics, cka_statistics
from artlucid.metrics._classification import class_accuracies, confusion_matrix, top_k_accuracy, top_k_hits
from artlucid.metrics._entropy import ExpectedEntropy, class_entropy, expected_class_entropy
from artlucid.metrics._features import ConstantFeaturesError
from artlucid.metrics._intervals import Interval, PairedIntervals, Resampling
from artlucid.metrics._kernels import KernelDistances, kernel_cosine, kernel_distance, mean_kernel_distance
from artlucid.metrics._overlap import corrected_overlap_ratio, expected_overlap_ratio, overlap_ratio
from artlucid.metrics._permutations import Floor, Permutations
from artlucid.metrics._top_images import TopImages, top_images

__all__ = [
    "CkaStatistics",
    "ConstantFeaturesError",
    "ExpectedEntropy",
    "Floor",
    "Interval",
    "KernelDistances",
    "PairedIntervals",
    "Permutations",
    "Resampling",
    "TopImages",
    "average_precisions",
    "bootstrap",
    "cka_statistics",
    "class_accuracies",
    "class_entropy",
    "confusion_matrix",
    "corrected_overlap_ratio",
    "expected_class_entropy",
    "expected_overlap_ratio",
    "kernel_cosine",
    "kernel_distance",
    "linear_cka",
    "mean_average_precision",
    "mean_kernel_distance",
    "minibatch_cka",
    "overlap_ratio",
    "paired_bootstrap",
    "rbf_cka",
    "top_images",
    "top_k_accuracy",
    "top_k_hits",
]
