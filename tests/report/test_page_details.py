"""Small things that a reader of the page would stumble over, in a real browser, from the disk."""

import json
import shutil

import pytest
from report import fabricated
from report.waiting import until

from artlucid import datasets, report

CHANNEL = "#channel=mixed4d_3x3:7"


def opened(look, page, at=CHANNEL, **given):
    tab = look(page.path, at, **given)
    tab.locator("#opened .mosaic").first.wait_for()
    return tab


def test_only_a_click_beside_an_opened_card_closes_it(look, page):
    tab = opened(look, page)
    dialog, note = tab.locator("#opened"), tab.get_by_label("My note").bounding_box()
    tab.mouse.move(note["x"] + 9, note["y"] + 9)
    tab.mouse.down()
    tab.mouse.move(4, 4)
    tab.mouse.up()
    assert dialog.is_visible(), "A selection of text ended beside it."
    box = dialog.bounding_box()
    tab.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] - 9)
    assert dialog.is_visible(), "Its own empty part was clicked."
    tab.mouse.click(4, 4)
    dialog.wait_for(state="hidden")
    tab.wait_for_url(lambda url: "channel" not in url)


def test_a_picture_that_was_not_finite(look, tmp_path):
    made = fabricated.make(tmp_path, layers={"conv2d0": 3}, blocks={}, models=("a", "b"), per_class=4, k=5)
    folders = [fabricated.add_pictures(tmp_path / f"pictures {p}", made, p, [("conv2d0", 1)]) for p in range(2)]
    stem = "conv2d0_pre_relu-0001"
    manifest = folders[1] / "manifests" / f"{stem}.json"
    content = {**json.loads(manifest.read_text()), "notices": ["not finite after 0 steps"], "files": {}}
    manifest.write_text(json.dumps(content))
    (folders[1] / f"{stem}.png").unlink()
    (folders[1] / "curves" / f"{stem}.csv").write_text("step,objective\n0,nan\n1,nan\n2,nan\n")
    tab = opened(look, report.write(made.path, options=report.Options(pictures=folders)), "#channel=conv2d0:1")
    assert tab.locator("#opened .pictures .none").inner_text() == "not finite"
    assert tab.locator("#opened .pictures img").count() == tab.locator("#opened .objective").count() == 1


def test_patches_that_were_not_copied(look, page, tmp_path):
    copy = shutil.copytree(page.path.parent, tmp_path / "copy")
    shutil.rmtree(next(copy.glob("data/*/patches")))
    tab = look(copy / "index.html", CHANNEL)
    tab.get_by_label("Patches").check()
    tab.locator("#opened .patches").filter(has_text="copy the page's whole folder").wait_for()
    assert look.wrong
    look.wrong.clear()


def test_without_thumbnails_names_are_read(look, made, tmp_path):
    page = report.write(made.path, out=tmp_path, options=report.Options(images=False))
    tab = opened(look, page)
    cells = tab.locator("#opened .mosaic").last.locator(".image")
    names = datasets.load(f"folder:{made.images}").split("all").relative_paths
    assert cells.all_inner_texts() == [names[i] for i in made.top(made.models[-1], "mixed4d_3x3", 7)]
    assert all(cells.evaluate_all("all => all.map(one => one.scrollWidth <= one.clientWidth)"))
    cells.first.focus()
    assert tab.locator(".nine").count() == 0, "Grey squares say nothing."
    tab.keyboard.press("ArrowDown")
    assert names[made.top(made.models[-1], "mixed4d_3x3", 7)[1]] in tab.locator(".named").inner_text()


def test_images_of_one_name_are_told_apart(look, page, made):
    tab = opened(look, page)
    tab.locator("#opened .mosaic .image").first.hover()
    top = made.top(made.models[0], "mixed4d_3x3", 7)[0]
    path = datasets.load(f"folder:{made.images}").split("all").relative_paths[top]
    assert tab.locator(".named").inner_text().startswith(f"{path} · ")


def test_channels_found_leave_with_their_reader(look, page):
    tab = look(page.path)
    field, found = tab.get_by_label("Jump to a channel"), tab.locator("#found a")
    field.fill("4d 3")
    assert found.count() == 3
    tab.locator("h1").click()
    assert found.count() == 0
    field.focus()
    assert found.count() == 3
    tab.get_by_label("Order").focus()
    assert found.count() == 0


def test_the_keys_of_an_opened_card_stand_in_one_row_on_a_phone(look, page):
    tab = opened(look, page, size="phone")
    rows = tab.locator("#opened .goes button").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect()).map(({ top, bottom }) => (top + bottom) / 2)"
    )
    assert len(rows) == 4 and max(rows) - min(rows) < 1


@pytest.mark.parametrize("name", ["a b#c %41?d&e", "it's “so”", "絵 ñ é", "a;b+c=d@e"])
def test_folders_with_any_name(look, page, tmp_path, name):
    copy = shutil.copytree(page.path.parent, tmp_path / name)
    tab = look(copy / "index.html")
    tab.get_by_label("Layer", exact=True).select_option("mixed4d_3x3")
    tab.locator(".card a.open").first.click()
    tab.locator("#opened .mosaic").first.wait_for()
    heading = tab.locator("#opened h2").inner_text()
    tab.reload()
    tab.locator("#opened .mosaic").first.wait_for()
    assert tab.locator("#opened h2").inner_text() == heading
    until(tab, "[...document.querySelectorAll('#opened .mosaic img')].every(one => one.naturalWidth)")


@pytest.mark.parametrize("size", ["wide", "middle", "phone"])
def test_nothing_moves_under_the_pointer(look, page, size):
    tab = look(page.path, size=size)
    where = "() => document.getElementById('grid').getBoundingClientRect().top + scrollY"
    before = tab.evaluate(where)
    for layer in tab.locator(".plot .layer").all():
        layer.hover()
        assert tab.evaluate(where) == before


def test_the_band_stays_within_the_plot(look, tmp_path):
    made = fabricated.make(
        tmp_path, layers={"conv2d0": 3, "conv2d1": 3}, blocks={}, models=("a", "b"), per_class=4, k=5
    )
    fabricated.change_tables(made, layers=lambda table: table.assign(cka=0.1, cka_low=-0.3))
    tab = look(report.write(made.path).path)
    # The names of the layers stand below 218.
    assert tab.locator("#cka .band").evaluate("one => one.getBBox().y + one.getBBox().height") <= 218
