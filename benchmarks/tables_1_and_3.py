"""Tables 1 and 3 of the paper on a stand-in for RASTA and one for IconArt: make the runs, then print the tables.

    python benchmarks/tables_1_and_3.py make --styles rasta:$ARTLUCID_DATA/data/peopleart_styles \
        --icons iconart:$ARTLUCID_DATA/data/byzart_iconart_format \
        --weights $ARTLUCID_DATA/weights/bvlc_googlenet.npz --out runs
    python benchmarks/tables_1_and_3.py show … --out runs

Cost: `make` about five hours on two cores with bfloat16, can be stopped and started again; `show` ten minutes.
Expected: every command of `artlucid`, as it is called; then Markdown tables with the mean over the seeds and the lowest
and highest of them, the full square of initial weights and recipes, and its paired differences with their intervals.

The two recipes of 200 epochs run for `--epochs`, and the table says so.
"""

import argparse
import itertools
import json
import shlex
import statistics
import subprocess
import sys
from pathlib import Path

from artlucid import evaluate, metrics

FROM_SCRATCH = ("high_layers_from_scratch", "from_scratch")

# Name of the run, command, data, recipe, initial weights (the given ones, or another run of this table).
RUNS = (
    ("styles-shelf", "off-the-shelf", "styles", None, "given"),
    ("styles-A", "finetune", "styles", "A", "given"),
    ("styles-high", "finetune", "styles", "high_layers_from_scratch", "given"),
    ("styles-scratch", "finetune", "styles", "from_scratch", "given"),
    ("icon-shelf", "off-the-shelf", "icons", None, "given"),
    ("icon-A", "finetune", "icons", "A", "given"),
    ("icon-F", "finetune", "icons", "F", "given"),
    ("styles-icon-shelf", "off-the-shelf", "icons", None, "styles-A"),
    ("styles-icon-A", "finetune", "icons", "A", "styles-A"),
    ("styles-icon-F", "finetune", "icons", "F", "styles-A"),
    ("high-icon-F", "finetune", "icons", "F", "styles-high"),
    ("scratch-icon-F", "finetune", "icons", "F", "styles-scratch"),
)

TABLE_1 = (
    ("Off-the-shelf, pretrained on ImageNet", ("styles-shelf",)),
    ("Fine-tuning, pretrained on ImageNet (A)", ("styles-A",)),
    ("The end from scratch, low-level layers pretrained and frozen", ("styles-high",)),
    ("From scratch", ("styles-scratch",)),
    ("Ensemble of the 3 previous models", ("styles-A", "styles-high", "styles-scratch")),
)

TABLE_3 = (
    ("Off-the-shelf, pretrained on ImageNet", ("icon-shelf",)),
    ("Off-the-shelf, pretrained on ImageNet and the styles", ("styles-icon-shelf",)),
    ("Fine-tuning, pretrained on ImageNet (A)", ("icon-A",)),
    ("Fine-tuning, pretrained on ImageNet and the styles (F)", ("styles-icon-F",)),
    ("Fine-tuning of the end from scratch on the styles (F)", ("high-icon-F",)),
    ("Fine-tuning of the model from scratch on the styles (F)", ("scratch-icon-F",)),
)

SQUARE = (
    ("ImageNet, A", "icon-A"),
    ("ImageNet, F", "icon-F"),
    ("ImageNet and styles, A", "styles-icon-A"),
    ("ImageNet and styles, F", "styles-icon-F"),
)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=("make", "show"))
    parser.add_argument("--styles", required=True, help="the first dataset, one label an image")
    parser.add_argument("--icons", required=True, help="the second dataset, several labels an image")
    parser.add_argument("--weights", required=True)
    parser.add_argument("--epochs", type=int, default=20, help="of the two recipes with 200")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, required=True)
    return parser.parse_args()


def command(run: tuple, seed: int, options: argparse.Namespace) -> list[str]:
    """What is typed for a run, after `artlucid`."""
    name, kind, data, recipe, weights = run
    words = [kind, getattr(options, data)]
    if recipe is not None:
        words += ["--recipe", recipe]
    if recipe in FROM_SCRATCH:
        words += ["--epochs", str(options.epochs)]
    words += ["--weights", options.weights if weights == "given" else str(options.out / f"{weights}{seed}")]
    return [*words, "--seed", str(seed), "--out", str(options.out / f"{name}{seed}"), "--resume"]


def finished(folder: Path) -> bool:
    state = folder / "state.json"
    return state.is_file() and json.loads(state.read_text())["status"] == "finished"


def make(options: argparse.Namespace) -> None:
    for seed, run in itertools.product(range(options.seeds), RUNS):
        words = command(run, seed, options)
        print("artlucid", shlex.join(words), flush=True)
        if not finished(options.out / f"{run[0]}{seed}"):
            subprocess.run([sys.executable, "-c", "from artlucid.cli import main; main()", *words], check=True)


def scores_of(rows: tuple, data: str, options: argparse.Namespace) -> dict[str, list[evaluate.Scores]]:
    """Test scores of each row, one a seed."""
    found = {}
    for title, names in rows:
        found[title] = []
        for seed in range(options.seeds):
            models = [str(options.out / f"{name}{seed}") for name in names]
            scores = evaluate.evaluate(models if len(models) > 1 else models[0], data, ensemble=len(models) > 1)
            found[title].append(scores)
    return found


def table(scores: dict[str, list[evaluate.Scores]], columns: dict[str, str]) -> str:
    """A row a method: the mean over the seeds, then the lowest and the highest."""
    lines = [f"| method | {' | '.join(columns.values())} |", f"|---|{'---|' * len(columns)}"]
    for title, seeds in scores.items():
        cells = []
        for column in columns:
            values = [100 * getattr(one, column) for one in seeds]
            cells.append(f"{statistics.mean(values):.1f} ({min(values):.1f} … {max(values):.1f})")
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(lines)


def differences(options: argparse.Namespace) -> str:
    """Each corner of the square less the first, on the same images: a line a seed with its interval."""
    lines = [
        "| initial weights and recipe, less ImageNet with A | seed | difference | 95 % interval |",
        "|---|---|---|---|",
    ]
    for seed in range(options.seeds):
        models = [str(options.out / f"{name}{seed}") for _, name in SQUARE]
        wanted = evaluate.Options(intervals=metrics.Resampling())
        scores = evaluate.evaluate(models, options.icons, options=wanted)
        for (title, _), one in zip(SQUARE[1:], scores[1:], strict=True):
            value = one.difference.values["mean_average_precision"]
            interval = one.difference.intervals["mean_average_precision"]
            lines.append(f"| {title} | {seed} | {value:+.3f} | {interval.low:+.3f} … {interval.high:+.3f} |")
    return "\n".join(lines)


def show(options: argparse.Namespace) -> None:
    top = {"top_1": "top-1", "top_3": "top-3", "top_5": "top-5"}
    precision = {"mean_average_precision": "mean average precision"}
    print(table(scores_of(TABLE_1, options.styles, options), top), end="\n\n")
    print(table(scores_of(TABLE_3, options.icons, options), precision), end="\n\n")
    square = tuple((title, (name,)) for title, name in SQUARE)
    print(table(scores_of(square, options.icons, options), precision), end="\n\n")
    print(differences(options))


if __name__ == "__main__":
    chosen = arguments()
    {"make": make, "show": show}[chosen.what](chosen)
