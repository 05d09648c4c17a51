"""Image files of many formats and colour modes as RGB arrays of one kind."""

import os
from io import BufferedReader
from pathlib import Path

import numpy as np
import numpy.typing as npt
import PIL
from PIL import ExifTags, Image, UnidentifiedImageError, features

from artlucid.datasets._pillow_warnings import pillow_warnings_ignored
from artlucid.errors import DataError

# Formats whose decoders only decode. Pillow never tries another one: EPS, for example, would start Ghostscript.
FORMATS_AND_SUFFIXES = {
    # Pillow reads MPO, a JPEG with further pictures behind it, through the same entry.
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"),
    "PNG": (".png", ".apng"),
    "WEBP": (".webp",),
    "TIFF": (".tif", ".tiff"),
    "BMP": (".bmp",),
    "GIF": (".gif",),
    "PPM": (".pbm", ".pgm", ".ppm", ".pnm"),
    "JPEG2000": (".jp2", ".j2k", ".jpc", ".jpf", ".jpx", ".j2c"),
    "AVIF": (".avif", ".avifs"),
}
# These need a library that Pillow may have been built without.
OPTIONAL_FEATURES = {"WEBP": "webp", "JPEG2000": "jpg_2000", "AVIF": "avif"}

FORMATS = tuple(
    name for name in FORMATS_AND_SUFFIXES if name not in OPTIONAL_FEATURES or features.check(OPTIONAL_FEATURES[name])
)
SUFFIXES = frozenset(suffix for name in FORMATS for suffix in FORMATS_AND_SUFFIXES[name])

# Twice Pillow's own limit for a warning, which is where Pillow itself refuses.
LARGEST_IMAGE = 178_956_970

# What the pixels depend on beside the file: the first number is to be raised whenever `read_image` gives others.
DECODER = ", ".join(
    ["1", f"Pillow {PIL.__version__}"]
    + [f"{name} {features.version(name)}" for name in ("jpg", "libjpeg_turbo", "jpg_2000", "libtiff", "webp", "avif")]
)

