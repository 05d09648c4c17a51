"""What fine-tuning on styles, on icons and on both changed in a network: the runs, their comparisons, tables, figures.

    python benchmarks/what_changed.py make --styles rasta:$ARTLUCID_DATA/data/peopleart_styles \
        --icons iconart:$ARTLUCID_DATA/data/byzart_iconart_format \
        --weights $ARTLUCID_DATA/weights/bvlc_googlenet.npz --epochs 6 10 \
        --out results
    python benchmarks/what_changed.py show --out results

Cost: `make` about an hour and a half on two cores with bfloat16, can be stopped and started again; `show` some seconds.
Expected: every command of `artlucid`, as it is called; then Markdown tables by layer with the mean over the seeds and
the lowest and highest of them, beside what chance gives; figures as PNG in the folder `figures`.
"""

import argparse
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from artlucid import compare, figures, metrics

SEEDS = (0, 1, 2)

# Name of the run, data, recipe, initial weights (the given ones, or another run of this table).
RUNS = (("styles", "styles", "A", "given"), ("icons", "icons", "A", "given"), ("double", "icons", "F", "styles"))

# Title of a table: the comparison, and the pairs of models in it, `#` standing for the seed.
PAIRS = {
    "ImageNet → styles": ("styles", "runs/styles0@initial", "runs/styles#"),
    "ImageNet → icons": ("icons", "given", "runs/icons#"),
    "ImageNet → styles → icons": ("icons", "given", "runs/double#"),
    "icons, direct and double": ("icons", "runs/icons#", "runs/double#"),
}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=("make", "show"))
    parser.add_argument("--styles", help="the first dataset, one label an image")
    parser.add_argument("--icons", help="the second dataset, several labels an image")
    parser.add_argument("--weights")
    parser.add_argument("--epochs", type=int, nargs=2, default=(20, 20), help="on the first dataset, on the second")
    parser.add_argument("--out", type=Path, required=True)
    return parser.parse_args()


def trainings(options: argparse.Namespace) -> list[list[str]]:
    """What is typed for each run, after `artlucid`."""
    found = []
    for seed in SEEDS:
        for name, data, recipe, weights in RUNS:
            initial = options.weights if weights == "given" else f"runs/{weights}{seed}"
            epochs = options.epochs[data == "icons"]
            words = ["finetune", getattr(options, data), "--recipe", recipe, "--weights", initial]
            words += ["--epochs", str(epochs), *(["--keep-epochs"] if f"{name}{seed}" == "styles0" else [])]
            found.append([*words, "--seed", str(seed), "--out", f"runs/{name}{seed}", "--resume"])
    return found


def comparisons(options: argparse.Namespace) -> list[list[str]]:
    """What is typed for each comparison, after `artlucid`."""
    runs = {name: [f"runs/{name}{seed}" for seed in SEEDS] for name, *_ in RUNS}
    wanted = (
        ("styles", ["runs/styles0@initial", *runs["styles"]], options.styles),
        ("icons", [options.weights, *runs["icons"], *runs["double"]], options.icons),
        ("drift", ["runs/styles0@initial", "runs/styles0@epochs"], options.styles),
    )
    pairs = {"drift": "first"}
    return [
        ["compare", *models, "--pairs", pairs.get(name, "all"), "--data", data, "--out", name]
        for name, models, data in wanted
    ]


def make(options: argparse.Namespace) -> None:
    options.out.mkdir(parents=True, exist_ok=True)
    for words in [*trainings(options), *comparisons(options)]:
        print("artlucid", shlex.join(words), flush=True)
        subprocess.run(
            [sys.executable, "-c", "from artlucid.cli import main; main()", *words], check=True, cwd=options.out
        )


def of_pairs(table: pd.DataFrame, before: str, after: str) -> list[pd.DataFrame]:
    """The rows of a table for a pair of models, one table a seed; the given weights are the model that is no run."""
    found = []
    for seed in SEEDS:
        model_b = after.replace("#", str(seed))
        rows = table[table["model_b"] == model_b]
        found.append(
            rows[rows["recipe_a"] == ""]
            if before == "given"
            else rows[rows["model_a"] == before.replace("#", str(seed))]
        )
    return found


def spread(values: Sequence[float]) -> str:
    """The mean over the seeds, and the lowest and the highest where they differ from it."""
    mean, *ends = (f"{value:.2f}" for value in (sum(values) / len(values), min(values), max(values)))
    return mean if ends == [mean, mean] else f"{mean} ({ends[0]} … {ends[1]})"


def by_layer(layers: list[pd.DataFrame]) -> str:
    """A row a layer: what is measured, beside what chance gives."""
    columns = {
        "CKA": "cka",
        "debiased": "cka_debiased",
        "its floor": "cka_debiased_floor",
        "overlap": "overlap_100_mean",
        "chance": "overlap_100_chance",
        "entropy before": "entropy_a_mean",
        "after": "entropy_b_mean",
    }
    lines = [f"| layer | {' | '.join(columns)} |", f"|---|{'---|' * len(columns)}"]
    shown = [table[table["analysed"]].set_index("layer") for table in layers]
    for layer in shown[0].index:
        cells = [spread([float(table.loc[layer, column]) for table in shown]) for column in columns.values()]
        lines.append(f"| {layer} | {' | '.join(cells)} |")
    return "\n".join(lines)


def entropy_changes(channels: list[pd.DataFrame]) -> str:
    """How the class entropy of the channels of each block moved: a line a block, a column a seed with its interval."""
    lines = [f"| layer | {' | '.join(f'seed {seed}' for seed in SEEDS)} |", f"|---|{'---|' * len(SEEDS)}"]
    for layer in ("mixed3b", "mixed4a", "mixed4b", "mixed4c", "mixed4d", "mixed4e", "mixed5a", "mixed5b"):
        cells = []
        for table in channels:
            rows = table[table["layer"] == layer].dropna(subset=["entropy_a", "entropy_b"])
            before, after = rows["entropy_a"].to_numpy(), rows["entropy_b"].to_numpy()
            interval = metrics.bootstrap(lambda one, other: float((other - one).mean()), before, after)
            cells.append(f"{(after - before).mean():+.3f} ({interval.low:+.3f} … {interval.high:+.3f})")
        lines.append(f"| {layer} | {' | '.join(cells)} |")
    return "\n".join(lines)


def show(options: argparse.Namespace) -> None:
    found = {name: compare.read(options.out / name) for name in ("styles", "icons", "drift")}
    for title, (name, before, after) in PAIRS.items():
        layers, channels = (of_pairs(table, before, after) for table in (found[name].layers, found[name].channels))
        print(f"## {title}\n\n{by_layer(layers)}\n\nClass entropy, after less before:\n\n{entropy_changes(channels)}\n")
        folder = options.out / "figures"
        stem = title.replace(" → ", "-").replace(", ", "-").replace(" ", "-").lower()
        figures.save(figures.cka_by_layer(pd.concat(layers)), folder / f"{stem}-cka.png")
        figures.save(figures.overlap_by_layer(pd.concat(channels)), folder / f"{stem}-overlap.png")
        figures.save(figures.entropy_by_layer(channels[0]), folder / f"{stem}-entropy.png")
    drift = found["drift"]
    print("## Over a training\n")
    print(pd.DataFrame(drift.manifest["pairs"]).drop(columns=["frozen", "left_out", "cka_layers"]).to_markdown())
    figures.save(figures.cka_by_layer(drift.layers), options.out / "figures" / "drift-cka.png")


if __name__ == "__main__":
    chosen = arguments()
    {"make": make, "show": show}[chosen.what](chosen)
