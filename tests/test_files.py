import errno
import os

import pytest

from artlucid import files
from artlucid.errors import OutputError


def test_written_whole_with_its_folder(tmp_path):
    files.write_atomically(tmp_path / "new" / "folder" / "a.bin", b"content")
    assert (tmp_path / "new" / "folder" / "a.bin").read_bytes() == b"content"
    assert [path.name for path in (tmp_path / "new" / "folder").iterdir()] == ["a.bin"]


def test_flushed_to_the_disk_before_it_is_renamed(tmp_path, monkeypatch):
    happened = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda file: (happened.append(("fsync", os.fstat(file).st_size)), fsync(file)))
    monkeypatch.setattr(os, "replace", lambda *paths: (happened.append(("replace", len(paths))), replace(*paths)))
    files.write_atomically(tmp_path / "a.bin", b"content")
    assert happened == [("fsync", 7), ("replace", 2)]


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_what_was_there_stays_until_the_new_file_is_whole(step, error, tmp_path, monkeypatch):
    def fails(*_):
        raise error

    files.write_atomically(tmp_path / "a.bin", b"old")
    monkeypatch.setattr(os, step, fails)
    expected = OutputError if isinstance(error, OSError) else KeyboardInterrupt
    with pytest.raises(expected) as caught:
        files.write_atomically(tmp_path / "a.bin", b"new content")
    assert (tmp_path / "a.bin").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.bin"]
    if expected is OutputError:
        assert f"{tmp_path / 'a.bin'} must be writable" in str(caught.value)
        assert "Received: No space left on device. Make room" in str(caught.value)


def test_folder_that_cannot_be(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(
        OutputError, match=r"must be writable, .*Received: Not a directory. Make room or change the rights"
    ):
        files.write_atomically(tmp_path / "file" / "below" / "a.bin", b"")


def test_json_is_readable_and_keeps_its_order(tmp_path):
    files.write_json(tmp_path / "a.json", {"b": "Naïve", "a": [1, None], "path": os.fsdecode(b"\xff.png")})
    text = (tmp_path / "a.json").read_bytes()
    assert text.decode("utf-8", "surrogateescape").startswith('{\n  "b": "Naïve",\n  "a": [')
    assert text.endswith(b'"\xff.png"\n}\n')
