"""What makes the documentation's blocks quick: one table of what stands in a text, one of what a function is given."""

import dataclasses
import functools
import importlib
import inspect
import shutil
from pathlib import Path

from reproduce import miniature

from artlucid import recipes

SUBSTITUTIONS = {
    ":/data/": ":data/",  # real collections; here drawn ones
    "synthetic:styles": "folder:paintings",
    "synthetic:objects": "iconart:data/IconArt_v1",
    "runs/a runs/b runs/c": "runs/styles runs/other runs/styles@initial",
    '"mixed4*:*"': '"mixed4d_3x3_pre_relu:0-3"',  # whole layers
    "mixed4d_3x3_pre_relu:*": "mixed4d_3x3_pre_relu:0-3",
    "pool_reduce_pre_relu:63": "pool_reduce_pre_relu:15",  # mini has a quarter of the channels
    "pool_reduce:63": "pool_reduce:15",
    "local:4": "local:1",  # processes
    "local:2": "local:1",
    "--patches 25 --patch-channels 200": "--patches 2 --patch-channels 4",
    "artlucid report comparison --pictures pictures": "artlucid report comparison --pictures study/after",
    'pictures=["pictures"]': 'pictures=["study/after"]',
    "runs/rasta-A1": "runs/styles",  # trainings of the paper
    "runs/rasta-A2": "runs/other",
    "runs/rasta-shelf": "runs/other",
    "runs/rasta-icon": "runs/icons",
    "VGG19(": "VGG19(weights=None, ",  # no download
    "activations.Options(size=224)": "activations.Options(size=64)",
    "metrics.top_images(before, 1000), metrics.top_images(after, 1000)": "metrics.top_images(before, 20), "
    "metrics.top_images(after, 20)",  # of 24 images
    ".first(100)": ".first(10)",
    "thresholds=(512,)": "thresholds=(1,)",
}
"""What a block says, and what is run in its place."""

PICTURES = {"steps": lambda *_: 2, "size": lambda *_: 64}


def _one_epoch(recipe, given):
    """The same recipe for one epoch; a run is resumed by what it recorded."""
    return recipe if given["resume"] else recipes.changed(recipes.load(recipe or "A"), {"epochs": 1})


def _some_items(items, _):
    """Two in the place of all that the data allow; those that are named remain."""
    return items if set(items) - {"all"} else ["table2", "figure5"]


def _miniature(settings, _):
    """A rehearsal on a network of three convolutions."""
    small = {"epochs": 1, "channels": 1, "resamples": 20, "steps": 2, "size": 64, "precision": "float32"}
    drawn = {"weights": "none", "architecture": miniature.NARROW.name, "paintings": None}
    return dataclasses.replace(settings, seeds=tuple(settings.seeds)[:1], **small, **drawn)


REPRODUCTION = {"items": _some_items, "settings": _miniature}

QUICKER = {
    "artlucid.datasets.synthetic": {
        "images_per_class": lambda number, _: number and (20, 4, 4),
        "images": lambda number, _: number and (60, 12, 24),
        "size": lambda *_: 96,
    },
    "artlucid.finetune.fit": {"recipe": _one_epoch},
    "artlucid.reproduce.plan": REPRODUCTION,
    "artlucid.reproduce.reproduce": REPRODUCTION,
    "artlucid.visualize.channels": PICTURES,
    "artlucid.visualize.sweep": PICTURES,
    "artlucid.visualize.render.render_vis": {"thresholds": lambda steps, _: tuple(range(1, len(steps) + 1))},
}
"""Arguments of functions, and what is made of each and of all. The command line calls the same functions."""

LAST_WORDS = {"visualize": ("--steps", "2", "--size", "64")}
"""What is added to a command, where it says in the place of what stood before."""

MADE_ANEW = ("artlucid.finetune.fit", "artlucid.finetune.off_the_shelf")
"""What writes a run: a page that makes one makes it in the place of the one that is there."""


def substituted(text):
    """A block's text with all substitutions."""
    for said, run in SUBSTITUTIONS.items():
        text = text.replace(said, run)
    return text


def make_quicker(patch):
    """Put functions that do less in the place of those of the table."""
    # TensorFlow has begun in this process, with the threads that the pages' own runs record.
    patch.setattr("artlucid.cli._runs.use_threads", lambda recorded: None)
    for name in {*QUICKER, *MADE_ANEW}:
        module, _, function = name.rpartition(".")
        module = importlib.import_module(module)
        changes = QUICKER.get(name, {})
        patch.setattr(module, function, _quicker(getattr(module, function), changes, anew=name in MADE_ANEW))


def _quicker(function, changes, *, anew):
    signature = inspect.signature(function)

    @functools.wraps(function)
    def quicker(*arguments, **options):
        given = signature.bind(*arguments, **options)
        given.apply_defaults()
        for argument, change in changes.items():
            given.arguments[argument] = change(given.arguments[argument], given.arguments)
        if anew and not given.arguments["resume"]:
            shutil.rmtree(Path(given.arguments["out"]), ignore_errors=True)
        return function(*given.args, **given.kwargs)

    return quicker
