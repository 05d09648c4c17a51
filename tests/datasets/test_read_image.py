import gc
import os
import struct
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile, JpegImagePlugin

from artlucid.datasets import images, read_image
from artlucid.datasets._pillow_warnings import pillow_warnings_ignored

COLOURS = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
GREY = COLOURS[..., 0]


def saved(path: Path, image: Image.Image, **options: object) -> Path:
    image.save(path, **options)
    return path


def over_white(colours: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    weight = alpha[..., None] / 255
    return colours * weight + 255 * (1 - weight)


@pytest.mark.parametrize("suffix", ["png", "tif", "bmp", "ppm", "webp", "gif"])
def test_rgb_of_lossless_formats(tmp_path, suffix):
    few = Image.fromarray(COLOURS).quantize(16).convert("RGB")
    path = saved(tmp_path / f"a.{suffix}", few, **({"lossless": True} if suffix == "webp" else {}))
    read = read_image(path)
    assert read.dtype == np.uint8
    np.testing.assert_array_equal(read, np.asarray(few))


@pytest.mark.parametrize("suffix", ["jpg", "jp2", "avif", "mpo"])
def test_rgb_of_lossy_formats(tmp_path, suffix):
    if suffix not in {found[1:] for found in images.SUFFIXES}:
        pytest.skip(f"This Pillow was built without {suffix}.")
    read = read_image(saved(tmp_path / f"a.{suffix}", Image.new("RGB", (32, 16), (250, 120, 10)), quality=95))
    assert read.shape == (16, 32, 3)
    assert np.abs(read.astype(int) - [250, 120, 10]).max() <= 6


def test_content_decides_not_the_suffix(tmp_path):
    path = saved(tmp_path / "a.png", Image.fromarray(COLOURS))
    np.testing.assert_array_equal(read_image(path.rename(tmp_path / "a.jpg")), COLOURS)


def test_grey(tmp_path):
    read = read_image(saved(tmp_path / "a.png", Image.fromarray(GREY)))
    np.testing.assert_array_equal(read, np.stack([GREY] * 3, axis=-1))


def test_one_bit(tmp_path):
    read = read_image(saved(tmp_path / "a.png", Image.fromarray(GREY > 127)))
    np.testing.assert_array_equal(read[..., 1], np.where(GREY > 127, 255, 0))


def test_alpha_lies_over_white(tmp_path):
    alpha = COLOURS[..., 1]
    rgba = read_image(saved(tmp_path / "a.png", Image.fromarray(np.dstack([COLOURS, alpha]))))
    assert np.abs(rgba - over_white(COLOURS, alpha)).max() <= 1
    grey = Image.merge("LA", [Image.fromarray(GREY), Image.fromarray(alpha)])
    read = read_image(saved(tmp_path / "b.png", grey))
    assert np.abs(read[..., 0] - over_white(GREY[..., None], alpha)[..., 0]).max() <= 1


def test_transparent_colour_key(tmp_path):
    image = Image.fromarray(COLOURS)
    read = read_image(saved(tmp_path / "a.png", image, transparency=tuple(COLOURS[2, 3].tolist())))
    expected = COLOURS.copy()
    expected[2, 3] = 255
    np.testing.assert_array_equal(read, expected)


@pytest.mark.parametrize("transparency", [1, bytes([255, 0])])
def test_palette_with_transparency(tmp_path, transparency):
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.putpixel((1, 0), 1)
    read = read_image(saved(tmp_path / "a.png", image, transparency=transparency))
    assert read.tolist() == [[[10, 20, 30], [255, 255, 255]]]
    image.info.clear()
    assert read_image(saved(tmp_path / "b.png", image)).tolist() == [[[10, 20, 30], [40, 50, 60]]]


@pytest.mark.parametrize(
    ("ink", "colour"), [((0, 255, 255, 0), (255, 0, 0)), ((0, 0, 0, 255), (0, 0, 0)), ((255, 0, 0, 0), (0, 255, 255))]
)
@pytest.mark.parametrize("suffix", ["jpg", "tif"])
def test_cmyk(tmp_path, suffix, ink, colour):
    read = read_image(saved(tmp_path / f"a.{suffix}", Image.new("CMYK", (16, 16), ink)))
    assert np.abs(read.astype(int) - colour).max() <= 4


@pytest.mark.parametrize("suffix", ["png", "tif", "pgm"])
def test_16_bit_grey_is_divided_by_256(tmp_path, suffix):
    values = np.array([[0, 255, 256, 511, 32768, 65535]], np.uint16)
    read = read_image(saved(tmp_path / f"a.{suffix}", Image.fromarray(values)))
    assert read[0, :, 0].tolist() == [0, 0, 1, 1, 128, 255]
    assert (read == read[..., :1]).all()


def test_16_bit_grey_with_transparent_value(tmp_path):
    header = struct.pack(">IIBBBBB", 2, 1, 16, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0" + struct.pack(">HH", 512, 1024))
    chunks = [(b"IHDR", header), (b"tRNS", struct.pack(">H", 512)), (b"IDAT", pixels), (b"IEND", b"")]
    path = tmp_path / "a.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(map(png_chunk, chunks)))
    assert read_image(path)[0, :, 0].tolist() == [255, 4]


def png_chunk(chunk: tuple[bytes, bytes]) -> bytes:
    name, content = chunk
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


@pytest.mark.parametrize("values", [np.zeros((2, 2), np.float32), np.zeros((2, 2), np.int32)])
def test_pixels_without_range_are_refused(tmp_path, refused, values):
    path = saved(tmp_path / "a.tif", Image.fromarray(values))
    with refused("readable image", "no defined range", "Replace"):
        read_image(path)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation(tmp_path, suffix, orientation):
    # How a viewer must move the stored pixels, by the EXIF standard.
    upright = {
        1: lambda pixels: pixels,
        2: np.fliplr,
        3: lambda pixels: np.rot90(pixels, 2),
        4: np.flipud,
        5: lambda pixels: pixels.swapaxes(0, 1),
        6: lambda pixels: np.rot90(pixels, -1),
        7: lambda pixels: np.rot90(pixels, 2).swapaxes(0, 1),
        8: np.rot90,
    }[orientation]
    pixels = np.kron(np.array([[0, 90, 180], [220, 130, 40]], np.uint8), np.ones((16, 16), np.uint8))
    exif = Image.Exif()
    exif[274] = orientation
    read = read_image(saved(tmp_path / f"a.{suffix}", Image.fromarray(pixels).convert("RGB"), exif=exif))
    assert read.shape[:2] == upright(pixels).shape
    assert np.abs(read[..., 0].astype(int) - upright(pixels)).max() <= 4


def test_damaged_exif_leaves_the_pixels(tmp_path):
    image = Image.new("RGB", (16, 8), (9, 9, 9))
    truncated = b"Exif\0\0II*\0\x08\0\0\0\x05\0\x12\x01"
    assert read_image(saved(tmp_path / "a.jpg", image, exif=truncated)).shape == (8, 16, 3)
    assert read_image(saved(tmp_path / "b.jpg", image, exif=b"Exif\0\0nonsense")).shape == (8, 16, 3)


def test_first_frame_of_an_animation(tmp_path):
    frames = [Image.new("RGB", (8, 8), colour) for colour in ["red", "blue"]]
    for suffix in ("gif", "webp", "png"):
        path = saved(tmp_path / f"a.{suffix}", frames[0], save_all=True, append_images=frames[1:], lossless=True)
        assert np.abs(read_image(path).astype(int) - [255, 0, 0]).max() <= 1


@pytest.mark.parametrize(
    ("size", "expected"), [((100, 50), (20, 40)), ((50, 101), (40, 20)), ((33, 20), (20, 33)), ((7, 5), (20, 28))]
)
def test_shorter_side(tmp_path, size, expected):
    read = read_image(saved(tmp_path / "a.png", Image.new("RGB", size, "red")), shorter_side=20)
    assert read.shape == (*expected, 3)
    assert (read == [255, 0, 0]).all()


def test_shorter_side_is_lanczos(tmp_path):
    image = Image.fromarray(np.random.default_rng(1).integers(0, 256, (60, 90, 3), dtype=np.uint8))
    expected = np.asarray(image.resize((30, 20), Image.Resampling.LANCZOS))
    np.testing.assert_array_equal(read_image(saved(tmp_path / "a.png", image), shorter_side=20), expected)


@pytest.mark.parametrize(("shorter_side", "decoded"), [(40, 80), (41, 160), (20, 40), (10, 40), (100, 320)])
def test_jpeg_is_decoded_at_no_less_than_twice_the_side(tmp_path, monkeypatch, shorter_side, decoded):
    sides = []
    load = ImageFile.ImageFile.load

    def noting_load(image):
        sides.append(min(image.size))
        return load(image)

    path = saved(tmp_path / "a.jpg", Image.new("RGB", (480, 320), "red"))
    monkeypatch.setattr(JpegImagePlugin.JpegImageFile, "load", noting_load)
    assert read_image(path, shorter_side=shorter_side).shape[0] == shorter_side
    assert sides[0] == decoded


@pytest.mark.parametrize("shorter_side", [0, -3, 2.5, "256"])
def test_shorter_side_out_of_range(tmp_path, refused, shorter_side):
    path = saved(tmp_path / "a.png", Image.fromarray(COLOURS))
    with refused("`shorter_side` must be a positive integer", repr(shorter_side), "256"):
        read_image(path, shorter_side=shorter_side)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif", "gif", "bmp"])
def test_truncated_file(tmp_path, refused, suffix):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    path = saved(tmp_path / f"a.{suffix}", Image.fromarray(noise))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with refused("readable image", path.name, "datasets.examine"):
        read_image(path)


@pytest.mark.parametrize(
    ("content", "reason"), [(b"", "it is empty"), (b"not an image at all", "its content is in none of these formats")]
)
def test_no_image(tmp_path, refused, content, reason):
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    with refused("readable image (JPEG, PNG", f"{path}: {reason}", "Replace or remove"):
        read_image(path)


def test_missing_file_and_pipe(tmp_path, refused):
    with refused("readable image", "No such file", "Replace"):
        read_image(tmp_path / "a.jpg")
    os.mkfifo(tmp_path / "b.jpg")
    with refused("readable image", "not a regular file", "Replace"):
        read_image(tmp_path / "b.jpg")


def test_postscript_is_never_run(tmp_path, refused):
    path = tmp_path / "a.jpg"
    path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n")
    with refused("readable image", "none of these formats", "Replace"):
        read_image(path)


@pytest.mark.parametrize("side", [13400, 20000])
def test_image_bomb(tmp_path, refused, side):
    path = tmp_path / "a.png"
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", b""), (b"IEND", b"")]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(map(png_chunk, chunks)))
    with refused("readable image", "bomb", "Replace"):
        read_image(path)


def test_limit_holds_without_pillows(tmp_path, refused, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    monkeypatch.setattr(images, "LARGEST_IMAGE", 34)
    with refused("readable image", "7 x 5 pixels are above the limit", "Replace"):
        read_image(saved(tmp_path / "a.png", Image.fromarray(COLOURS)))


def test_large_but_allowed_image_gives_no_warning(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 20)
    np.testing.assert_array_equal(read_image(saved(tmp_path / "a.png", Image.fromarray(COLOURS))), COLOURS)


def test_resizing_a_sliver_is_bounded(tmp_path, refused):
    path = saved(tmp_path / "a.png", Image.new("L", (20000, 1)))
    with refused("readable image", "above the limit", "Replace"):
        read_image(path, shorter_side=256)


def test_files_are_closed(tmp_path):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for suffix in ("jpg", "png", "tif", "gif", "webp"):
            read_image(saved(tmp_path / f"a.{suffix}", Image.fromarray(COLOURS)))
        (tmp_path / "b.jpg").write_bytes(b"text")
        with pytest.raises(ValueError, match="none of these formats"):
            read_image(tmp_path / "b.jpg")
        gc.collect()
    assert caught == []


def test_many_threads_leave_the_warning_filters_alone(tmp_path):
    path = saved(tmp_path / "a.jpg", Image.new("RGB", (16, 8)), exif=b"Exif\0\0II*\0\x08\0\0\0\x05\0\x12\x01")
    before = list(warnings.filters)
    with ThreadPoolExecutor(8) as pool:
        shapes = set(pool.map(lambda _: read_image(path).shape, range(64)))
    assert shapes == {(8, 16, 3)}
    assert warnings.filters == before


def test_only_pillows_warnings_are_ignored():
    with pytest.warns(UserWarning, match="mine"), pillow_warnings_ignored():
        warnings.warn("mine", stacklevel=1)


def test_accepted_formats_are_pillows():
    Image.init()
    assert set(images.FORMATS) <= set(Image.OPEN)
    assert {Image.EXTENSION[suffix] for suffix in images.SUFFIXES} <= {*images.FORMATS, "MPO"}
    assert "EPS" not in images.FORMATS
