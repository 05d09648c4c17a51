"""The command `report`, from a comparison that was really made."""

import json

import pytest
from finetune import small
from test_cli import invoke
from test_cli import messages_as_before as messages_as_before

from artlucid import report

pytestmark = pytest.mark.usefixtures("tiny")


@pytest.fixture(scope="module")
def compared(data, tmp_path_factory):
    """A run before and after its training, with optimized images of both."""
    folder = tmp_path_factory.mktemp("report")
    run = small.train(data, folder / "run")
    models = (f"{run.path}@initial", run.path)
    table = folder / "metadata.csv"
    table.write_text("path,artist\n" + "".join(f"{path},Hals\n" for path in data.split("all").relative_paths))
    words = ("--data", data.specification, "--metadata", table, "--no-cache", "--k", 5, "--quiet")
    assert invoke("compare", *models, *words, "--out", folder / "comparison").exit_code == 0
    words = ("--beside", models[1], "--steps", 2, "--size", 32, "--out", folder / "pictures", "--quiet")
    assert invoke("visualize", models[0], "conv2d1:0", "conv2d1:1", *words).exit_code == 0
    return folder


def test_from_comparison_to_page(compared, look):
    shown = invoke("report", compared / "comparison", "--pictures", compared / "pictures", "--quiet", "--json")
    assert (shown.exit_code, shown.stderr) == (0, "")
    found = json.loads(shown.stdout)
    drawn = {path.read_bytes() for path in (compared / "pictures").rglob("conv2d1*.png")}
    assert drawn and (found["n_channels"], found["n_layers"], found["n_pictures"]) == (12, 2, len(drawn))
    assert [notice.partition(":")[0] for notice in found["notices"]] == ["Patches are not shown"]
    html = compared / "comparison" / "page" / "index.html"
    assert found["page"] == str(html)
    tab = look(html, "#channel=conv2d1:1")
    tab.locator("#opened .mosaic").first.wait_for()
    assert tab.locator("#opened .pictures figure").count() == 2
    assert tab.locator(".chain li strong").all_inner_texts() == ["run@initial", "run"]
    assert "(its validation images)" in tab.locator(".chain li").nth(1).inner_text()
    tab.get_by_label("Count the images by").select_option("artist")
    assert "Hals" in tab.locator(".histogram").inner_text()


def test_out_labels_and_title(compared, tmp_path):
    run = compared / "run"
    words = (
        "--label",
        f"{run}@initial=before",
        "--label",
        f"{run}=after",
        "--title",
        "Hands & gold",
        "--thumbnails",
        64,
    )
    shown = invoke("report", compared / "comparison", "--out", tmp_path / "page", *words, "--without-pictures")
    assert shown.exit_code == 0 and shown.stdout.strip() == str(tmp_path / "page" / "index.html")
    assert "There are no optimized images: they were left out." in shown.stderr
    text = (tmp_path / "page" / "index.html").read_text()
    assert "<title>Hands &amp; gold</title>" in text and "<strong>before</strong>" in text


def test_metadata_beside(compared, data, tmp_path):
    table = tmp_path / "metadata.csv"
    table.write_text("path,museum\n" + "".join(f"{path},Prado\n" for path in data.split("all").relative_paths))
    shown = invoke("report", compared / "comparison", "--metadata", table, "--out", tmp_path / "page", "--quiet")
    assert shown.exit_code == 0
    (overview,) = (tmp_path / "page").glob("data/*/overview.js")
    assert '"museum"' in overview.read_text()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--label", "nonsense"), "`--label` must be MODEL=NAME. Received 'nonsense'."),
        (("--pictures", "x", "--without-pictures"), "One of `--pictures` and `--without-pictures` may be given."),
        (("--thumbnails", 5), "`thumbnails` must be a number of pixels in 32 … 1024. Received 5."),
        (("--pictures", "nowhere"), "`pictures` must be folders of optimized images of the compared models."),
    ],
)
def test_refused(compared, words, message):
    shown = invoke("report", compared / "comparison", *words)
    assert shown.exit_code == 2 and f"error: {message}" in shown.stderr


def test_no_comparison(tmp_path):
    shown = invoke("report", tmp_path)
    assert shown.exit_code == 2 and "A comparison must be a folder with compare.json" in shown.stderr


def test_python_gives_what_the_command_does(compared, tmp_path):
    page = report.write(compared / "comparison", out=tmp_path, options=report.Options(pictures=[compared / "pictures"]))
    assert page.path == tmp_path / "index.html" and page.n_pictures > 0
