"""The cache of decoded images: the same bits, for several processes, and no harm from a bad folder."""

import errno
import io
import os
import shutil
import subprocess
import sys
import threading
import time
import warnings
from contextlib import ExitStack
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from artlucid import inputs
from artlucid.datasets import Split, read_image
from artlucid.errors import DataError, DataWarning, OutputError
from artlucid.inputs import ImageCache, View, _entries
from artlucid.inputs._room import Room

SIZE = 24
SQUARE = SIZE * SIZE * 3 + _entries.HEADER.size


@pytest.fixture
def split(tmp_path):
    generator = np.random.default_rng(0)
    (tmp_path / "images").mkdir()
    names = tuple(f"{index}.jpg" for index in range(7))
    for index, name in enumerate(names):
        pixels = generator.integers(0, 256, (40 + 5 * index, 60, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / "images" / name)
    return Split("train", tmp_path / "images", names, np.arange(7) % 3)


@pytest.fixture
def cache(tmp_path):
    return ImageCache(tmp_path / "cache")


def epochs(split, cache, *, augmentation="none", epochs=range(2)):
    made = inputs.Batches(split, size=SIZE, batch_size=3, n_classes=3, cache=cache)
    return list(made.shuffled(seed=1, epochs=epochs, augmentation=augmentation).as_numpy_iterator())


def assert_same(found, expected):
    for (images, labels), (other_images, other_labels) in zip(found, expected, strict=True):
        np.testing.assert_array_equal(images, other_images)
        np.testing.assert_array_equal(labels, other_labels)


def entries(cache):
    return sorted(cache.folder.glob("??/*.rgb"))


@pytest.mark.parametrize("augmentation", inputs.AUGMENTATIONS)
def test_same_bits_without_cold_and_warm(augmentation, split, cache):
    expected = epochs(split, None, augmentation=augmentation)
    assert_same(epochs(split, cache, augmentation=augmentation), expected)
    warm = ImageCache(cache.folder)
    assert_same(epochs(split, warm, augmentation=augmentation), expected)
    assert (warm.to_json()["found"], warm.to_json()["added"]) == (14, 0)


def test_second_epoch_decodes_nothing(split, cache, monkeypatch):
    epochs(split, cache, epochs=range(1))
    monkeypatch.setattr(View, "read", lambda self, path: pytest.fail("It was decoded."))
    assert len(epochs(split, cache, epochs=range(1, 3))) == 6


def test_kept_are_the_middle_square_or_the_whole_image(split, cache):
    path = split.path(6)
    whole = read_image(path, shorter_side=SIZE)
    np.testing.assert_array_equal(cache.add(path, View(SIZE, whole=True)), whole)
    np.testing.assert_array_equal(cache.find(path, View(SIZE, whole=True)), whole)
    assert cache.find(path, View(SIZE)) is None
    cache.add(path, View(SIZE))
    np.testing.assert_array_equal(cache.find(path, View(SIZE)), inputs.centre_crop(whole, SIZE))
    assert cache.find(path, View(SIZE + 1)) is None


@pytest.mark.parametrize("change", ["content", "time", "decoder", "place"])
def test_other_files_and_decoders_have_other_entries(change, split, cache, monkeypatch):
    path = split.path(0)
    cache.add(path, View(SIZE))
    assert cache.find(path, View(SIZE)) is not None
    if change == "content":
        Image.new("RGB", (30, 30), "red").save(path)
    elif change == "time":
        # The same bytes again, but who would know without reading them?
        path.write_bytes(path.read_bytes())
    elif change == "decoder":
        monkeypatch.setattr(_entries, "DECODER", "1, Pillow 99")
    else:
        path = path.rename(path.with_name("other.jpg"))
    assert cache.find(path, View(SIZE)) is None
    np.testing.assert_array_equal(cache.add(path, View(SIZE)), View(SIZE).read(path))


def cut_short(path):
    path.write_bytes(path.read_bytes()[:-5])


def with_longer_side(path):
    content = bytearray(path.read_bytes())
    content[16:20] = (2**31).to_bytes(4, "little")
    path.write_bytes(content)


def with_a_pixel_changed(path):
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def under_anothers_name(path):
    (other,) = set(path.parent.parent.glob("??/*.rgb")) - {path}
    path.write_bytes(other.read_bytes())


def as_a_pipe(path):
    path.unlink()
    os.mkfifo(path)


def as_a_folder(path):
    path.unlink()
    path.mkdir()


DAMAGES = [
    cut_short,
    with_longer_side,
    with_a_pixel_changed,
    under_anothers_name,
    as_a_pipe,
    lambda path: path.write_bytes(b""),
    lambda path: path.write_bytes(b"no image at all, but as long as a header is"),
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_entry_is_made_anew(damage, split, cache):
    expected = [cache.add(split.path(index), View(SIZE)) for index in (0, 1)]
    broken = entries(cache)[0]
    damage(broken)
    with pytest.warns(DataWarning, match=f"{broken} in the cache .* is damaged .*decoded anew") as caught:
        assert_same(
            epochs(split.select([0, 1]), cache, epochs=range(1)), epochs(split.select([0, 1]), None, epochs=range(1))
        )
    assert len(caught) == len(cache.notices) == 1
    for index in (0, 1):
        np.testing.assert_array_equal(cache.find(split.path(index), View(SIZE)), expected[index])


def test_damage_is_told_once(split, cache):
    for index in range(7):
        cache.add(split.path(index), View(SIZE))
    for path in entries(cache):
        cut_short(path)
    with pytest.warns(DataWarning, match="damaged") as caught:
        epochs(split, cache)
    assert len(caught) == 1
    for index in range(7):
        assert cache.find(split.path(index), View(SIZE)) is not None


def test_entry_that_cannot_be_replaced(split, cache):
    expected = epochs(split, cache)
    as_a_folder(entries(cache)[0])
    with pytest.warns(DataWarning) as caught:
        assert_same(epochs(split, cache), expected)
    assert [("damaged" in str(one.message), "nothing more" in str(one.message)) for one in caught] == [
        (True, False),
        (False, True),
    ]


def failing(number):
    def fail(*_):
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EDQUOT])
def test_disk_that_takes_nothing_more(number, split, cache, monkeypatch):
    expected = epochs(split, None)
    cache.add(split.path(0), View(SIZE))
    monkeypatch.setattr(os, "replace", failing(number))
    with pytest.warns(DataWarning, match=f"nothing more is added .*{os.strerror(number)}.*--cache-limit") as caught:
        assert_same(epochs(split, cache), expected)
    assert len(caught) == 1
    assert cache.to_json()["found"] == 2
    assert len(entries(cache)) == 1 and not list(cache.folder.rglob("*.part"))


