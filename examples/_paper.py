"""What the examples of the paper's tables and figures share: on which data, from which weights, how much of it."""

import argparse
from pathlib import Path

from artlucid import compare, reproduce

# Small enough for some minutes, on drawn images; what comes out says nothing about art.
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


def reproduced(item: str) -> reproduce.Reproduction:
    """Make a table or a figure with what the command line asks for, and say where it is."""
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
    parser.add_argument("--quick", action="store_true", help="on drawn images, to see that it works")
    arguments = vars(parser.parse_args())
    out, quick = arguments.pop("out"), arguments.pop("quick")
    settings = reproduce.Settings(**{**arguments, **(QUICK if quick else {})})
    made = reproduce.reproduce([item], out=out, settings=settings)
    told = made.results["figures"].get(item, {"files": [f"tables/{item}.md"], "reason": ""})
    print("\n".join(str(made.path / file) for file in told["files"]) or told["reason"])
    return made


def compared(made: reproduce.Reproduction, pairing: str) -> compare.Comparison:
    """What the first training changed, as `artlucid compare` wrote it: tables of layers and of channels."""
    (first, *_) = made.results["seeds"]
    return compare.read(made.path / "comparisons" / f"{pairing}-{first}")