# Modes with 8 bits a channel, or fewer, for which Pillow knows the way to RGB.
EIGHT_BIT_MODES = frozenset({"1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "HSV"})

TRANSPOSITIONS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# Orientations that exchange width and height.
SIDEWAYS = frozenset({5, 6, 7, 8})


def read_image(path: str | os.PathLike[str], *, shorter_side: int | None = None) -> npt.NDArray[np.uint8]:
    """Read an image file as upright RGB.

    Transparent parts lie over white, 16-bit grey is divided by 256, of an animation the first frame counts,
    EXIF orientation is applied. Safe to call from many threads.

    Parameters
    ----------
    path : path-like
        A file in one of `FORMATS`; its content decides, not its suffix.
    shorter_side : int, optional
        Resize so that the shorter side has this many pixels, by Lanczos with the aspect kept and the longer side
        rounded. A JPEG is first decoded at 1/2, 1/4 or 1/8 where that leaves at least twice this side.

    Returns
    -------
    uint8 array of shape (height, width, 3)
        RGB in 0 … 255.

    Raises
    ------
    DataError
        If the file is missing, empty, truncated, of another format, above 178 megapixels (before or after
        resizing), or has pixels without a defined range (32-bit integers, floats); if `shorter_side` is not a
        positive integer.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Image.new("L", (40, 20), 7).save(Path(folder, "grey.png"))
    ...     read_image(Path(folder, "grey.png"), shorter_side=10).shape
    (10, 20, 3)
    """
    check_shorter_side(shorter_side)
    try:
        with open_regular_file(Path(path)) as file:
            return _read(file, shorter_side)
    except Exception as error:
        raise _unreadable(path, error) from error


def image_size(path: str | os.PathLike[str]) -> tuple[int, int]:
    """Give width and height of an image as `read_image` gives it, upright; its pixels are not decoded.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    tuple of int
        Width and height, in pixels.

    Raises
    ------
    DataError
        If it is not a readable image.
    """
    try:
        with (
            open_regular_file(Path(path)) as file,
            pillow_warnings_ignored(),
            Image.open(file, formats=FORMATS) as image,
        ):
            width, height = image.size
            _check_size(image.size)
            return (height, width) if _orientation(image) in SIDEWAYS else (width, height)
    except Exception as error:
        raise _unreadable(path, error) from error


def _unreadable(path: str | os.PathLike[str], error: Exception) -> DataError:
    return DataError(
        f"`path` must be a readable image ({', '.join(FORMATS)}). Received {os.fspath(path)}: {explain(error)}. "
        "Replace or remove the file; `datasets.examine` lists all such files of a dataset."
    )


def check_shorter_side(shorter_side: int | None) -> None:
    """Refuse what is no number of pixels, with a DataError."""
    if shorter_side is not None and (not isinstance(shorter_side, int | np.integer) or shorter_side < 1):
        raise DataError(
            f"`shorter_side` must be a positive integer or None. Received {shorter_side!r}. "
            "Give the number of pixels, for example 256, or None for the size in the file."
        )


def open_regular_file(path: Path) -> BufferedReader:
    """Open a file for reading, and nothing else: opening a named pipe would wait forever."""
    if path.exists() and not path.is_file():
        raise ValueError("it is not a regular file")
    return path.open("rb")


def decode(file: BufferedReader, *, least_side: int | None = None) -> tuple[Image.Image, tuple[int, int], int]:
    """Decode a whole image, at reduced scale where the format allows that.

    Parameters
    ----------
    file : binary file
        At its beginning.
    least_side : int, optional
        A JPEG may be decoded smaller than it is as long as its shorter side stays this long, in pixels.

    Returns
    -------
    image : Image.Image
        RGB over white, not yet upright.
    size : tuple of int
        Width and height in the file, in pixels.
    orientation : int
        EXIF orientation, 1 … 8.

    Raises
    ------
    Exception
        Of any kind, from Pillow too; `explain` puts it into words.
    """
    if not file.read(1):
        raise ValueError("it is empty")
    file.seek(0)
    with pillow_warnings_ignored(), Image.open(file, formats=FORMATS) as image:
        size = image.size
        _check_size(size)
        if least_side is not None:
            image.draft(None, (least_side, least_side))
        image.load()
        return _over_white(image), size, _orientation(image)


def resized(size: tuple[int, int], shorter_side: int) -> tuple[int, int]:
    """Give the size with that shorter side, the longer one rounded; ValueError where it is above the limit.

    >>> resized((50, 101), 20)
    (20, 40)
    """
    shorter = min(size)
    width, height = ((2 * side * shorter_side + shorter) // (2 * shorter) for side in size)
    if width * height > LARGEST_IMAGE:
        raise ValueError(
            f"it is {size[0]} x {size[1]} pixels, and {width} x {height} when resized are above the limit of 178 "
            "megapixels"
        )
    return width, height


def explain(error: Exception) -> str:
    """Say in a clause why a file could not be read."""
    if isinstance(error, UnidentifiedImageError):
        return "its content is in none of these formats"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error).rstrip(".") or type(error).__name__


def _read(file: BufferedReader, shorter_side: int | None) -> npt.NDArray[np.uint8]:
    image, size, orientation = decode(file, least_side=None if shorter_side is None else 2 * int(shorter_side))
    if shorter_side is not None:
        image = image.resize(resized(size, int(shorter_side)), Image.Resampling.LANCZOS)
    if orientation in TRANSPOSITIONS:
        image = image.transpose(TRANSPOSITIONS[orientation])
    return np.array(image, dtype=np.uint8)


def _check_size(size: tuple[int, int]) -> None:
    if size[0] * size[1] > LARGEST_IMAGE:
        raise ValueError(f"{size[0]} x {size[1]} pixels are above the limit of 178 megapixels")


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:
        # Unreadable metadata say nothing about orientation, and the pixels are whole.
        return 1


def _over_white(image: Image.Image) -> Image.Image:
    # Pillow stretches a 16-bit PGM to 0 … 65535 in mode I; elsewhere that mode has no range.
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format == "PPM"):
        return _from_16_bit(image)
    if image.mode not in EIGHT_BIT_MODES:
        raise ValueError(f"its pixels (mode {image.mode}) have no defined range that RGB could be made from")
    if not image.has_transparency_data:
        return image.convert("RGB")
    transparent = image.convert("RGBA")
    white = Image.new("RGBA", transparent.size, "white")
    return Image.alpha_composite(white, transparent).convert("RGB")


def _from_16_bit(image: Image.Image) -> Image.Image:
    values = np.asarray(image)
    grey = (values // 256).astype(np.uint8)
    if "transparency" in image.info:
        grey[values == image.info["transparency"]] = 255
    return Image.fromarray(grey).convert("RGB")
