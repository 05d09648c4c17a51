"""
What the examples of the paper share
====================================

On which data, from which weights, how much of it, and where to: the arguments of each of them.
"""

import argparse
from pathlib import Path

from artlucid import compare, reproduce

# %%
# In the place of the paper's data
# --------------------------------
# Drawn images and a quarter of the network's width, for `--quick`. What comes out says nothing about art.
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
}

# %%
# The command line
# ----------------
# For a rehearsal on the paper's own data give fewer images, epochs and steps. Each size needs a folder of its own.


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--rasta", help="RASTA, such as rasta:/data/wikipaintings_full, or a stand-in")
    parser.add_argument("--iconart", help="IconArt, such as iconart:/data/IconArt_v1, or a stand-in")
    parser.add_argument("--paintings", help="Paintings, such as paintings:/data/Paintings, or a stand-in")
    parser.add_argument("--weights", default="imagenet", help="that all begins with")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1], help="a training each")
    parser.add_argument("--images-per-class", type=int, help="so many, for a rehearsal")
    parser.add_argument("--epochs", type=int, help="at most so many, for a rehearsal")
    parser.add_argument("--steps", type=int, default=2048, help="of optimized images")
    parser.add_argument("--out", type=Path, help="shared by all items: nothing is made twice; paper, or paper-quick")
    parser.add_argument("--quick", action="store_true", help="on drawn images, to see that it works")
    return parser.parse_args()


def reproduced(item: str) -> reproduce.Reproduction:
    """Make a table or a figure with what the command line asks for, and say where it is, or why there is none."""
    arguments = vars(_arguments())
    out, quick = arguments.pop("out"), arguments.pop("quick")
    settings = reproduce.Settings(**{**arguments, **(QUICK if quick else {})})
    made = reproduce.reproduce([item], out=out or Path("paper-quick" if quick else "paper"), settings=settings)
    told = made.results["figures"].get(item, {"files": [f"tables/{item}.md"], "reason": ""})
    print("\n".join(str(made.path / file) for file in told["files"]) or told["reason"])
    return made


# %%
# What was measured on the way
# ----------------------------


def compared(made: reproduce.Reproduction, pairing: str, training: int = 0) -> compare.Comparison:
    """What a training changed, the first one of several by default: tables of layers and of channels."""
    return compare.read(made.path / "comparisons" / f"{pairing}-{made.results['seeds'][training]}")