def test_disk_with_room_for_half_an_entry(split, cache, monkeypatch):
    """A raw file writes as much as there is room for, without an error."""

    class Full(io.FileIO):
        def write(self, content):
            if self.tell() >= 100:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return super().write(bytes(content)[: 100 - self.tell()])

    def open_full(path, mode, buffering=-1):
        raw = Full(path, mode)
        return raw if buffering == 0 or mode == "rb" else io.BufferedWriter(raw)

    monkeypatch.setattr(_entries, "open", open_full, raising=False)
    with pytest.warns(DataWarning, match="No space left"):
        cache.add(split.path(0), View(SIZE))
    assert entries(cache) == [] and not list(cache.folder.rglob("*.part"))


def test_read_only_folder_is_read(split, cache):
    if os.geteuid() == 0:
        pytest.skip("Root may write anywhere.")
    cache.add(split.path(0), View(SIZE))
    cache.folder.chmod(0o555)
    with pytest.warns(DataWarning, match="nothing more is added"):
        epochs(split, cache)
    assert cache.to_json()["found"] == 2


def test_limit(split, tmp_path):
    cache = ImageCache(tmp_path / "cache", limit=3 * SQUARE + 100)
    expected = epochs(split, None)
    with pytest.warns(DataWarning, match=f"limit of {3 * SQUARE + 100} bytes is reached") as caught:
        assert_same(epochs(split, cache), expected)
    assert len(caught) == 1
    # A thread may find a file counted twice, as written and as being written; never too few of them.
    assert [path.stat().st_size for path in entries(cache)] in ([SQUARE] * 2, [SQUARE] * 3)


def test_limit_counts_what_was_there(split, tmp_path):
    epochs(split, ImageCache(tmp_path / "cache"), epochs=range(1))
    cache = ImageCache(tmp_path / "cache", limit=7 * SQUARE + 10)
    with pytest.warns(DataWarning, match="is reached"):
        cache.add(split.path(0), View(SIZE + 1))
    assert len(entries(cache)) == 7


def test_long_unused_entries_make_room(split, tmp_path):
    # Without a limit: a thread that writes may be counted twice for a moment, and the seven just fit.
    cache = ImageCache(tmp_path / "cache")
    epochs(split, cache, epochs=range(1))
    days_ago = {path: age for age, path in enumerate(entries(cache))}
    for path, days in days_ago.items():
        os.utime(path, (time.time() - 86_400 * days - 60,) * 2)
    left = cache.folder / "00"
    left.mkdir(exist_ok=True)
    (left / ".killed.part").write_bytes(b"half")
    os.utime(left / ".killed.part", (0, 0))
    cache = ImageCache(cache.folder, limit=7 * SQUARE + 10)
    cache.add(split.path(0), View(SIZE - 1))
    longest_unused = max(days_ago, key=days_ago.get)
    assert not (left / ".killed.part").exists()
    assert set(days_ago) - set(entries(cache)) == {longest_unused}


