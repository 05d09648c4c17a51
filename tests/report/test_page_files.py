"""What is written, when it is written again, and what is refused."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap

import filelock
import numpy as np
import pytest
from PIL import Image
from report import fabricated

from artlucid import datasets, report
from artlucid.errors import ComparisonError, OutputError, ReportError, VisualizationError
from artlucid.report import _write


@pytest.fixture
def own(tmp_path):
    """A comparison of two models that a test may damage."""
    layers = {"conv2d0": 6, "mixed4d_3x3": 8}
    return fabricated.make(tmp_path / "own", layers=layers, blocks={}, models=("a", "b"), per_class=4, k=5)


def files(folder):
    """Everything in a page but the lock, with its content."""
    paths = (path for path in folder.rglob("*") if path.is_file() and path.name != ".lock")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def data(page, name):
    """What a script of data hands to the page."""
    (path,) = page.path.parent.glob(f"data/*/{name}.js")
    text = path.read_text("ascii")
    head = f'artlucid.take("{name}",'
    assert text.startswith(head) and text.endswith(");\n")
    return json.loads(text[len(head) : -3])


def test_each_image_has_one_thumbnail(page, made):
    thumbnails = list(page.path.parent.glob("thumbnails/*/0/*.webp"))
    used = {
        image
        for model in made.models
        for layer, width in made.layers.items()
        for channel in range(width)
        for image in made.top(model, layer, channel)
    }
    assert {int(path.stem) for path in thumbnails} == used
    assert page.n_thumbnails == len(used) and page.n_channels == 83 and page.n_layers == 5
    with Image.open(thumbnails[0]) as image:
        assert min(image.size) == 128 and image.size[0] > image.size[1]


def test_pictures_are_webp_and_each_is_there_once(page, pictures):
    found = list(page.path.parent.glob("pictures/*.webp"))
    drawn = [path.read_bytes() for path in pictures.glob("*/*.png")]
    assert len(found) == len(set(drawn)) == page.n_pictures
    with Image.open(found[0]) as image:
        assert image.size == (48, 48) and image.format == "WEBP"


def test_top_sets_are_lists_of_indices(page, made):
    layer = data(page, "layers/2")
    assert layer["tops"][2][7] == made.top(made.models[2], "mixed4d_3x3", 7)
    assert set(layer["pictures"][0]) == {str(channel) for channel in range(40)}
    cards = data(page, "cards/2")
    before = set(made.top(made.models[0], "mixed4d_3x3", 7))
    first = made.top(made.models[2], "mixed4d_3x3", 7)[:9]
    bits = sum(2**place for place, image in enumerate(first) if image in before)
    assert cards["first"][2][7] == first and cards["shared"][1][1][7] == bits


def test_the_page_needs_nothing_from_elsewhere(page):
    for name, content in files(page.path.parent).items():
        if name.endswith((".html", ".js", ".css")):
            text = content.decode().replace("http://www.w3.org/2000/svg", "")
            assert "http:" not in text and "https:" not in text and "fetch(" not in text and "import(" not in text, name
            assert "innerHTML" not in text, name


def test_the_page_lets_nothing_else_in(page):
    (policy,) = re.findall('Content-Security-Policy" content="([^"]*)"', page.path.read_text())
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert [rules[name] for name in ("default-src", "base-uri", "form-action")] == ["'none'"] * 3
    assert rules["script-src"] == "'self' file:"


def test_again_is_the_same_and_makes_nothing_anew(own):
    first = report.write(own.path)
    before = files(first.path.parent)
    times = {path: path.stat().st_mtime_ns for path in first.path.parent.rglob("*.webp")}
    again = report.write(own.path)
    assert again == first and files(again.path.parent) == before
    assert {path: path.stat().st_mtime_ns for path in again.path.parent.rglob("*.webp")} == times


def test_another_page_leaves_nothing_of_the_first(own, tmp_path):
    report.write(own.path, out=tmp_path / "page", options=report.Options(thumbnails=64))
    report.write(own.path, out=tmp_path / "page")
    report.write(own.path, out=tmp_path / "fresh")
    assert files(tmp_path / "page") == files(tmp_path / "fresh")


def test_half_a_page_is_none_and_is_gone_on_with(own, monkeypatch):
    out = own.path / "page"
    report.write(own.path, options=report.Options(title="before"))
    before = (out / "index.html").read_bytes()
    written = []

    def until(index):
        written.append(index)
        if len(written) > 3:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("artlucid.report._thumbnails._thumbnail", lambda path, side: until(path) or b"x")
        with pytest.raises(KeyboardInterrupt):
            report.write(own.path, options=report.Options(thumbnails=64, title="after"))
    assert (out / "index.html").read_bytes() == before
    with monkeypatch.context() as patch:
        patch.setattr(_write, "tidy", lambda *_: None)
        report.write(own.path, options=report.Options(title="after"))
    assert b"<title>after" in (out / "index.html").read_bytes()


def test_killed(own, tmp_path):
    """Whatever moment a process dies at, the next one finishes the page."""
    script = textwrap.dedent("""
        import os, signal, sys
        from artlucid import datasets, report
        from artlucid.report import _thumbnails
        plain, left = _thumbnails._thumbnail, [int(sys.argv[3])]
        def dying(*arguments):
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return plain(*arguments)
        _thumbnails._thumbnail = dying
        report.write(sys.argv[1], out=sys.argv[2])
    """)
    out = tmp_path / "page"
    for number in (0, 5):
        done = subprocess.run([sys.executable, "-c", script, own.path, out, str(number)], check=False)
        assert done.returncode == -signal.SIGKILL and not (out / "index.html").exists()
    report.write(own.path, out=out)
    report.write(own.path, out=tmp_path / "whole")
    assert files(out) == files(tmp_path / "whole")


def test_an_empty_file_of_a_power_cut_is_made_again(own):
    page = report.write(own.path)
    thumbnail = next(page.path.parent.glob("thumbnails/*/0/*.webp"))
    thumbnail.write_bytes(b"")
    report.write(own.path)
    assert thumbnail.stat().st_size


def test_without_tensorflow():
    code = (
        "import sys; from artlucid import report; from artlucid.cli import _report; "
        "sys.exit(bool({'tensorflow', 'keras', 'matplotlib'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_folders_of_something_else_stay(own, tmp_path, expect_refusal):
    (tmp_path / "thesis.tex").write_text("years of work")
    with expect_refusal("new, empty or that of a page", "thesis.tex", "--out", kind=ReportError):
        report.write(own.path, out=tmp_path)
    (tmp_path / "page.json").write_text('{"format": "something"}')
    with expect_refusal("new, empty or that of a page", "page.json", "--out", kind=ReportError):
        report.write(own.path, out=tmp_path)
    assert (tmp_path / "thesis.tex").read_text() == "years of work"


def test_folders_that_cannot_be_written(own, tmp_path, expect_refusal):
    file = tmp_path / "file"
    file.write_text("")
    with expect_refusal("must be writable", str(file), "--out", kind=OutputError):
        report.write(own.path, out=file)
    (tmp_path / "held").mkdir()
    with (
        filelock.FileLock(tmp_path / "held" / ".lock"),
        expect_refusal("one process at a time", "held", "--out", kind=ReportError),
    ):
        report.write(own.path, out=tmp_path / "held")


def test_unfinished_and_empty_comparisons(own, tmp_path, expect_refusal):
    manifest = json.loads((own.path / "compare.json").read_text())
    (own.path / "compare.json").unlink()
    with expect_refusal("a folder with compare.json", str(own.path), "artlucid compare", kind=ComparisonError):
        report.write(own.path)
    (own.path / "compare.json").write_text(json.dumps({**manifest, "pairs": []}))
    with expect_refusal("at least one pair", "0 pairs", "Compare two", kind=ReportError):
        report.write(own.path)
    assert not (own.path / "page").exists()


def test_no_channels_in_common(own, look):
    intervals = ["cka_low", "cka_high", "cka_floor"]
    fabricated.change_tables(
        own,
        channels=lambda table: table.iloc[:0],
        layers=lambda table: table.assign(**dict.fromkeys(intervals, np.nan)),
    )
    page = report.write(own.path)
    assert page.n_channels == 0 and any("there are no cards" in notice for notice in page.notices)
    tab = look(page.path)
    assert tab.locator("#cka .dot").count() == 1 and tab.locator(".card").count() == 0
    assert tab.locator("#overlap-reading").inner_text() == "No layer was compared channel by channel."
    # Nothing is explained that is not drawn, and nothing offered to find what is not there.
    assert tab.locator("#cka-reading").inner_text() == "" and tab.locator("#filters").count() == 0


def test_a_pair_with_fewer_layers_than_another(tmp_path, look):
    made = fabricated.make(tmp_path, layers={"conv2d0": 6, "mixed4d_3x3": 8}, blocks={}, per_class=4, k=5)
    fabricated.change_tables(
        made,
        **dict.fromkeys(
            ("channels", "layers"),
            lambda table: table[(table["model_b"] == made.models[1]) | (table["layer"] == "conv2d0")],
        ),
    )
    tab = look(report.write(made.path).path)
    assert tab.locator("#status").inner_text() == "14 channels"
    assert tab.locator("#overlap .box").count() == 1
    assert "kept" not in tab.locator(".card").filter(has_text="mixed4d_3x3 : 0").locator(".figures").inner_text()


def test_images_that_are_gone(own, expect_refusal):
    shutil.move(own.images, own.images.with_name("moved"))
    with expect_refusal("must be where they were", "folder:", "--without-images", kind=ComparisonError):
        report.write(own.path)
    with pytest.raises(ComparisonError, match="--data"):
        report.write(own.path)
    page = report.write(own.path, options=report.Options(dataset=f"folder:{own.images.with_name('moved')}"))
    assert page.n_thumbnails > 0
    page = report.write(own.path, options=report.Options(images=False))
    assert page.n_thumbnails == 0 and not list(page.path.parent.glob("thumbnails/*"))
    assert any("without thumbnails" in notice for notice in page.notices)


def test_an_image_that_cannot_be_read(own, expect_refusal):
    image = sorted(own.images.rglob("*.png"))[0]
    image.write_bytes(b"x" * image.stat().st_size)
    with expect_refusal("must still be readable", image.name, "--without-images", kind=ReportError):
        report.write(own.path)
    assert not (own.path / "page" / "index.html").exists()


def test_activations_that_are_gone(own, look, expect_refusal):
    shutil.rmtree(own.path / "activations")
    with expect_refusal("must still be in its folder", "they were removed", "--without-images", kind=ComparisonError):
        report.write(own.path)
    page = report.write(own.path, options=report.Options(images=False))
    assert any("no longer in the comparison's folder" in notice for notice in page.notices)
    tab = look(page.path)
    assert tab.locator("#status").inner_text() == "14 channels"
    tab.locator(".card a.open").first.click()
    tab.locator("#opened .numbers").wait_for()
    assert tab.locator("#opened .mosaic").count() == 0
    # Nothing keeps room on a card for images that do not come.
    assert tab.locator(".card .figures").first.bounding_box()["y"] < tab.locator(".card").first.bounding_box()["y"] + 80


def test_without_thumbnails_images_are_named(own, look):
    tab = look(report.write(own.path, options=report.Options(images=False)).path, "#channel=conv2d0:1")
    first = tab.locator("#opened .mosaic .image").first
    first.wait_for()
    top = own.top("a", "conv2d0", 1)[0]
    names = datasets.load(f"folder:{own.images}").split("all").relative_paths
    assert names[top].rpartition("/")[2] in first.get_attribute("aria-label")
    assert tab.locator("img").count() == 0


def test_without_labels_metadata_and_pictures(tmp_path, look):
    made = fabricated.make(
        tmp_path, layers={"conv2d0": 6}, blocks={}, models=("a", "b"), per_class=4, k=5, labels=False, metadata=False
    )
    page = report.write(made.path)
    assert [notice.partition(":")[0] for notice in page.notices] == [
        "There are no optimized images",
        "The images have no classes",
    ]
    tab = look(page.path)
    tab.locator(".nine img").first.wait_for()
    assert tab.locator(".card").first.locator(".nine").count() == 2
    assert "entropy" not in tab.locator(".card .figures").first.inner_text()
    assert tab.locator("#filters select").count() == 4
    assert tab.locator(".notices li").count() == 2
    tab.locator(".card a.open").first.click()
    tab.locator("#opened .mosaic").first.wait_for()
    assert tab.locator("#opened .histogram").count() == 0


def test_pictures_of_strangers_and_damaged_ones(own, pictures, tmp_path, expect_refusal):
    with expect_refusal("of the compared models", str(pictures), "--without-pictures", kind=ReportError):
        report.write(own.path, options=report.Options(pictures=[pictures]))
    with expect_refusal("of the compared models", "holds no pictures.json", "--pictures", kind=ReportError):
        report.write(own.path, options=report.Options(pictures=[tmp_path]))
    folder = fabricated.add_pictures(tmp_path / "mine", own, 0, [("conv2d0", 1)])
    (folder / "conv2d0_pre_relu-0001.png").write_bytes(b"damaged")
    with pytest.raises(VisualizationError, match="damaged or was changed"):
        report.write(own.path, options=report.Options(pictures=[folder]))


def test_pictures_that_the_comparison_records(own, tmp_path):
    folder = fabricated.add_pictures(tmp_path / "mine", own, 1, [("conv2d0", 1), ("mixed4d_3x3", 2)])
    manifest = json.loads((own.path / "compare.json").read_text())
    manifest["settings"]["pictures"] = [str(folder)]
    (own.path / "compare.json").write_text(json.dumps(manifest))
    page = report.write(own.path)
    assert page.n_pictures == 2 and "There are no optimized images of a." in page.notices
    assert report.write(own.path, options=report.Options(pictures=())).n_pictures == 0


def test_of_two_seeds_the_one_that_both_models_have(own, tmp_path):
    for place, seed in ((0, 1), (0, 0), (1, 0)):
        fabricated.add_pictures(tmp_path / f"{place} {seed}", own, place, [("conv2d0", 1)], seed=seed, size=32 + seed)
    page = report.write(own.path, options=report.Options(pictures=[tmp_path]))
    sizes = set()
    for path in page.path.parent.glob("pictures/*.webp"):
        with Image.open(path) as image:
            sizes.add(image.size)
    assert sizes == {(32, 32)} and page.n_pictures == 2


@pytest.mark.parametrize("side", [0, 31, 2000, True, "128"])
def test_bad_sizes(side, expect_refusal):
    with expect_refusal("`thumbnails` must be", repr(side), "128", kind=ReportError):
        report.Options(thumbnails=side)


def test_one_path_is_no_list(expect_refusal):
    for name in ("pictures", "scores"):
        with expect_refusal(f"`{name}` must be a sequence", "'here'", "list", kind=ReportError):
            report.Options(**{name: "here"})


def test_labels_and_scores_of_strangers(own, tmp_path, expect_refusal):
    with expect_refusal("`labels` must be for models", "'c'", "a, b", kind=ReportError):
        report.write(own.path, options=report.Options(labels={"c": "x"}))
    path = tmp_path / "scores.json"
    no_images = json.dumps({"model_identity": own.identities[1], "top_1": 0.5})
    for content, received in (("[", str(path)), ("{}", "model_identity"), ("[1]", str(path)), (no_images, "images")):
        path.write_text(content)
        with expect_refusal("files of scores in JSON", received, "artlucid evaluate", kind=ReportError):
            report.write(own.path, options=report.Options(scores=[path]))
    path.write_text(json.dumps({"model_identity": "other", "top_1": 0.5, "images": 12}))
    with expect_refusal("of the compared models", str(path), "artlucid evaluate", kind=ReportError):
        report.write(own.path, options=report.Options(scores=[path]))


def test_scores_stand_beside_their_models(own, tmp_path):
    path = tmp_path / "scores.json"
    scores = {
        "model_identity": own.identities[1],
        "top_1": 0.25,
        "top_5": 0.5,
        "images": 1200,
        "split": "test",
        "data": "rasta:/x/y",
    }
    path.write_text(json.dumps({"scores": [scores]}))
    html = report.write(own.path, options=report.Options(scores=[path])).path.read_text()
    assert html.count('class="score"') == 1
    assert "top-1 25.0\u00a0%, top-5 50.0\u00a0% (1,200 test images of y)" in html


def test_settings_are_recorded(own):
    page = report.write(own.path, options=report.Options(labels={"a": "before", "b": "after"}, thumbnails=32))
    made = json.loads((page.path.parent / "page.json").read_text())
    assert (made["format"], made["version"], made["thumbnails"]) == ("artlucid.page", 1, 32)
    assert made["models"] == {"a": "before", "b": "after"}
    assert made["files"] == json.loads((own.path / "compare.json").read_text())["files"]
    assert "<title>before → after</title>" in page.path.read_text()
    with contextlib.suppress(OSError):
        os.remove(page.path.parent / ".lock")
