"""Render channels of an exported graph with the original Lucid 0.3.10 on TensorFlow 1.15; run by `colours.py`.

    python3.7 benchmarks/render_with_lucid.py network.pb mixed4d_pre_relu:52 … --steps 512 --size 64 --out pictures

Cost: 10 s a channel at 64 px, on two cores; 0.4 s a step at 224 px. Expected: a PNG file a channel.
"""

import argparse
import os

import numpy as np
import PIL.Image
from lucid.modelzoo.vision_base import Model
from lucid.optvis import param, render


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("graph")
    parser.add_argument("channels", nargs="+")
    parser.add_argument("--steps", type=int, default=512)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    os.makedirs(options.out, exist_ok=True)
    model = Model.load(options.graph)
    for channel in options.channels:
        layer, number = channel.split(":")
        path = os.path.join(options.out, f"{layer}-{int(number):04d}.png")
        if os.path.exists(path):
            continue
        images = render.render_vis(
            model, channel, lambda: param.image(options.size), thresholds=(options.steps - 1,), verbose=False
        )
        pixels = np.round(np.clip(images[0][0], 0, 1) * 255).astype(np.uint8)
        PIL.Image.fromarray(pixels).save(path)
        print(path, flush=True)


if __name__ == "__main__":
    main()
