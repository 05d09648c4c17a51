"""How long steps take: a network's speed on this machine, and what each step has it do."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from artlucid import environment
from artlucid.reproduce._comparisons import Compare, cache_of
from artlucid.reproduce._pictures import Change, Paint
from artlucid.reproduce._resamples import Resample, needed
from artlucid.reproduce._scores import Score
from artlucid.reproduce._states import PAIRINGS, TRAININGS
from artlucid.reproduce._trainings import Train
from artlucid.reproduce._work import Work

if TYPE_CHECKING:
    from artlucid.reproduce._steps import Step

BATCH = 32
BATCHES = 3

ROUGH = 49.0
"""Images a second through the network at 224 px in float32, on two cores with AVX-512."""

TRAINING = {"float32": 0.25, "bfloat16": 0.5, "float16": 0.5}
"""Of the images a second without training, at the same size."""

PICTURE = {"float32": 2.6, "bfloat16": 1.2, "float16": 1.2}
"""A step of one picture, in passes of one image through the network."""

START = 8.0
"""Seconds that a training or a comparison needs before its first image."""

CHANNELS = 6000
"""Of the layers at which networks are compared; of InceptionV1."""

FEATURES = 0.4
"""Of the time of a pass, for what is computed from activations in the time after it, an image."""


@dataclass(frozen=True)
class Rates:
    """What the times of a plan come from.

    Attributes
    ----------
    images : float
        A second, through the network in float32.
    basis : str
        In words.
    """

    images: float
    basis: str

    @classmethod
    def measured(cls, work: Work) -> Rates:
        """From some batches through the network, on this machine as it is now."""
        side = work.architecture.input_size
        images = np.random.default_rng(0).uniform(0, 255, (BATCH, side, side, 3)).astype(np.float32)
        run = tf.function(lambda x: work.start.keras_model(x, training=False))
        run(images)
        begun = time.perf_counter()
        for _ in range(BATCHES):
            run(images).numpy()
        rate = BATCH * BATCHES / (time.perf_counter() - begun)
        return cls(
            rate,
            f"{rate:.0f} images/s through {work.architecture} at {side} px, measured on this machine now; trainings "
            "and pictures in proportion, as elsewhere: rough",
        )

    @classmethod
    def rough(cls, work: Work) -> Rates:
        """Without a measurement."""
        return cls(ROUGH, "not measured")


def seconds_of(steps: Sequence[Step], done: Sequence[bool], rates: Rates, work: Work) -> list[float]:
    """What steps are expected to take; 0 for those that are done."""
    extracted: set[tuple[object, ...]] = set()
    return [0.0 if ready else _seconds(step, rates, work, extracted) for step, ready in zip(steps, done, strict=True)]


def _seconds(step: Step, rates: Rates, work: Work, extracted: set[tuple[object, ...]]) -> float:
    match step:
        case Train():
            return START + _training(step, rates, work)
        case Score():
            return START / 4 + len(work.data[TRAININGS[step.training].data].test) / rates.images
        case Compare():
            return START + _comparing(step, rates, work, extracted)
        case Resample():
            return _resampling(step, work)
        case Paint():
            return _painting(step, rates, work)
        case Change():
            return START + 3 * 4 * work.settings.channels / rates.images
        case _:
            return 5.0


def _training(step: Train, rates: Rates, work: Work) -> float:
    dataset, recipe = work.data[TRAININGS[step.training].data], work.recipe(step.training)
    if TRAININGS[step.training].recipe is None:
        return (len(dataset.train) + len(dataset.val)) / rates.images + 0.2 * recipe.epochs
    used = environment.resolve_precision(work.settings.precision).used
    an_epoch = len(dataset.train) / TRAINING[used] + len(dataset.val)
    return recipe.epochs * an_epoch / rates.images


def _comparing(step: Compare, rates: Rates, work: Work, extracted: set[tuple[object, ...]]) -> float:
    """The activations of those networks that no comparison before has run, and the tables."""
    dataset = work.data[step.pair.data]
    number, seconds = len(dataset.train) + len(dataset.test), 0.0
    for state in step.pair.states:
        found = work.trained_from(state)
        place = step.place + found.later if found.training else 0
        network = (step.pair.data, found.training, found.which, place)
        identity = work.identity(state, step.place)
        there = identity is not None and all(
            cache_of(work, step.pair.data, identity, split).is_file() for split in ("train", "test")
        )
        if network not in extracted and not there:
            seconds += (1 + FEATURES) * number / rates.images
        extracted.add(network)
    return seconds + 2e-3 * number


def _resampling(step: Resample, work: Work) -> float:
    dataset, seconds = work.data[PAIRINGS[step.pairing].data], 1.0
    for one in needed(step.pairing):
        images = len(dataset.split(one.split))
        # Products of all images with each other, or a part of the scores in order.
        cost = 4e-8 * images**2 if one.names == ("cka_debiased",) else 2e-8 * images * CHANNELS * len(one.groups) / 3
        seconds += (1 + work.settings.resamples) * cost
    return seconds


def _painting(step: Paint, rates: Rates, work: Work) -> float:
    used = environment.resolve_precision(work.settings.precision).used
    area = (work.size / work.architecture.input_size) ** 2
    number = work.settings.channels if step.choice != "figure-2" else 1
    a_picture = work.settings.steps * PICTURE[used] * max(area, 0.1) / rates.images
    return number * (len(step.networks) * a_picture + START)
