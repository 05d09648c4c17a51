"""Pictures of up to three objects, each drawn from a random generator alone.

An object is a list of coloured polygons in a frame from -1 to 1, x to the right and y downwards.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from artlucid.datasets._styles import STYLES, Generator, Painting, lit, palette

Polygon: TypeAlias = npt.NDArray[np.float64]
Parts: TypeAlias = list[tuple[Polygon, int]]

# How many times larger than in the picture the objects are drawn, so that their edges become smooth.
FINER = 3

# How much of a background lies under one colour; the width of an object's frame, as a part of the picture's.
VEIL = (0.75, 0.95)
WIDTH = (0.46, 0.62)

# How much larger than its frame the sheet is that an object is drawn on, so that it can be turned.
MARGIN = 1.4

# Among how many places the one for an object is chosen.
PLACES = 12

# How often a picture has none, one, two or three objects.
NUMBERS = (0.1, 0.3, 0.35, 0.25)


@dataclass(frozen=True)
class Object:
    """The polygons of an object, and the style in which those of colour 0 are painted."""

    parts: Callable[[Generator], Parts]
    style: str


def depict(generator: Generator, size: int) -> tuple[npt.NDArray[np.uint8], tuple[str, ...]]:
    """Draw one picture, RGB in 0 … 255 of shape (size, size, 3), and name the objects on it, no kind twice."""
    names = generator.permutation(sorted(OBJECTS))[: generator.choice(len(NUMBERS), p=NUMBERS)].tolist()
    canvas = _image(_background(generator, size)).resize((FINER * size,) * 2, Image.Resampling.BOX)
    middles = np.zeros((0, 2))
    for name in names:
        width = generator.uniform(*WIDTH)
        middles = np.concatenate([middles, [_far_from(middles, width / 2, generator)]])
        sheet = _sheet(OBJECTS[name], int(width * canvas.width), generator)
        corner = middles[-1] * canvas.width - sheet.width / 2
        canvas.paste(sheet, tuple(corner.astype(int).tolist()), sheet)
    picture = np.asarray(canvas.reduce(FINER), np.float32) / np.float32(255)
    return lit(picture, generator), tuple(sorted(names))


def _far_from(middles: npt.NDArray[np.float64], margin: float, generator: Generator) -> npt.NDArray[np.float64]:
    """Choose, of a few places, the one farthest from those taken, so that objects hide little of each other."""
    places = generator.uniform(margin, 1 - margin, (PLACES, 2))
    distances = np.linalg.norm(places[:, None] - middles, axis=2).min(axis=1, initial=2)
    chosen: npt.NDArray[np.float64] = places[distances.argmax()]
    return chosen


def _background(generator: Generator, size: int) -> Painting:
    """Paint in one of the six styles, under a veil of one colour."""
    painting = STYLES[generator.permutation(sorted(STYLES))[0]](generator, size)
    veil = np.float32(generator.uniform(*VEIL))
    veiled: Painting = (1 - veil) * painting + veil * palette(generator, 2)[0]
    return veiled


def _sheet(drawn: Object, width: int, generator: Generator) -> Image.Image:
    """Draw an object whose frame has that width, slightly turned, on a transparent sheet."""
    side = int(MARGIN * width)
    angle, mirror = generator.normal(0, 0.12), generator.choice([-1, 1])
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) * [[mirror], [1]]
    colours = (255 * palette(generator, 4)).astype(int)
    fills = [Image.new("RGB", (side, side), tuple(colour)) for colour in colours.tolist()]
    fills[0] = _image(STYLES[drawn.style](generator, side))
    ink = tuple((0.15 * colours.min(axis=0)).astype(int).tolist())
    sheet = Image.new("RGBA", (side, side))
    for polygon, colour in drawn.parts(generator):
        corners = [tuple(corner) for corner in (side / 2 + width / 2 * polygon @ turn).tolist()]
        mask = Image.new("L", sheet.size)
        ImageDraw.Draw(mask).polygon(corners, fill=255)
        sheet.paste(fills[colour], mask=mask)
        ImageDraw.Draw(sheet).polygon(corners, outline=ink, width=max(width // 30, 1))
    return sheet


def _image(painting: Painting) -> Image.Image:
    return Image.fromarray(np.clip(255 * painting + 0.5, 0, 255).astype(np.uint8))


def _box(left: float, top: float, right: float, bottom: float) -> Polygon:
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]])


def _ellipse(x: float, y: float, width: float, height: float) -> Polygon:
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    return np.stack([x + width / 2 * np.cos(angles), y + height / 2 * np.sin(angles)], axis=1)


def _stroke(start: tuple[float, float], end: tuple[float, float], width: float) -> Polygon:
    along = np.subtract(end, start)
    aside = np.array([-along[1], along[0]]) * width / 2 / np.hypot(*along)
    return np.array([start + aside, end + aside, end - aside, start - aside])


def _bird(generator: Generator) -> Parts:
    lift = generator.uniform(-0.95, -0.5)
    return [
        (np.array([[-0.5, 0.1], [-1, -0.15], [-0.95, 0.25]]), 1),
        (_ellipse(0, 0.15, 1.2, 0.6), 0),
        (np.array([[0.85, -0.25], [1, -0.12], [0.82, -0.08]]), 2),
        (_ellipse(0.6, -0.15, 0.5, 0.45), 0),
        (np.array([[0.25, 0.1], [-0.4, lift], [-0.35, 0.15]]), 1),
        (_stroke((0.0, 0.42), (0.05, 0.8), 0.07), 2),
        (_stroke((0.2, 0.4), (0.25, 0.8), 0.07), 2),
    ]


def _boat(generator: Generator) -> Parts:
    mast, jib = generator.uniform(-0.15, 0.15), generator.uniform(0.35, 0.75)
    return [
        (_stroke((mast, 0.4), (mast, -1), 0.08), 2),
        (np.array([[mast + 0.08, -0.95], [mast + jib, 0.2], [mast + 0.08, 0.2]]), 0),
        (np.array([[mast - 0.08, -0.8], [mast - 0.08, 0.2], [mast - 0.65, 0.2]]), 0),
        (np.array([[-1, 0.35], [1, 0.35], [0.65, 0.85], [-0.65, 0.85]]), 1),
    ]


def _figure(generator: Generator) -> Parts:
    reach, stride, skirt = generator.uniform(-0.35, 0.45), generator.uniform(0.12, 0.3), generator.uniform(0.22, 0.5)
    return [
        (_stroke((-0.1, 0.3), (-stride, 1), 0.15), 2),
        (_stroke((0.1, 0.3), (stride, 1), 0.15), 2),
        (_stroke((-0.12, -0.3), (-0.6, reach), 0.13), 1),
        (_stroke((0.12, -0.3), (0.6, -reach), 0.13), 1),
        (np.array([[-0.2, -0.42], [0.2, -0.42], [skirt, 0.5], [-skirt, 0.5]]), 0),
        (_ellipse(0, -0.7, 0.46, 0.52), 1),
    ]


def _house(generator: Generator) -> Parts:
    wall, door = generator.uniform(-0.25, 0.05), generator.uniform(-0.5, 0.1)
    return [
        (_box(0.35, -0.85, 0.58, 0), 2),
        (_box(-0.75, wall, 0.75, 0.9), 0),
        (np.array([[-0.95, wall], [0, -0.95], [0.95, wall]]), 1),
        (_box(door - 0.15, 0.35, door + 0.15, 0.9), 2),
        (_box(door + 0.3, 0.25, door + 0.58, 0.55), 3),
    ]


def _sun(generator: Generator) -> Parts:
    number, core = int(generator.integers(8, 13)), generator.uniform(0.9, 1.2)
    angles = np.arange(number) * 2 * np.pi / number + generator.uniform(0, np.pi)
    half = 0.2 * core
    rays = [
        np.array([[core / 2, -half], [1, 0], [core / 2, half]])
        @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        for angle in angles
    ]
    return [*((ray, 1) for ray in rays), (_ellipse(0, 0, core, core), 0)]


def _tree(generator: Generator) -> Parts:
    trunk = (_box(-0.12, 0.2, 0.12, 1), 1)
    if generator.random() < 0.5:
        tiers = [(top, width) for top, width in ((-0.05, 0.8), (-0.5, 0.65), (-1, 0.5))]
        return [trunk, *((np.array([[-width, top + 0.65], [0, top], [width, top + 0.65]]), 0) for top, width in tiers)]
    crowns = [(-0.4, -0.05), (0.4, -0.05), (0, -0.5)]
    return [trunk, *((_ellipse(x, y, 0.95, 0.9), 0) for x, y in crowns)]


OBJECTS: Mapping[str, Object] = {
    "bird": Object(_bird, "strokes"),
    "boat": Object(_boat, "stripes"),
    "figure": Object(_figure, "gradients"),
    "house": Object(_house, "blocks"),
    "sun": Object(_sun, "rings"),
    "tree": Object(_tree, "dots"),
}
