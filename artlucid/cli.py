"""The command line: one function a command. Results go to standard output, everything else to standard error."""

from __future__ import annotations

import contextlib
import functools
import json
import logging
import math
import os
import signal
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import artlucid
from artlucid.errors import ArtlucidError

if TYPE_CHECKING:
    from artlucid.recipes import Recipe

logger = logging.getLogger("artlucid")

app = typer.Typer(
    name="artlucid",
    help="Fine-tune networks on artworks, look inside them, measure what changed.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Quiet = Annotated[bool, typer.Option("--quiet", help="Write nothing to standard error if all goes well.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the results as JSON.")]
DATA_KINDS = "rasta:PATH, paintings:PATH, iconart:PATH, folder:PATH or synthetic:styles."
Data = Annotated[str, typer.Argument(help=DATA_KINDS, metavar="DATA", show_default=False)]
Metadata = Annotated[
    Path | None, typer.Option(help="A table with a column `path` and further ones, such as artist, date, museum.")
]
SplitSeed = Annotated[
    int | None, typer.Option(help="Chooses the validation images where a table names none. [default: 0]")
]
Model = Annotated[
    str, typer.Argument(help="A run directory, RUN@initial, a weights file, imagenet, bvlc.", show_default=False)
]
Precision = Annotated[str, typer.Option(help="auto, float32, bfloat16 or float16.")]
Architecture = Annotated[
    str | None, typer.Option(help="inception5h, bvlc, gonthier or mini, where the weights leave it open.")
]
Cache = Annotated[
    Path | None,
    typer.Option(help="Folder for decoded images. [default: decoded in $ARTLUCID_CACHE or ~/.keras/artlucid]"),
]
CacheLimit = Annotated[
    float | None,
    typer.Option(help="Gigabytes for decoded images. [default: a quarter of the disk's free space, at most 32]"),
]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Decode the images anew in every epoch.")]
MaxExcluded = Annotated[float, typer.Option(help="Largest part of the images that may be unusable.")]


def main() -> None:
    """Run the command line."""
    app()


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"artlucid {artlucid.__version__}")
        raise typer.Exit


