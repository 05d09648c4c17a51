"""Evidence whose answer is known: measures with a planted effect, noise of trainings and noise of images."""

import numpy as np

from artlucid.reproduce._findings import FINDINGS
from artlucid.reproduce._samples import Samples

BLOCKS = ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b")
LAYERS = ("conv2d0", "conv2d1", "conv2d2", *(f"mixed{block}" for block in BLOCKS))
DEPTH = np.linspace(0, 1, len(LAYERS))
WHOLE = {"top_1", "mean_average_precision", "kernel_distance", "spearman"}
RESAMPLES = 100

# What each measure is where there is no effect at all, by layer where it is of layers.
NOTHING = {
    "top_1": 0.5,
    "mean_average_precision": 0.5,
    "kernel_distance": 2.0,
    "spearman": 0.0,
    "cka_debiased": np.full(12, 0.9),
    "overlap_100": np.full(12, 0.1),
    "overlap_1000": np.full(12, 0.3),
    "chance_100": np.full(12, 0.1),
    "entropy_a": np.full(12, 0.8),
    "entropy_b": np.full(12, 0.8),
    "changed": np.full(12, 0.05),
}

# What the paper saw, added to nothing.
AS_THE_PAPER = {
    # Low layers nearly as they were, high ones far.
    ("imagenet-to-A", "cka_debiased"): 0.095 - 0.35 * np.maximum(DEPTH - 0.4, 0),
    ("A-to-B", "cka_debiased"): np.full(12, 0.09),
    ("imagenet-to-A", "overlap_100"): 0.8 - 0.6 * DEPTH,
    ("imagenet-to-A", "overlap_1000"): 0.6 - 0.5 * DEPTH,
    ("imagenet-to-A", "entropy_b"): -0.4 * np.maximum(DEPTH - 0.4, 0),
    ("rasta-A", "top_1"): 0.2,
    ("rasta-high", "top_1"): 0.15,
    ("rasta-scratch", "top_1"): 0.1,
    ("ensemble", "top_1"): 0.25,
    ("scratch-from-start", "kernel_distance"): 10.0,
    **{(f"{mode}-twice", "changed"): np.full(12, 0.5) for mode in "ABCDE"},
    ("visual-change", "spearman"): -0.6,
    **{(f"{data}-imagenet-to-rasta", "cka_debiased"): np.full(12, -0.1) for data in ("iconart", "paintings")},
    **{(f"{data}-imagenet-to-double", "cka_debiased"): np.full(12, -0.2) for data in ("iconart", "paintings")},
    **{(f"{data}-A", "mean_average_precision"): 0.1 for data in ("iconart", "paintings")},
    **{(f"{data}-F", "mean_average_precision"): 0.1 for data in ("iconart", "paintings")},
    **{(f"rasta-{data}-A", "mean_average_precision"): 0.2 for data in ("iconart", "paintings")},
    **{(f"rasta-{data}-F", "mean_average_precision"): 0.2 for data in ("iconart", "paintings")},
    ("rasta-iconart-shelf", "mean_average_precision"): 0.05,
    ("rasta-paintings-shelf", "mean_average_precision"): -0.05,
}


def needs():
    """Everything that any finding is decided by, once."""
    return dict.fromkeys(
        need for finding in FINDINGS.values() for data in finding.data for need in finding.needs_of(data)
    )


def evidence(effect, *, trainings=3, between=0.002, images=0.002, seed=0):
    """Evidence of so many trainings.

    Parameters
    ----------
    effect : float
        What the paper saw times this: 0 for no effect, -1 for the reverse.
    between, images : float
        Standard deviations of noise that each training has, and of noise that each choice of images has.
    """
    generator = np.random.default_rng(seed)
    found = {}
    for need in needs():
        measure = need[1]
        layers = ("",) if measure in WHOLE else LAYERS
        mean = np.broadcast_to(NOTHING[measure], len(layers)) + effect * np.broadcast_to(
            AS_THE_PAPER.get(need, 0.0), len(layers)
        )
        if measure == "kernel_distance":
            mean = np.maximum(mean, 0.5)
        values = np.repeat(mean[None, :, None], trainings, axis=0)
        values = values + between * generator.normal(size=(trainings, len(layers), 1))
        noise = images * generator.normal(size=(trainings, len(layers), 1 + RESAMPLES))
        found[need] = Samples(layers, values + noise)
    return found
