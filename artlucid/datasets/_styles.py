"""Six styles of little paintings, each drawn from a random generator alone."""

import colorsys
from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

Painting = npt.NDArray[np.float32]
Generator = np.random.Generator


def paint(style: str, generator: Generator, size: int) -> npt.NDArray[np.uint8]:
    """Paint one image: RGB in 0 … 255 of shape (size, size, 3)."""
    return lit(STYLES[style](generator, size), generator)


def lit(painting: Painting, generator: Generator) -> npt.NDArray[np.uint8]:
    """Light a painting from one side, and give it the grain of a canvas: RGB in 0 … 255 of the same shape."""
    size = len(painting)
    across, down = _coordinates(size)
    angle = generator.uniform(0, 2 * np.pi)
    light = 1 + generator.uniform(0, 0.25) * (np.cos(angle) * across + np.sin(angle) * down)
    grain = generator.standard_normal((size, size, 3), dtype=np.float32) * np.float32(generator.uniform(0.02, 0.07))
    pixels: npt.NDArray[np.uint8] = np.clip(255 * (painting * light[..., None] + grain) + 0.5, 0, 255).astype(np.uint8)
    return pixels


def _coordinates(size: int) -> tuple[Painting, Painting]:
    line = np.linspace(-1, 1, size, dtype=np.float32)
    down, across = np.meshgrid(line, line, indexing="ij")
    return across, down


def palette(generator: Generator, number: int) -> Painting:
    """Choose colours around a hue and its complement, as all styles do, so that colour tells none of them apart."""
    hue = generator.uniform()
    hues = hue + 0.5 * generator.integers(0, 2, number) + generator.normal(0, 0.08, number)
    saturations = generator.uniform(0.25, 0.85, number)
    values = generator.permutation(np.linspace(0.3, 0.95, number))
    colours = [colorsys.hsv_to_rgb(*colour) for colour in zip(hues % 1, saturations, values, strict=True)]
    return np.array(colours, np.float32)


def _coloured(colours: Painting, numbers: npt.NDArray[np.integer]) -> Painting:
    painted: Painting = colours[numbers]
    return painted


def _blocks(generator: Generator, size: int) -> Painting:
    across, down = _coordinates(size)
    tilt = generator.normal(0, 0.06)
    columns = np.searchsorted(np.sort(generator.uniform(-1, 1, generator.integers(2, 6))), across + tilt * down)
    rows = np.searchsorted(np.sort(generator.uniform(-1, 1, generator.integers(2, 6))), down - tilt * across)
    colours = generator.integers(0, 6, (6, 6))
    return _coloured(palette(generator, 6), colours[rows, columns])


def _stripes(generator: Generator, size: int) -> Painting:
    across, down = _coordinates(size)
    angle = generator.uniform(0, np.pi)
    along, beside = np.cos(angle) * across + np.sin(angle) * down, np.cos(angle) * down - np.sin(angle) * across
    wave = generator.uniform(0, 0.08) * np.sin(generator.uniform(2, 5) * along + generator.uniform(0, 2 * np.pi))
    number = int(generator.integers(3, 6))
    stripe = np.floor((beside + wave) * generator.uniform(3, 8) + generator.uniform(0, number)).astype(int)
    return _coloured(palette(generator, number), stripe % number)


def _dots(generator: Generator, size: int) -> Painting:
    across, down = _coordinates(size)
    cells = int(generator.integers(5, 11))
    x, y = (across + 1) / 2 * cells, (down + 1) / 2 * cells
    column, row = np.minimum(x.astype(int), cells - 1), np.minimum(y.astype(int), cells - 1)
    shift = generator.uniform(-0.15, 0.15, (2, cells, cells))[:, row, column]
    radius = generator.uniform(0.22, 0.38, (cells, cells))[row, column]
    distance = np.hypot(x - column - 0.5 - shift[0], y - row - 0.5 - shift[1])
    colours = palette(generator, 5)
    dots = _coloured(colours, generator.integers(1, 5, (cells, cells))[row, column])
    return np.where((distance < radius)[..., None], dots, colours[0])


def _gradients(generator: Generator, size: int) -> Painting:
    across, down = _coordinates(size)
    angle, bend = generator.uniform(0, 2 * np.pi), generator.uniform(0.1, 0.5)
    phase = generator.uniform(0, 2 * np.pi, 2)
    height = np.cos(angle) * across + np.sin(angle) * down
    height = height + bend * np.sin(1.5 * across + phase[0]) * np.cos(1.5 * down + phase[1])
    stops = np.linspace(height.min(), height.max(), 4)
    channels = palette(generator, 4).T
    return np.stack([np.interp(height, stops, channel) for channel in channels], axis=-1).astype(np.float32)


def _rings(generator: Generator, size: int) -> Painting:
    across, down = _coordinates(size)
    centres = generator.uniform(-0.9, 0.9, (generator.integers(1, 4), 2, 1, 1))
    distance = np.hypot(across - centres[:, 0], down - centres[:, 1]).min(axis=0)
    number = int(generator.integers(3, 6))
    ring = np.floor(distance * generator.uniform(4, 9) + generator.uniform(0, number)).astype(int)
    return _coloured(palette(generator, number), ring % number)


def _strokes(generator: Generator, size: int) -> Painting:
    number = 140
    colours = (255 * palette(generator, 6)).astype(int)
    centres = generator.uniform(0, size, (number, 2))
    flow = generator.uniform(0, np.pi) + 0.6 * np.sin(centres @ generator.normal(0, 3 / size, 2))
    angles = flow + generator.normal(0, 0.25, number)
    halves = generator.uniform(0.05, 0.11, number)[:, None] * size * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    widths = generator.integers(max(size // 32, 1), max(size // 16, 1) + 1, number)
    canvas = Image.new("RGB", (size, size), tuple(colours[0].tolist()))
    draw = ImageDraw.Draw(canvas)
    for start, end, width, colour in zip(
        centres - halves, centres + halves, widths, colours[generator.integers(0, 6, number)], strict=True
    ):
        draw.line([tuple(start), tuple(end)], fill=tuple(colour.tolist()), width=int(width))
    return np.asarray(canvas, np.float32) / np.float32(255)


STYLES: Mapping[str, Callable[[Generator, int], Painting]] = {
    "blocks": _blocks,
    "dots": _dots,
    "gradients": _gradients,
    "rings": _rings,
    "strokes": _strokes,
    "stripes": _stripes,
}
