"""
What the examples of the paper share
====================================

On which data, from which weights, how much of it, and where to: the arguments of each of them.
"""

import argparse
from pathlib import Path

from artlucid import compare, reproduce

# %%
# Quick
# -----
# Drawn images, and a network of a quarter of the width. What comes out says nothing about art.
QUICK = {
    "rasta": "synthetic:styles",
    "iconart": "synthetic:objects",
    "weights": "none",
    "architecture": "mini",
    "images_per_class": 20,
    "epochs": 1,
    "steps": 8,
    "channels": 2,
    "resamples": 20,
    "out": Path("paper-quick"),
}

# %%
# An item
# -------
# Other sizes and other data need another folder: one that holds results of other settings is refused.


def reproduced(item: str) -> reproduce.Reproduction:
    """Make a table or a figure with what the command line asks for, and say where it is, or why there is none."""
    arguments = _arguments()
    out = arguments.pop("out")
    made = reproduce.reproduce([item], out=out, settings=reproduce.Settings(**arguments))
    told = made.results["figures"].get(item, {"files": [f"tables/{item}.md"], "reason": ""})
    print("\n".join(str(made.path / file) for file in told["files"]) or told["reason"])
    return made


def _arguments() -> dict[str, object]:
    parser = argparse.ArgumentParser(formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--rasta", help="RASTA, such as rasta:/data/wikipaintings_full, or a stand-in")
    parser.add_argument("--iconart", help="IconArt, such as iconart:/data/IconArt_v1, or a stand-in")
    parser.add_argument("--paintings", help="Paintings, such as paintings:/data/Paintings, or a stand-in")
    parser.add_argument("--weights", default="imagenet", help="that all begins with")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1], help="a training each")
    parser.add_argument("--images-per-class", type=int, help="so many, for a rehearsal")
    parser.add_argument("--epochs", type=int, help="at most so many, for a rehearsal")
    parser.add_argument("--steps", type=int, default=2048, help="of optimized images")
    parser.add_argument("--out", type=Path, default=Path("paper"), help="shared by all items: nothing is made twice")
    parser.add_argument("--quick", action="store_true", help="on drawn images, in paper-quick, to see that it works")
    if parser.parse_known_args()[0].quick:
        parser.set_defaults(**QUICK)
    arguments = vars(parser.parse_args())
    del arguments["quick"]
    return arguments


# %%
# What was measured on the way
# ----------------------------


def compared(made: reproduce.Reproduction, pairing: str, training: int = 0) -> compare.Comparison:
    """What a training changed, the first one of several by default: tables of layers and of channels."""
    return compare.read(made.path / "comparisons" / f"{pairing}-{made.results['seeds'][training]}")
