"""Whether pictures have the right colours: each activates its channel more than with red and blue swapped.

    python benchmarks/colours.py runs/styles --lucid-python LUCID/bin/python --out colours

Cost: with 20 channels of 64 px and 512 steps, on two cores, two minutes each with this library and the original Lucid
under TensorFlow 2, and four with the original on TensorFlow 1.15, whose environment `--lucid-python` names (lucid
0.3.10, tensorflow 1.15, protobuf below 3.21, pillow); left out without it. 128 px take four times as long.
Expected: for each engine a line with the number of pictures that are right, at least 18 of 20.

Each PNG file is read back, and shown to the network as it is and with its channels in the other order.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np

from artlucid import export, models, visualize
from artlucid.datasets.images import read_image

LAYERS = ("conv2d2", "mixed3a", "mixed3b", "mixed4a", "mixed4b", "mixed4c", "mixed4d")

ORIGINAL = Path(__file__).parent / "render_with_lucid.py"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", help="anything that `artlucid visualize` takes")
    parser.add_argument("--lucid-python", help="of the environment with Lucid 0.3.10")
    parser.add_argument("--channels", type=int, default=20)
    parser.add_argument("--steps", type=int, default=512)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--seed", type=int, default=0, help="of the choice of channels and of the pictures")
    parser.add_argument("--out", type=Path, required=True)
    return parser.parse_args()


def chosen(network: models.Network, number: int, seed: int) -> list[str]:
    """Channels of all layers in turn, at random, before their ReLU."""
    generator = np.random.default_rng(seed)
    names = []
    for index in range(number):
        layer = f"{LAYERS[index % len(LAYERS)]}_pre_relu"
        names.append(f"{layer}:{generator.integers(models.layer_output(network, layer).shape[-1])}")
    return names


def render(network: models.Network, channels: list[str], options: argparse.Namespace) -> list[str]:
    """Pictures by every engine, each in a folder of its name."""
    for engine in ("artlucid", "lucid"):
        visualize.channels(
            network,
            channels,
            steps=options.steps,
            size=options.size,
            seed=options.seed,
            out=options.out / engine,
            options=visualize.Options(engine=engine, batch_size=1, progress=True),
        )
    if options.lucid_python is None:
        return ["artlucid", "lucid"]
    graph = export.frozen_graph(network, options.out / "network.pb")
    settings = ["--steps", str(options.steps), "--size", str(options.size), "--out", str(options.out / "lucid-0.3.10")]
    subprocess.run([options.lucid_python, str(ORIGINAL), str(graph), *channels, *settings], check=True)
    return ["artlucid", "lucid", "lucid-0.3.10"]


def activations(network: models.Network, channel: str, files: list[Path]) -> np.ndarray:
    """The channel's mean for pictures as they are, and with their colours swapped: shape (2, n_files)."""
    layer, number = channel.split(":")
    part = keras.Model(network.keras_model.input, models.layer_output(network, layer))
    pixels = np.stack([read_image(file) for file in files]).astype(np.float32)
    return np.stack(
        [part(images, training=False).numpy()[..., int(number)].mean((1, 2)) for images in (pixels, pixels[..., ::-1])]
    )


def main() -> None:
    options = arguments()
    network = models.load(options.model)
    channels = chosen(network, options.channels, options.seed)
    engines = render(network, channels, options)
    print("| channel |" + "".join(f" {engine}, right | swapped |" for engine in engines))
    print("|---|" + "---|---|" * len(engines))
    right = np.zeros(len(engines), int)
    for channel in channels:
        layer, number = channel.split(":")
        files = [options.out / engine / f"{layer}-{int(number):04d}.png" for engine in engines]
        as_they_are, swapped = activations(network, channel, files)
        right += as_they_are > swapped
        print(f"| {channel} |" + "".join(f" {a:.1f} | {b:.1f} |" for a, b in zip(as_they_are, swapped, strict=True)))
    for engine, number in zip(engines, right, strict=True):
        print(f"{engine}: {number} of {len(channels)} pictures activate their channel more in the right order")
    sys.exit(0 if right.min() >= 0.9 * len(channels) else 1)


if __name__ == "__main__":
    main()