def test_reading_counts_as_use(split, cache):
    cache.add(split.path(0), View(SIZE))
    (entry,) = entries(cache)
    os.utime(entry, (0, 0))
    cache.find(split.path(0), View(SIZE))
    assert time.time() - entry.stat().st_mtime < 60


@pytest.mark.parametrize(("free", "limit"), [(39 * SQUARE, 10 * SQUARE), (10**15, 32 * 10**9)])
def test_default_limit_is_a_part_of_the_disk(free, limit, split, cache, monkeypatch):
    cache.add(split.path(0), View(SIZE))
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=free))
    again = ImageCache(cache.folder)
    again.add(split.path(1), View(SIZE))
    assert again.to_json()["limit"] == limit


def test_additions_of_other_processes_are_counted(split, tmp_path):
    ours = ImageCache(tmp_path / "cache", limit=32 * SQUARE)
    others = ImageCache(tmp_path / "cache", limit=10**9)
    ours.add(split.path(0), View(SIZE))
    for side in range(2 * SIZE, 3 * SIZE):
        others.add(split.path(0), View(side))
    with pytest.warns(DataWarning, match="is reached"):
        for index in range(1, 7):
            ours.add(split.path(index), View(SIZE))
    assert ours.to_json()["added"] <= 3


FILL = """
import sys
import types
from pathlib import Path
# Its import takes seconds, and the cache needs none of it.
sys.modules["tensorflow"] = types.ModuleType("tensorflow")
from artlucid.inputs import ImageCache, View
cache = ImageCache(sys.argv[1])
for side in range(8, 40):
    for path in sorted(Path(sys.argv[2]).iterdir()):
        if cache.find(path, View(side)) is None:
            cache.add(path, View(side))
assert not cache.notices, cache.notices
"""


def test_two_processes_at_once(split, cache):
    command = [sys.executable, "-W", "error::UserWarning", "-c", FILL, str(cache.folder), str(split.root)]
    processes = [subprocess.Popen(command) for _ in range(2)]
    assert [process.wait() for process in processes] == [0, 0]
    for side in range(8, 40):
        for index in range(7):
            np.testing.assert_array_equal(cache.find(split.path(index), View(side)), View(side).read(split.path(index)))
    assert not list(cache.folder.rglob("*.part"))


def test_many_threads_write_one_entry(split, cache):
    def work():
        for index in list(range(7)) * 5:
            cache.add(split.path(index), View(SIZE))
            assert cache.find(split.path(index), View(SIZE)) is not None

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(entries(cache)) == 7 and cache.to_json()["found"] == 4 * 35


def test_files_that_are_being_written_count(tmp_path):
    room = Room(tmp_path, 3 * SQUARE)
    with ExitStack() as writing:
        assert [writing.enter_context(room.taken(SQUARE)) for _ in range(4)] == [True, True, True, False]


def test_file_in_the_place_of_the_folder(tmp_path, expect_refusal):
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        with expect_refusal("`cache` must be a folder", str(place), "--no-cache", kind=OutputError):
            inputs.open_cache(place)


def test_own_folder_that_cannot_be_made(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ARTLUCID_CACHE", str(tmp_path / "file"))
    with pytest.warns(DataWarning, match=f"decoded in every epoch: .*{tmp_path}/file/decoded"):
        assert inputs.open_cache() is None


def test_open_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ARTLUCID_CACHE", str(tmp_path))
    assert inputs.open_cache(False) is None
    assert inputs.open_cache().folder == tmp_path / "decoded"
    assert inputs.open_cache(str(tmp_path / "a" / "b")).folder.is_dir()


@pytest.mark.parametrize("limit", [0, -1, 1.5, True, "20"])
def test_limit_out_of_range(limit, tmp_path, expect_refusal):
    for cache in (True, False, tmp_path / "cache"):
        with expect_refusal("`limit` of a cache must be", repr(limit), "--no-cache", kind=DataError):
            inputs.open_cache(cache, limit=limit)


@pytest.mark.parametrize("cache", [None, 3, ""])
def test_no_folder(cache, expect_refusal):
    with expect_refusal("`cache` must be True, False or a folder", repr(cache), "Give True", kind=DataError):
        inputs.open_cache(cache)


def test_vanished_file_is_named_though_its_entry_is_there(split, cache):
    epochs(split, cache)
    path = split.path(4)
    path.unlink()
    made = inputs.Batches(split, size=SIZE, batch_size=3, n_classes=3, cache=cache)
    with pytest.raises(DataError, match=f"must be a readable image .*Received {path}: "), made.readable_errors():
        list(made.in_order())


def test_unlabelled_name_of_odd_bytes(tmp_path, cache):
    path = tmp_path / os.fsdecode(b"caf\xe9\xff.png")
    Image.new("RGB", (30, 30), "red").save(path)
    cache.add(path, View(SIZE))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert cache.find(path, View(SIZE)).shape == (SIZE, SIZE, 3)