@app.callback()
def _artlucid(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Fine-tune networks on artworks, look inside them, measure what changed."""


def command(function: Callable[..., None]) -> Callable[..., None]:
    """Register a command: deliberate errors become a message and code 2, Ctrl-C becomes 130."""

    @functools.wraps(function)
    def guarded(*arguments: Any, **options: Any) -> None:
        _set_up_messages(quiet=options.get("quiet", False))
        signal.signal(signal.SIGTERM, _terminate)
        try:
            with _tensorflow_silenced():
                import tensorflow  # noqa: F401 - its chatter comes with the import
            function(*arguments, **options)
        except ArtlucidError as error:
            typer.echo(f"error: {error}", err=True)
            raise typer.Exit(2) from error
        except KeyboardInterrupt as interruption:
            typer.echo("interrupted", err=True)
            raise typer.Exit(143 if isinstance(interruption, _Terminated) else 130) from None

    app.command(name=function.__name__.replace("_", "-"))(guarded)
    return guarded


class _Terminated(KeyboardInterrupt):
    """A cluster's way to end a job; what is under way ends as after Ctrl-C."""


def _terminate(*_: object) -> None:
    raise _Terminated


class _Messages(logging.Handler):
    """Writes to standard error without tearing a progress bar."""

    def emit(self, record: logging.LogRecord) -> None:
        from tqdm import tqdm

        prefix = f"{record.levelname.lower()}: " if record.levelno >= logging.WARNING else ""
        tqdm.write(prefix + record.getMessage(), file=sys.stderr)


def _set_up_messages(*, quiet: bool) -> None:
    logger.handlers[:] = [_Messages()]
    logger.setLevel(logging.ERROR if quiet else logging.INFO)
    warnings.showwarning = lambda message, *_, **__: logger.warning("%s", message)


@contextlib.contextmanager
def _tensorflow_silenced() -> Iterator[None]:
    """Keep what TensorFlow writes from C++ off standard error; show it if the import fails."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    standard_error = os.dup(2)
    with tempfile.TemporaryFile() as caught:
        os.dup2(caught.fileno(), 2)
        try:
            yield
        except Exception:
            caught.seek(0)
            os.write(standard_error, caught.read())
            raise
        finally:
            os.dup2(standard_error, 2)
            os.close(standard_error)


def _show(results: dict[str, Any], text: str, as_json: bool) -> None:
    shown = json.dumps(results, indent=2, ensure_ascii=False) if as_json else text
    # As bytes, because a file name need not be text.
    typer.echo(shown.encode("utf-8", "surrogateescape"))


@command
def demo(
    out: Annotated[Path, typer.Option(help="Folder for all that is made.")] = Path("artlucid-demo"),
    data: Annotated[str, typer.Option(help="Real data instead: rasta:PATH, folder:PATH.")] = "synthetic:styles",
    weights: Annotated[str, typer.Option(help="Real weights instead: imagenet, bvlc, a file.")] = "none",
    architecture: Architecture = None,
    seed: int = 0,
    epochs: Annotated[int | None, typer.Option(help="Another number than the recipe's.")] = None,
    precision: Precision = "auto",
    quick: Annotated[bool, typer.Option("--quick", help="Two epochs, to see that everything works.")] = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """The whole job on small paintings that it draws itself: no download, under two minutes."""
    from artlucid import demo as demonstration
    from artlucid import finetune

    options = finetune.Options(precision=precision, architecture=architecture, progress=not quiet)
    made = demonstration.run(out, data=data, weights=weights, seed=seed, epochs=epochs, quick=quick, options=options)
    _show(made.to_json(), _demo_text(made), as_json)


def _demo_text(made: Any) -> str:
    manifest, scores = made.run.manifest, made.scores
    data = manifest["dataset"]
    return "\n".join(
        [
            f"data      {data['specification']}: {data['images']['train']} training images, "
            f"{len(data['class_names'])} classes",
            f"training  recipe {manifest['recipe']['name']} ({manifest['recipe']['source']}), "
            f"{made.run.state['epochs_done']} epochs, {manifest['architecture']['variant']}, "
            f"{manifest['environment']['precision']['used']}, {made.seconds['finetune']:.0f} s",
            f"test      top-1 {scores.top_1:.1%} of {scores.images} images (chance {made.chance:.1%})",
            f"run       {made.run.path}  (weights, history.csv, logs/ for TensorBoard)",
            f"graph     {made.graph}  (opens in the original Lucid)",
        ]
    )


@command
def finetune(
    data: Data,
    out: Annotated[Path, typer.Option(help="The run directory.", show_default=False)],
    recipe: Annotated[str | None, typer.Option(help="A row of Table 5 (A, B, …), or FILE.toml. [default: A]")] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIELD=VALUE", help="Change the recipe: head_rate=0.005. Repeatable."),
    ] = None,
    weights: Annotated[
        str | None, typer.Option(help="imagenet, bvlc, none, a file or a run directory. [default: imagenet]")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Of the head and the order of images. [default: 0]")] = None,
    epochs: Annotated[int | None, typer.Option(help="Another number than the recipe's.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Another number than the recipe's.")] = None,
    precision: Precision = "auto",
    architecture: Architecture = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an interrupted run, with its recorded settings.")
    ] = False,
    devices: Annotated[
        str | None, typer.Option(help="one, or all: every GPU takes a part of each batch. [default: one]")
    ] = None,
    keep_epochs: Annotated[bool, typer.Option("--keep-epochs", help="Keep each epoch's weights.")] = False,
    max_excluded: MaxExcluded = 0.01,
    metadata: Metadata = None,
    split_seed: SplitSeed = None,
    allow_changed_environment: Annotated[
        bool, typer.Option("--allow-changed-environment", help="Resume with other versions or on another machine.")
    ] = False,
    cache: Cache = None,
    cache_limit: CacheLimit = None,
    no_cache: NoCache = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Fine-tune a network on a dataset and keep everything about it in a run directory."""
    from artlucid import datasets, runs
    from artlucid import finetune as training

    recorded = runs.open_run(out) if resume and (out / runs.MANIFEST).is_file() else None
    if recorded is not None:
        training.check_complete(recorded)
        _use_threads(recorded.manifest["environment"]["threads"])
    options = training.Options(
        precision=precision,
        architecture=architecture,
        keep_epochs=keep_epochs,
        max_excluded=max_excluded,
        allow_changed_environment=allow_changed_environment,
        cache=_chosen_cache(cache, no_cache),
        cache_limit=_in_bytes(cache_limit),
        devices=devices,
        progress=not quiet,
    )
    run = training.fit(
        datasets.load(data, metadata=metadata, split_seed=split_seed),
        recipe=_chosen_recipe(recipe, recorded, settings or [], {"epochs": epochs, "batch_size": batch_size}),
        weights=weights,
        seed=seed,
        out=out,
        resume=resume,
        options=options,
    )
    _show(*_finetune_results(run), as_json)


def _chosen_cache(folder: Path | None, no_cache: bool) -> bool | Path:
    if folder is not None and no_cache:
        raise artlucid.errors.DataError(
            f"One of `--cache` and `--no-cache` may be given. Received `--no-cache` and `--cache {folder}`. "
            "Leave one of them out."
        )
    return not no_cache if folder is None else folder


def _in_bytes(gigabytes: float | None) -> int | None:
    if gigabytes is not None and not math.isfinite(gigabytes):
        raise artlucid.errors.DataError(
            f"`--cache-limit` must be a number of gigabytes. Received {gigabytes}. Give 20, for example."
        )
    return None if gigabytes is None else round(gigabytes * 1e9)


def _use_threads(recorded: dict[str, int]) -> None:
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(recorded["intra_op"])
    tf.config.threading.set_inter_op_parallelism_threads(recorded["inter_op"])


def _chosen_recipe(
    name: str | None, recorded: Any, settings: list[str], numbers: dict[str, int | None]
) -> Recipe | str | None:
    """The recipe that was named, else the recorded one, with what the command line changes."""
    from artlucid import recipes

    given = {field: value for field, value in numbers.items() if value is not None}
    changes = {**recipes.parse_changes(settings), **given}
    if not changes:
        return name
    if name is None and recorded is not None:
        return recipes.changed(recipes.from_json(recorded.manifest["recipe"]), changes)
    return recipes.changed(recipes.load(name or "A"), changes)


_SCORES = {"top_1": "top-1", "label_f1": "F1 of the labels"}
"""What the scores in the history of a training are called."""


def _best_row(run: Any) -> dict[str, Any]:
    """The row of the history of the epoch whose weights are the run's."""
    state, history = run.state, run.history
    if not 1 <= state["best_epoch"] <= len(history):
        raise artlucid.errors.RunError(
            f"history.csv must have a row for every epoch. Received {run.path} with {len(history)} rows and the best "
            f"epoch {state['best_epoch']}. The run is damaged: train again with another `--out`."
        )
    return dict(history.iloc[state["best_epoch"] - 1])


def _finetune_results(run: Any) -> tuple[dict[str, Any], str]:
    state, best = run.state, _best_row(run)
    scores = {name: best[f"val_{name}"] for name in _SCORES if f"val_{name}" in best}
    results = {
        "run": str(run.path),
        "epochs": state["epochs_done"],
        "best_epoch": state["best_epoch"],
        "validation": {"head_loss": best["val_head_loss"], "loss": best["val_loss"], **scores},
        "precision": run.manifest["environment"]["precision"],
        "changed_environments": state.get("environments", []),
    }
    text = (
        f"{run.path}: best epoch {state['best_epoch']} of {state['epochs_done']}, validation loss "
        f"{best['val_head_loss']:.4f}"
    )
    text += "".join(f", validation {_SCORES[name]} {value:.1%}" for name, value in scores.items())
    return results, text


@command
def off_the_shelf(
    data: Data,
    out: Annotated[Path, typer.Option(help="The run directory.", show_default=False)],
    weights: Annotated[
        str | None, typer.Option(help="imagenet, bvlc, none, a file or a run directory. [default: imagenet]")
    ] = None,
    head: Annotated[
        str | None, typer.Option(help="dense, as the paper's, or svm: a hyperplane a class. [default: dense]")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Of the head and the order of images. [default: 0]")] = None,
    epochs: Annotated[int | None, typer.Option(help="Of the dense head; another number than 20.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Of the dense head; another number than 32.")] = None,
    features: Annotated[
        Path | None, typer.Option(help="A run of the same images and network, whose features are used again.")
    ] = None,
    precision: Annotated[
        str | None, typer.Option(help="float32, auto, bfloat16 or float16. [default: float32]")
    ] = None,
    architecture: Architecture = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an interrupted run, with its recorded settings.")
    ] = False,
    max_excluded: MaxExcluded = 0.01,
    allow_changed_environment: Annotated[
        bool, typer.Option("--allow-changed-environment", help="Resume with other versions or on another machine.")
    ] = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Train a new head on the features of a frozen network, computed once, and keep it as a run."""
    from artlucid import finetune as training
    from artlucid import runs

    recorded = runs.open_run(out) if resume and (out / runs.MANIFEST).is_file() else None
    if recorded is not None:
        training.check_complete(recorded, command="off-the-shelf")
        _use_threads(recorded.manifest["environment"]["threads"])
    options = training.OffTheShelfOptions(
        precision=precision,
        architecture=architecture,
        max_excluded=max_excluded,
        allow_changed_environment=allow_changed_environment,
        progress=not quiet,
        features=features,
    )
    run = training.off_the_shelf(
        data,
        weights=weights,
        head=_chosen_head(head, recorded, epochs, batch_size),
        seed=seed,
        out=out,
        resume=resume,
        options=options,
    )
    _show(*_off_the_shelf_results(run), as_json)


def _chosen_head(name: str | None, recorded: Any, epochs: int | None, batch_size: int | None) -> Recipe | str | None:
    """The head that was named, else the recorded one, with what the command line changes."""
    import dataclasses

    from artlucid import finetune as training
    from artlucid import recipes

    changes = {field: value for field, value in (("epochs", epochs), ("batch_size", batch_size)) if value is not None}
    if not changes or (name is not None and name not in training.HEADS):
        return name
    if "svm" in (name, recorded and recorded.manifest.get("head")):
        raise artlucid.errors.RecipeError(
            "`--epochs` and `--batch-size` belong to the dense head. Received them for svm, which has neither. "
            "Leave them out, or use `--head dense`."
        )
    if name is None and recorded is not None:
        return dataclasses.replace(recipes.from_json(recorded.manifest["recipe"]), **changes)
    return dataclasses.replace(training.HEADS["dense"], **changes)


def _off_the_shelf_results(run: Any) -> tuple[dict[str, Any], str]:
    state, best = run.state, _best_row(run)
    validation = {name.removeprefix("val_"): value for name, value in best.items() if name.startswith("val_")}
    results = {
        "run": str(run.path),
        "head": run.manifest["head"],
        "epochs": state["epochs_done"],
        "best_epoch": state["best_epoch"],
        "validation": validation,
        "precision": run.manifest["environment"]["precision"],
        "changed_environments": state.get("environments", []),
    }
    scores = {"top-1": validation.get("top_1"), "mean average precision": validation.get("mean_average_precision")}
    text = f"{run.path}: {run.manifest['head']} head, best epoch {state['best_epoch']} of {state['epochs_done']}, "
    text += f"validation loss {validation['head_loss']:.4f}"
    return results, text + "".join(f", validation {name} {value:.1%}" for name, value in scores.items() if value)


@command
def evaluate(
    models: Annotated[
        list[str],
        typer.Argument(
            help="A run directory, RUN@initial, a weights file, or several.", metavar="MODEL...", show_default=False
        ),
    ],
    data: Annotated[str, typer.Option(help=DATA_KINDS, show_default=False)],
    split: Annotated[str, typer.Option(help="test, val or train; only test gives test scores.")] = "test",
    ensemble: Annotated[
        bool, typer.Option("--ensemble", help="Score the mean of the models' predictions, in place of each model.")
    ] = False,
    intervals: Annotated[
        bool,
        typer.Option(
            "--intervals",
            help="Give each score an interval over images, and each model but the first its paired difference from it.",
        ),
    ] = False,
    level: Annotated[float | None, typer.Option(help="Of the intervals. [default: 0.95]")] = None,
    resamples: Annotated[int | None, typer.Option(help="Of the images. [default: 1000]")] = None,
    seed: Annotated[int | None, typer.Option(help="Of the resamples. [default: 0]")] = None,
    predictions: Annotated[
        Path | None, typer.Option(help="FILE.csv to write: for each model and image its labels and predictions.")
    ] = None,
    batch_size: int = 32,
    precision: Annotated[str, typer.Option(help="float32, auto, bfloat16 or float16.")] = "float32",
    architecture: Architecture = None,
    max_excluded: MaxExcluded = 0.01,
    metadata: Metadata = None,
    split_seed: SplitSeed = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Score networks: top-1, 3, 5 and accuracy by class, or mean average precision where images have several labels."""
    from artlucid import datasets
    from artlucid import evaluate as evaluation
    from artlucid import models as networks

    options = evaluation.Options(
        batch_size=batch_size,
        precision=precision,
        max_excluded=max_excluded,
        progress=not quiet,
        intervals=_resampling(intervals, level=level, resamples=resamples, seed=seed),
        predictions=predictions,
    )
    loaded = [networks.load(model, architecture=architecture) for model in models]
    dataset = datasets.load(data, metadata=metadata, split_seed=split_seed)
    scores: Any = evaluation.evaluate(
        loaded if ensemble or len(loaded) > 1 else loaded[0], dataset, split=split, ensemble=ensemble, options=options
    )
    results = {"scores": [one.to_json() for one in scores]} if isinstance(scores, list) else scores.to_json()
    _show(results, evaluation.as_text(scores), as_json)


def _resampling(wanted: bool, **settings: float | None) -> Any:
    """How intervals are made, or None where there are to be none."""
    from artlucid.metrics import Resampling

    given = {name: value for name, value in settings.items() if value is not None}
    if given and not wanted:
        raise artlucid.errors.MetricError(
            f"{', '.join(f'`--{name}`' for name in settings)} must come with `--intervals`. Received "
            f"{', '.join(f'--{name} {value}' for name, value in given.items())} without it. Add `--intervals`."
        )
    return Resampling(**given) if wanted else None


@command
def export(
    model: Model,
    file: Annotated[Path, typer.Argument(help="FILE.pb for the original Lucid, or FILE.keras.", show_default=False)],
    architecture: Architecture = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Write a network as a frozen graph that the original Lucid opens, or as Keras's file."""
    from artlucid import export as exporting
    from artlucid import models

    writers = {".pb": exporting.frozen_graph, ".keras": exporting.keras_file}
    if file.suffix not in writers:
        raise artlucid.errors.ExportError(
            f"FILE must end in {' or '.join(writers)}. Received {str(file)!r}. Name it so."
        )
    network = models.load(model, architecture=architecture)
    written = writers[file.suffix](network, file)
    results = {"file": str(written), "model": model, "identity": network.identity, "layers": list(network.layer_names)}
    _show(results, f"{written}: {len(network.layer_names)} layers of {model}", as_json)


@command
def info(
    thing: Annotated[
        str,
        typer.Argument(
            help="A run, any other MODEL, DATA, a weights file or export, FILE.toml or the name of a recipe.",
            metavar="MODEL|DATA|FILE",
            show_default=False,
        ),
    ],
    layers: Annotated[bool, typer.Option("--layers", help="List every layer of a network.")] = False,
    architecture: Architecture = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Say what something is, how it was made, and what it consists of."""
    from artlucid import info as information

    facts = information.describe(thing, architecture=architecture, layers=layers)
    _show(facts, information.as_text(facts), as_json)
