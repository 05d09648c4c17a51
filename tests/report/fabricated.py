"""Comparisons made up in the public formats, with any number of channels, in seconds and without a network."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from PIL import Image

from artlucid import architectures, datasets, metrics
from artlucid.activations._identity import identity_of

CLASSES = ("<b>Bold<∕b> & Co", 'Naïve "Art" (Primitivism)', "浮世絵 Ukiyo-e")
ARTISTS = ("<img src=x onerror=document.title='broken'>", 'O\'Keeffe, "G"', "Ἀπελλῆς", "")
NAMES = ("a b", "it's #1", "100%", "“quoted”", "ñandú", "絵", "<i>x<i>", "&amp;")

SMALL = {"conv2d0": 6, "mixed4d_1x1": 5, "mixed4d_3x3": 60, "mixed4d_5x5": 4, "mixed5b_1x1": 8}
BLOCKS = {"mixed4d": ("mixed4d_1x1", "mixed4d_3x3", "mixed4d_5x5"), "mixed5b": ("mixed5b_1x1",)}
GROUPS = {"conv2d0": "low", "mixed4d": "mid", "mixed5b": "high"}
DEAD = ("mixed4d_5x5", 2)
"""Fires for no image in the last model."""


@dataclass(frozen=True)
class Made:
    """Where everything is, and the truth that pages are held to."""

    path: Path
    images: Path
    models: tuple[str, ...]
    identities: tuple[str, ...]
    layers: dict[str, int]
    scores: dict[str, dict[str, np.ndarray]]
    """Of each model and layer: (n_images, n_channels)."""
    k: int

    def top(self, model: str, layer: str, channel: int) -> list[int]:
        """The strongest images, by sorting in plain Python."""
        values = self.scores[model][layer][:, channel].tolist()
        order = sorted(range(len(values)), key=lambda image: (-values[image], image))
        return [image for image in order[: self.k] if values[image] > 0]

    def shared(self, layer: str, channel: int, a: str | None = None, b: str | None = None) -> int:
        """How many of them two models have in common."""
        before, after = a or self.models[0], b or self.models[-1]
        return len(set(self.top(before, layer, channel)) & set(self.top(after, layer, channel)))


def widths_of(variant: str) -> tuple[dict[str, int], dict[str, tuple[str, ...]]]:
    """All convolutions of an architecture, and its blocks."""
    backbone = architectures.get(variant).backbone
    convolutions = {x.name: x.filters for x in backbone if isinstance(x, architectures.Convolution)}
    return convolutions, {x.name: x.sources for x in backbone if isinstance(x, architectures.Concatenation)}


def draw_images(folder: Path, per_class: int, side: int = 40, *, labels: bool = True) -> Path:
    """Images in one colour a class with a bright square somewhere, under names that break careless code."""
    draw = np.random.default_rng(0)
    for number, name in enumerate(CLASSES):
        place = folder / name if labels else folder / "test"
        place.mkdir(parents=True, exist_ok=True)
        for index in range(per_class):
            pixels = np.full((side, side + 8, 3), 60, np.uint8)
            pixels[..., number] = 120 + draw.integers(0, 120)
            row, column = draw.integers(0, side - 12, 2)
            pixels[row : row + 12, column : column + 12] = draw.integers(0, 255, 3)
            Image.fromarray(pixels).save(place / f"{NAMES[index % len(NAMES)]} {number}{index:04d}.png")
    return folder


def make(  # noqa: PLR0913
    folder: Path,
    *,
    layers=None,
    blocks=None,
    models=("weights/imagenet.npz", "runs/styles", "runs/<i>icons<i>"),
    per_class=12,
    k=10,
    variant="mini",
    labels=True,
    metadata=True,
    tables=True,
) -> Made:
    """Write images, activations and tables of models that differ the more the deeper the layer."""
    layers, blocks = layers or SMALL, blocks or BLOCKS
    images = draw_images(folder / "images", per_class, labels=labels)
    dataset = datasets.load(f"folder:{images}")
    split = dataset.split("all")
    identities = tuple(hashlib.sha256(name.encode()).hexdigest() for name in models)
    scores = _scores(models, layers, split)
    texts = {"artist": [ARTISTS[index % len(ARTISTS)] for index in range(len(split))]} if metadata else {}
    out = folder / "comparison"
    for name, identity in zip(models, identities, strict=True):
        path = out / "activations" / f"{identity[:16]}-all.h5"
        _write_cache(path, identity, dataset, split, scores[name], blocks, texts, variant)
    made = Made(out, images, tuple(models), identities, dict(layers), scores, k)
    if tables:
        _write_tables(made, dataset, split, blocks, variant)
    return made


def _scores(models, layers, split):
    """Of each channel one preferred class; the further down the layer and the later the model, the more of it."""
    draw = np.random.default_rng(1)
    n_images = len(split)
    labels = split.labels if split.labels is not None else np.zeros(n_images, int)
    found = {name: {} for name in models}
    for depth, (layer, width) in enumerate(layers.items()):
        share = (depth + 1) / len(layers)
        common = draw.random((n_images, width))
        for place, name in enumerate(models):
            own = draw.random((n_images, width))
            liked = labels[:, None] == draw.integers(0, 3, width)
            mixed = common * (1 - share * place / len(models)) + share * place / len(models) * (own + 0.5 * liked)
            found[name][layer] = np.maximum(mixed - 0.2, 0).astype(np.float32)
    if DEAD[0] in layers:
        found[models[-1]][DEAD[0]][:, DEAD[1]] = 0
    return found


def _write_cache(path, identity, dataset, split, scores, blocks, metadata, variant):  # noqa: PLR0913
    path.parent.mkdir(parents=True, exist_ok=True)
    stored = [{"name": n, "n_channels": v.shape[1], "height": 7, "width": 7} for n, v in scores.items()]
    joined = [{"name": n, "sources": list(s)} for n, s in blocks.items() if set(s) <= set(scores)]
    manifest = {
        "created": "2026-01-01T00:00:00+00:00",
        "model": {"source": "made up", "identity": identity, "variant": variant},
        "dataset": {
            "specification": dataset.specification,
            "identity": dataset.identity,
            "task": dataset.task,
            "split": "all",
            "asked": {"images": len(split), "identity": identity_of(split)},
            "images": len(split),
            "images_identity": identity_of(split),
            "excluded": [],
        },
        "metadata_columns": list(metadata),
        "preprocessing": {"size": 96, "shorter_side": 96, "resampling": "lanczos", "crop": "centre"},
        "layers": stored,
        "blocks": joined,
        "analysed_layers": ["conv2d0", *(block["name"] for block in joined)],
        "environment": {},
    }
    with h5py.File(path, "w") as file:
        text = json.dumps(manifest).encode()
        file["manifest"] = np.array(text, dtype=h5py.string_dtype("utf-8", len(text)))
        _write_texts(file, "images/path", split.relative_paths)
        if split.labels is not None:
            file["images/label"] = split.labels
            _write_texts(file, "class_names", dataset.class_names)
        for name, texts in metadata.items():
            _write_texts(file, f"metadata/{name}", texts)
        for name, values in scores.items():
            file[f"layers/{name}/mean"] = values
            file[f"layers/{name}/maximum"] = values * 3
            places = np.stack([(values * 1000).astype(int) % 7, (values * 7000).astype(int) % 7], axis=-1)
            file[f"layers/{name}/place"] = places.astype(np.uint8)
        file.attrs.update({"format": "artlucid.activations", "version": 1, "finished": len(split)})


def _write_texts(file, place, texts):
    array = np.array([text.encode() for text in texts])
    file[place] = array.astype(h5py.string_dtype("utf-8", array.dtype.itemsize))


def _write_tables(made, dataset, split, blocks, variant):
    pairs = [(made.models[0], other) for other in made.models[1:]]
    channels = pd.concat([_channels(made, pair, split, dataset, blocks) for pair in pairs], ignore_index=True)
    layers = pd.concat([_layers(made, pair, channels, blocks) for pair in pairs], ignore_index=True)
    files = {}
    for name, table in (("layers", layers), ("channels", channels)):
        table.to_parquet(made.path / f"{name}.parquet", index=False)
        files[f"{name}.parquet"] = hashlib.sha256((made.path / f"{name}.parquet").read_bytes()).hexdigest()
    described = [
        {
            "model": name,
            "source": name,
            "identity": identity,
            "architecture": "inception_v1",
            "variant": variant,
            "recipe": None,
            "seed": None,
            "which": None,
            "lineage": _lineage(made, place),
        }
        for place, (name, identity) in enumerate(zip(made.models, made.identities, strict=True))
    ]
    manifest = {
        "format": "artlucid.comparison",
        "version": 1,
        "models": described,
        "dataset": {
            "specification": dataset.specification,
            "identity": dataset.identity,
            "task": dataset.task,
            "class_names": list(dataset.class_names),
            "metadata_columns": ["artist"],
            "images": {"all": len(split)},
        },
        "settings": {"pairs": "first", "k": [made.k], "top_split": "all", "cka_split": "all", "pictures": []},
        "pairs": [{"model_a": a, "model_b": b, "left_out": {}} for a, b in pairs],
        "environment": {},
        "files": files,
    }
    (made.path / "compare.json").write_text(json.dumps(manifest))


def change_tables(made: Made, **changes) -> None:
    """Write tables anew, each as a function makes it from what it was."""
    manifest = json.loads((made.path / "compare.json").read_text())
    for name, change in changes.items():
        path = made.path / f"{name}.parquet"
        change(pd.read_parquet(path)).to_parquet(path, index=False)
        manifest["files"][path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    (made.path / "compare.json").write_text(json.dumps(manifest))


def _lineage(made, place):
    """Each run began with the model before it."""
    if place == 0:
        return {}
    start = {"source": made.models[place - 1], "identity": made.identities[place - 1]}
    return {
        "run": f"/gone/{made.models[place]}",
        "which": "best",
        "recipe": {"name": "A"},
        "seed": 0,
        "dataset": {"specification": f"rasta:/data/set {place}"},
        "best_epoch": 2,
        "initial_weights": start,
    }


def _channels(made, pair, split, dataset, blocks):
    parts = {layer: _channels_of(made, pair, layer, split, dataset) for layer in made.layers}
    for block, sources in blocks.items():
        if set(sources) <= set(made.layers):
            joined = pd.concat([parts[source] for source in sources], ignore_index=True)
            parts[block] = joined.assign(layer=block, channel=np.arange(len(joined)))
    whole = pd.concat(parts.values(), ignore_index=True)
    return whole.sort_values(f"overlap_{made.k}", kind="stable", ignore_index=True)


def _channels_of(made, pair, layer, split, dataset):
    tops = [metrics.top_images(made.scores[name][layer], made.k) for name in pair]
    width = made.layers[layer]
    table = {"model_a": pair[0], "model_b": pair[1], "layer": layer, "channel": np.arange(width)}
    table |= {"group": GROUPS.get(layer.split("_")[0], "mid"), "frozen": False}
    table[f"overlap_{made.k}"] = metrics.overlap_ratio(*tops)
    table[f"overlap_{made.k}_chance"] = metrics.expected_overlap_ratio(*tops)
    for side, top in zip("ab", tops, strict=True):
        labelled = split.labels is not None
        table[f"entropy_{side}"] = metrics.class_entropy(top, split.labels, 3) if labelled else np.nan
        table[f"entropy_{side}_chance"] = 0.9 if labelled else np.nan
        table[f"n_positive_{side}"] = top.n_positive
        table[f"dead_{side}"] = top.n_positive == 0
    table["kernel_distance_relative"] = np.linspace(0.01, 0.5, width)
    table["kernel_distance"] = table["kernel_distance_relative"] * 3
    dead = table["dead_b"]
    return pd.DataFrame({**table, "notice": np.where(dead, "dead in b", "")})


def _layers(made, pair, channels, blocks):
    ends = {sources[-1]: block for block, sources in blocks.items() if set(sources) <= set(made.layers)}
    order = [name for layer in made.layers for name in (layer, *([ends[layer]] if layer in ends else []))]
    rows = channels[channels["model_b"] == pair[1]].groupby("layer")
    table = pd.DataFrame({"model_a": pair[0], "model_b": pair[1], "layer": order})
    table["group"] = [GROUPS.get(name.split("_")[0], "mid") for name in order]
    plain = {source for sources in blocks.values() for source in sources}
    table["analysed"], table["frozen"] = [name not in plain for name in order], False
    for name in ("cka", "cka_debiased"):
        table[name] = np.linspace(0.95, 0.5, len(order)) - (0.05 if name == "cka_debiased" else 0)
        table[f"{name}_low"], table[f"{name}_high"] = table[name] - 0.04, table[name] + 0.03
        table[f"{name}_floor"] = np.linspace(0.02, 0.2, len(order))
    table[f"overlap_{made.k}_median"] = [rows.get_group(name)[f"overlap_{made.k}"].median() for name in order]
    table[f"overlap_{made.k}_chance"] = [rows.get_group(name)[f"overlap_{made.k}_chance"].mean() for name in order]
    for side in "ab":
        table[f"entropy_{side}_mean"] = [rows.get_group(name)[f"entropy_{side}"].mean() for name in order]
        table[f"entropy_{side}_chance"] = 0.9
    return table


def add_pictures(folder: Path, made: Made, place: int, channels, *, seed=0, size=48) -> Path:
    """A folder of pictures of one model, each in colours of its own, with its curve; none of the dead one."""
    identity, name = made.identities[place], made.models[place]
    folder.mkdir(parents=True, exist_ok=True)
    model = {"name": name, "source": name, "identity": identity, "architecture": "inception_v1/mini"}
    settings = {"steps": 128, "size": [size, size], "seed": seed}
    head = {"format": "artlucid.pictures", "version": 1, "model": model, "settings": settings}
    (folder / "pictures.json").write_text(json.dumps(head))
    for directory in ("manifests", "curves"):
        (folder / directory).mkdir(exist_ok=True)
    draw = np.random.default_rng(place)
    for layer, channel in channels:
        stem = f"{layer}_pre_relu-{channel:04d}"
        dead = (layer, channel) == DEAD and place == len(made.models) - 1
        files = {}
        if not dead:
            coarse = Image.fromarray(draw.integers(0, 255, (4, 4, 3)).astype(np.uint8))
            coarse.resize((size, size), Image.Resampling.BICUBIC).save(folder / f"{stem}.png")
            curve = "step,objective\n" + "".join(f"{step},{np.log1p(step):.4f}\n" for step in range(129))
            (folder / "curves" / f"{stem}.csv").write_text(curve)
            files[f"{stem}.png"] = hashlib.sha256((folder / f"{stem}.png").read_bytes()).hexdigest()
        content = {
            "format": "artlucid.picture",
            "version": 1,
            "layer": f"{layer}_pre_relu",
            "channel": channel,
            "final_objective": 4.8,
            "notices": ["dead channel: it fires for no image"] if dead else [],
            "files": files,
        }
        (folder / "manifests" / f"{stem}.json").write_text(json.dumps(content))
    return folder
