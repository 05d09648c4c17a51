"""The metrics by what they take, for the laws that each family obeys. One that is in no table fails a test."""

from collections.abc import Callable
from functools import partial

from artlucid import metrics

# A label and a row of scores an image, in this order.
OF_LABELS_AND_SCORES: dict[str, Callable] = {
    "class_accuracies": metrics.class_accuracies,
    "confusion_matrix": metrics.confusion_matrix,
    "top_1_accuracy": metrics.top_k_accuracy,
    "top_3_accuracy": partial(metrics.top_k_accuracy, k=3),
}
# Zeros and ones, and a score, for each image and class.
OF_SEVERAL_LABELS: dict[str, Callable] = {
    "average_precisions": metrics.average_precisions,
    "mean_average_precision": metrics.mean_average_precision,
}
# Two sets of features of the same images. A batch has all of them: laws need the same batches.
SIMILARITIES: dict[str, Callable] = {
    "linear_cka": metrics.linear_cka,
    "debiased linear_cka": partial(metrics.linear_cka, debiased=True),
    "minibatch_cka": lambda a, b, **options: metrics.minibatch_cka(a, b, batch_size=max(4, len(a)), **options),
    "rbf_cka": metrics.rbf_cka,
    "debiased rbf_cka": partial(metrics.rbf_cka, debiased=True),
    "cka_statistics": lambda *features, **options: metrics.cka_statistics(*features, **options).cka,
    "debiased cka_statistics": lambda *features, **options: metrics.cka_statistics(*features, **options).cka_debiased,
}
# Two kernels.
OF_KERNELS: dict[str, Callable] = {
    "kernel_distance": metrics.kernel_distance,
    "relative kernel_distance": partial(metrics.kernel_distance, relative=True),
    "kernel_cosine": metrics.kernel_cosine,
    "mean_kernel_distance": lambda a, b: metrics.mean_kernel_distance({"layer": a}, {"layer": b}).mean,
}
# The top images of two networks.
OF_TWO_TOPS: dict[str, Callable] = {
    "overlap_ratio": metrics.overlap_ratio,
    "expected_overlap_ratio": metrics.expected_overlap_ratio,
    "corrected_overlap_ratio": metrics.corrected_overlap_ratio,
}
# Top images and the labels of all images.
OF_TOPS_AND_LABELS: dict[str, Callable] = {
    "class_entropy": metrics.class_entropy,
    "literal class_entropy": partial(metrics.class_entropy, literal=True),
    "expected_class_entropy": lambda *arguments: metrics.expected_class_entropy(*arguments, draws=100).mean,
}
# What these are made of and say, and intervals of them; their laws stand in tests of their own.
OTHERS = {
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
    "bootstrap",
    "paired_bootstrap",
    "top_images",
    "top_k_hits",
}
FAMILIES = (OF_LABELS_AND_SCORES, OF_SEVERAL_LABELS, SIMILARITIES, OF_KERNELS, OF_TWO_TOPS, OF_TOPS_AND_LABELS)


def registered() -> set[str]:
    """Names of the functions behind the tables' rows: the last word of a row, but for the accuracies of several k."""
    rows = [name.split()[-1] for family in FAMILIES for name in family]
    return OTHERS | {"top_k_accuracy" if name.startswith("top_") else name for name in rows}
