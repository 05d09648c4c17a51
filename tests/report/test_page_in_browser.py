"""The page as its readers use it, in a real browser, from the disk."""

import csv
import io

import pytest
from report import fabricated
from report.waiting import until

from artlucid import _comparison as compare
from artlucid import activations, datasets, report

FIRST, STYLES, LAST = "ImageNet", "styles", "<i>icons<i>"


def names(tab):
    """The channels on the screen, in reading order."""
    cards = tab.locator(".card")
    found = cards.evaluate_all("cards => cards.map(card => [+card.ariaPosInSet, card.querySelector('h3').textContent])")
    return [name.replace(" : ", ":") for _, name in sorted(found)]


def by_overlap(made, layers=None):
    """All channels with how many images they share, as the tables order them: dead ones last, else from input on."""
    every = [(layer, channel) for layer, width in made.layers.items() for channel in range(width)]
    order = {layer: place for place, layer in enumerate(made.layers)}
    kept = [one for one in every if layers is None or one[0] in layers]
    return sorted(kept, key=lambda one: (one == fabricated.DEAD, made.shared(*one), order[one[0]], one[1]))


def indices(cells):
    """The images of thumbnails, by the names of their files."""
    sources = cells.locator("img").evaluate_all("images => images.map(image => image.src)")
    return [int(source.rpartition("/")[2].removesuffix(".webp")) for source in sources]


def test_low_overlap_comes_first_and_other_orders_are_chosen(look, page, made):
    tab = look(page.path)
    expected = [f"{layer}:{channel}" for layer, channel in by_overlap(made)]
    assert names(tab)[:9] == expected[:9]
    tab.get_by_label("Order").select_option("overlap_high")
    assert "order=overlap_high" in tab.url
    highest = max(made.shared(*one) for one in by_overlap(made))
    layer, channel = names(tab)[0].split(":")
    assert made.shared(layer, int(channel)) == highest
    tab.get_by_label("Order").select_option("kernel")
    assert int(names(tab)[0].split(":")[1]) == made.layers[names(tab)[0].split(":")[0]] - 1


def test_first_screen_says_what_the_tables_say(look, page, made):
    tab = look(page.path)
    assert tab.locator(".chain li strong").all_inner_texts() == [FIRST, STYLES, LAST]
    sentences = tab.locator("#sentences li").all_inner_texts()
    assert len(sentences) == 3
    shared = {
        layer: sorted(made.shared(layer, channel) for channel in range(width)) for layer, width in made.layers.items()
    }
    assert f"of their {made.k} images with {FIRST}" in sentences[0]
    lowest = sentences[0].split("’s")[0].removeprefix("Half of ")
    values = sorted(value for layer, of in shared.items() if layer.startswith(lowest) for value in of)
    middle = (values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2
    assert f"at most {middle:.0f} " in sentences[0]
    assert sentences[1].startswith(f"Similarity (CKA) to {FIRST} falls from 0.95 in conv2d0 to 0.50 in mixed5b")
    assert "entropy" in sentences[2]


def test_another_pair_has_its_own_sentences_and_order(look, page, made):
    tab = look(page.path)
    before = tab.locator("#sentences").inner_text()
    tab.get_by_label("Before → after").select_option(label=f"{FIRST} → {STYLES}")
    assert "pair=0" in tab.url and tab.locator("#sentences").inner_text() != before
    layer, channel = names(tab)[0].split(":")
    every = [(name, number) for name, width in made.layers.items() for number in range(width)]
    lowest = min(made.shared(*one, b=made.models[1]) for one in every)
    assert made.shared(layer, int(channel), b=made.models[1]) == lowest


def test_filters_leave_what_they_say(look, page, made):
    tab = look(page.path)
    total = sum(made.layers.values())
    assert tab.locator("#status").inner_text() == f"{total} channels"
    tab.get_by_label("Layer", exact=True).select_option("mixed4d_3x3")
    assert tab.locator("#status").inner_text() == f"60 of {total} channels"
    assert {name.split(":")[0] for name in names(tab)} == {"mixed4d_3x3"}
    option = tab.get_by_label("Most images after: class").locator("option").nth(1)
    words = option.inner_text()
    tab.get_by_label("Most images after: class").select_option(option.get_attribute("value"))
    count = int(words.rpartition("(")[2].rstrip(")"))
    assert tab.locator("#status").inner_text() == f"{count} of {total} channels"
    name = words.rpartition(" (")[0]
    assert all(name in text for text in tab.locator(".card .figures").all_inner_texts())
    tab.get_by_role("button", name="Show all").click()
    assert tab.locator("#status").inner_text() == f"{total} channels"
    tab.get_by_label("Part of the network").select_option("high")
    assert tab.locator("#status").inner_text() == f"8 of {total} channels"
    tab.go_back()
    assert tab.locator("#status").inner_text() == f"{total} channels"


def test_only_those_with_pictures(look, page):
    tab = look(page.path, "#show=picture")
    assert tab.locator("#status").inner_text().startswith("41 of ")
    assert tab.locator(".card img[alt^='Optimized image']").first.is_visible()


def test_a_click_on_a_layer_of_a_plot_filters(look, page, made):
    tab = look(page.path)
    for plot in ("#cka", "#overlap"):
        layer = tab.locator(f"{plot} .layer[data-layer='mixed4d']")
        layer.click()
        assert tab.locator("#status").inner_text() == "69 of 83 channels"
        assert tab.locator(f"{plot} .layer[data-layer='mixed4d']").get_attribute("aria-pressed") == "true"
        tab.locator(f"{plot} .layer[data-layer='mixed4d']").click()
        assert tab.locator("#status").inner_text() == "83 channels"
    reading = tab.locator("#overlap .layer[data-layer='conv2d0']").get_attribute("aria-label")
    values = sorted(made.shared("conv2d0", channel) for channel in range(6))
    assert f"share at most {(values[2] + values[3]) / 2:.0f} of {made.k} images" in reading
    ticks = tab.locator("#overlap .tick").all_text_contents()
    assert ticks == ["0", "2", "4", "6", "8", "10"]
    tab.locator("#cka .layer[data-layer='conv2d0']").hover()
    assert tab.locator("#cka-reading").inner_text() == "conv2d0: CKA 0.95 (0.91 … 0.98), floor 0.02"


def test_many_layers_with_long_names_stay_readable(look, tmp_path):
    layers = {f"block_{number}_depthwise_convolution": 1 for number in range(60)}
    made = fabricated.make(tmp_path, layers=layers, blocks={}, models=("a", "b"), per_class=4, k=5)
    tab = look(report.write(made.path).path, size="phone")
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    names = tab.locator("#cka .name").evaluate_all("all => all.map(one => one.getBoundingClientRect())")
    plot = tab.locator("#cka svg").bounding_box()
    assert names[0]["left"] >= plot["x"] and names[0]["bottom"] <= plot["y"] + plot["height"]
    assert names[1]["left"] - names[0]["left"] > 20
    assert tab.locator("#cka .name").nth(3).text_content() == "block_3_dep…_convolution"


def test_a_card_shows_its_channel(look, page, made):
    tab = look(page.path, "#layer=mixed4d_3x3&order=graph")
    card = tab.locator(".card").filter(has_text="mixed4d_3x3 : 7")
    card.locator(".nine img").first.wait_for()
    top = made.top(made.models[-1], "mixed4d_3x3", 7)
    assert indices(card.locator(".nine")) == top[:9]
    before = set(made.top(made.models[0], "mixed4d_3x3", 7))
    marked = card.locator(".nine .image").evaluate_all("all => all.map(one => one.classList.contains('kept'))")
    assert marked == [image in before for image in top[:9]]
    assert f"{made.shared('mixed4d_3x3', 7)} of {made.k} kept (chance" in card.inner_text()
    alternatives = card.locator("figure > img").evaluate_all("images => images.map(image => image.alt)")
    assert alternatives == [f"Optimized image of mixed4d_3x3:7 in {label}" for label in (FIRST, STYLES, LAST)]
    assert all(card.locator("figure > img").evaluate_all("all => all.map(one => one.naturalWidth > 0)"))


def test_a_card_without_pictures_shows_what_fires_it_in_each_model(look, page, made):
    tab = look(page.path, "#layer=conv2d0&order=graph")
    card = tab.locator(".card").filter(has_text="conv2d0 : 1")
    card.locator(".nine img").first.wait_for()
    nines = card.locator(".nine")
    tops = [made.top(model, "conv2d0", 1) for model in made.models]
    assert [indices(nines.nth(place)) for place in range(nines.count())] == [top[:9] for top in tops]
    # Only the first and the last model are compared.
    marked = [nines.nth(place).locator(".kept").count() for place in range(3)]
    assert marked == [len(set(tops[0][:9]) & set(tops[2])), 0, len(set(tops[2][:9]) & set(tops[0]))]
    assert "fire it in both" not in nines.nth(1).get_attribute("aria-label")
    last, whole = nines.last.bounding_box(), card.bounding_box()
    assert whole["x"] + whole["width"] - last["x"] - last["width"] < 20


def test_a_dead_channel_says_so(look, page):
    tab = look(page.path, "#show=dead")
    card = tab.locator(".card")
    card.locator("figure").first.wait_for()
    assert names(tab) == [f"{fabricated.DEAD[0]}:{fabricated.DEAD[1]}"]
    assert "dead after" in card.locator(".figures").inner_text()
    assert card.locator("figure .none").inner_text() == "dead"


def test_an_opened_card_shows_everything(look, page, made):
    tab = look(page.path, "#channel=mixed4d_3x3:7")
    opened = tab.locator("#opened")
    opened.locator(".mosaic").first.wait_for()
    assert opened.locator("h2").inner_text() == "mixed4d_3x3 : 7"
    mosaics = opened.locator(".mosaic")
    for place, model in enumerate(made.models):
        assert indices(mosaics.nth(place)) == made.top(model, "mixed4d_3x3", 7)
    assert mosaics.nth(2).locator(".kept").count() == made.shared("mixed4d_3x3", 7)
    assert f"{made.shared('mixed4d_3x3', 7)} in common" in opened.locator(".numbers").inner_text()
    assert opened.locator(".objective").count() == 3
    shared = next(
        i for i in made.top(made.models[0], "mixed4d_3x3", 7) if i in made.top(made.models[2], "mixed4d_3x3", 7)
    )
    mosaics.nth(0).locator(f"[data-index='{shared}']").hover()
    assert mosaics.nth(2).locator("[aria-selected='true']").get_attribute("data-index") == str(shared)
    named = opened.locator(".named").inner_text()
    assert f"{FIRST}: {made.top(made.models[0], 'mixed4d_3x3', 7).index(shared) + 1}" in named
    assert any(name in named for name in fabricated.CLASSES)


def test_patches_on_demand(look, page, made):
    tab = look(page.path, "#channel=mixed4d_3x3:7")
    image = tab.locator("#opened .mosaic").first.locator("img").first
    image.wait_for()
    assert tab.evaluate("[...document.scripts].every(script => !script.src.includes('patches/'))")
    tab.get_by_label("Patches").check()
    until(tab, "document.querySelector('#opened .mosaic img').style.width")
    top = made.top(made.models[0], "mixed4d_3x3", 7)[0]
    split = datasets.load(f"folder:{made.images}").split("all")
    with compare.read(made.path).cache(made.models[0]) as cache:
        row = activations.fixed_patches(cache, split, "mixed4d_3x3", {7: [top]}).iloc[0]
    drawn = image.evaluate("one => [one.style.width, one.style.left, one.style.top].map(parseFloat)")
    side = row["right"] - row["left"]
    assert drawn == pytest.approx([100 / side, -100 * row["left"] / side, drawn[2]], abs=1.5)
    assert drawn[2] == pytest.approx(-100 * row["top"] / (row["bottom"] - row["top"]), abs=1.5)
    tab.keyboard.press("Space")
    assert not image.get_attribute("style") and "patches" not in tab.url


def test_histograms_count_the_images(look, page, made):
    tab = look(page.path, "#channel=mixed5b_1x1:3")
    opened = tab.locator("#opened")
    opened.locator(".histogram").wait_for()
    rows = opened.locator(".histogram tbody tr").all_inner_texts()
    counts = [[int(part) for part in row.split("\t")[1:]] for row in rows]
    assert [sum(column) for column in zip(*counts, strict=True)] == [made.k, made.k]
    opened.get_by_label("Count the images by").select_option("artist")
    assert "Ἀπελλῆς" in opened.locator(".histogram").inner_text()


def test_an_address_is_all_that_a_reader_shares(look, page):
    tab = look(page.path)
    tab.get_by_label("Layer", exact=True).select_option("mixed5b_1x1")
    tab.get_by_label("Order").select_option("entropy")
    tab.locator(".card a.open").nth(2).click()
    address, title = tab.url, tab.locator("#opened h2").inner_text()
    assert title.replace(" : ", ":") in address
    other = look(page.path, address[address.index("#") :])
    assert other.locator("#opened h2").inner_text() == title
    assert other.get_by_label("Order").input_value() == "entropy"
    tab.go_back()
    assert not tab.locator("#opened").is_visible() and "channel" not in tab.url


def test_an_address_of_nothing(look, page):
    tab = look(page.path, "#channel=mixed9z:1&order=nonsense&pair=7&layer=nowhere")
    assert not tab.locator("#opened").is_visible()
    assert "None of 83 channels is left" in tab.locator("#status").inner_text()
    assert "no channel mixed9z:1" in tab.locator("#said").inner_text()
    # What every object of the language has is no choice of this page.
    tab.goto(f"{page.path.as_uri()}#show=constructor")
    until(tab, "document.getElementById('status').textContent === '83 channels'")


@pytest.mark.parametrize(
    ("typed", "opened"),
    [
        ("4d 52", "mixed4d_3x3 : 52"),
        ("mixed4d_3x3:7", "mixed4d_3x3 : 7"),
        ("4d 1x1 3", "mixed4d_1x1 : 3"),
        ("5b 1x1: 2", "mixed5b_1x1 : 2"),
        ("conv2d0 4", "conv2d0 : 4"),
    ],
)
def test_jump(look, page, typed, opened):
    tab = look(page.path)
    tab.get_by_label("Jump to a channel").fill(typed)
    tab.keyboard.press("Enter")
    assert tab.locator("#opened h2").inner_text() == opened


def test_jump_to_nothing_and_to_a_choice(look, page):
    tab = look(page.path)
    field = tab.get_by_label("Jump to a channel")
    field.fill("4d 3")
    assert len(tab.locator("#found a").all_inner_texts()) == 3
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("ArrowDown")
    second = tab.locator("#found a").nth(1).inner_text()
    tab.keyboard.press("Enter")
    assert tab.locator("#opened h2").inner_text().replace(" : ", ":") == second
    close(tab)
    field.fill("4d 999")
    tab.keyboard.press("Enter")
    assert "No channel is called “4d 999”" in tab.locator("#said").inner_text()


def test_notes_stay_and_leave_as_a_table(look, page, tmp_path):
    tab = look(page.path, "#channel=mixed4d_3x3:7")
    text = '=SUM(A1), "hands"\n<b>gold</b> 絵'
    tab.get_by_label("My note").fill(text)
    tab.locator("#opened .star").click()
    close(tab)
    tab.reload()
    tab.wait_for_selector("html[data-ready]", state="attached")
    tab.goto(f"{page.path.as_uri()}#show=note")
    assert tab.locator("#status").inner_text() == "1 of 83 channels"
    assert tab.locator(".card .star").get_attribute("aria-pressed") == "true"
    with tab.expect_download() as download:
        tab.get_by_role("button", name="Export marks").click()
    download.value.save_as(tmp_path / "marks.csv")
    content = (tmp_path / "marks.csv").read_bytes().decode("utf-8-sig")
    assert list(csv.DictReader(io.StringIO(content, newline=""))) == [
        # With the apostrophe, no spreadsheet takes it for a formula.
        {"layer": "mixed4d_3x3", "channel": "7", "star": "yes", "note": f"'{text}"}
    ]
    other = look(page.path)
    other.locator("#import").set_input_files(tmp_path / "marks.csv")
    other.locator("#said").filter(has_text="1 marked channel read").wait_for()
    other.goto(f"{page.path.as_uri()}#channel=mixed4d_3x3:7")
    assert other.get_by_label("My note").input_value() == text


TABLES = (
    ("a,b\n1,2\n", "is no table of marks"),
    ('layer,channel,star,note\nnowhere,1,yes,"x"\n', "1 row left out"),
    ('layer,channel,star,note\nconv2d0,1,yes,"x', "is no table of marks"),
)


FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\n=1", "\r=1", "＝1+1", "＠a", "'=1", "''")


def test_no_cell_of_a_table_is_a_formula(look, page):
    tab = look(page.path)
    rows = [[text, "plain", "'tis", "a=b"] for text in FORMULAS]
    written = tab.evaluate("rows => artlucid.csv.written(rows)", rows)
    assert all(row[0].startswith("'") for row in csv.reader(io.StringIO(written, newline="")))
    assert tab.evaluate("text => artlucid.csv.read(text)", written) == rows


def test_tables_with_semicolons_are_read(look, page, tmp_path):
    tab = look(page.path, "#show=note")
    (tmp_path / "table.csv").write_text('layer;channel;star;note\nconv2d0;1;yes;"a, b; c"\n', encoding="utf-8-sig")
    tab.locator("#import").set_input_files(tmp_path / "table.csv")
    tab.locator("#said").filter(has_text="1 marked channel read").wait_for()
    assert tab.locator(".noted").get_attribute("title") == "a, b; c"


def test_a_browser_that_keeps_nothing_says_so(look, page, tmp_path):
    tab = look(page.path)
    tab.evaluate("() => { Storage.prototype.setItem = () => { throw new Error('full'); }; }")
    (tmp_path / "table.csv").write_text("layer,channel,star,note\nconv2d0,1,yes,gold\n")
    tab.locator("#import").set_input_files(tmp_path / "table.csv")
    tab.locator("#said").filter(has_text="1 marked channel read from table.csv. This browser keeps no notes").wait_for()


def test_tables_of_something_else_are_refused(look, page, tmp_path):
    tab = look(page.path)
    for content, words in TABLES:
        (tmp_path / "table.csv").write_text(content)
        tab.locator("#import").set_input_files(tmp_path / "table.csv")
        tab.locator("#said").filter(has_text=words).wait_for()


def test_a_star_on_a_card_opens_nothing(look, page):
    tab = look(page.path)
    tab.locator(".card .star").first.click()
    assert tab.locator(".card .star").first.get_attribute("aria-pressed") == "true"
    assert not tab.locator("#opened").is_visible()
    tab.get_by_label("Show", exact=True).select_option("star")
    assert tab.locator("#status").inner_text() == "1 of 83 channels"


def test_marks_taken_away_where_only_marked_ones_are_shown(look, page):
    tab = look(page.path)
    for place in range(3):
        tab.locator(".card .star").nth(place).click()
    tab.get_by_label("Show", exact=True).select_option("star")
    order = names(tab)
    tab.locator(".card a.open").nth(1).click()
    tab.locator("#opened .star").click()
    # Its neighbours are still those that it was opened among.
    tab.keyboard.press("ArrowRight")
    assert tab.locator("#opened h2").inner_text().replace(" : ", ":") == order[2]
    close(tab)
    assert focused(tab) == order[2] and names(tab) == [order[0], order[2]]
    tab.locator(".card .star").last.focus()
    tab.keyboard.press("Space")
    assert names(tab) == [order[0]] and focused(tab) == order[0]


def test_keys_alone(look, page):
    tab = look(page.path)
    order = names(tab)
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "channels-title"
    tab.locator(".card a.open").first.focus()
    columns = tab.locator(".card").evaluate_all(
        "cards => cards.filter(card => card.offsetTop === cards[0].offsetTop).length"
    )
    for key, expected in (("ArrowRight", 1), ("ArrowDown", 1 + columns), ("ArrowLeft", columns), ("ArrowUp", 0)):
        tab.keyboard.press(key)
        assert focused(tab) == order[expected]
    tab.keyboard.press("End")
    last = focused(tab)
    assert last == f"{fabricated.DEAD[0]}:{fabricated.DEAD[1]}"
    tab.keyboard.press("Home")
    tab.keyboard.press("Enter")
    heading = tab.locator("#opened h2")
    assert heading.inner_text().replace(" : ", ":") == order[0]
    tab.keyboard.press("ArrowRight")
    assert heading.inner_text().replace(" : ", ":") == order[1] and order[1] in tab.url
    tab.keyboard.press("ArrowLeft")
    tab.keyboard.press("ArrowLeft")
    assert heading.inner_text().replace(" : ", ":") == order[0]
    tab.keyboard.press("ArrowRight")
    # In a note the arrow keys move the caret.
    tab.get_by_label("My note").fill("ab")
    tab.keyboard.press("ArrowLeft")
    assert heading.inner_text().replace(" : ", ":") == order[1]
    tab.locator("#opened .mosaic").first.locator("[tabindex='0']").focus()
    tab.keyboard.press("ArrowRight")
    assert tab.evaluate("document.activeElement.ariaLabel").startswith("2: ")
    assert heading.inner_text().replace(" : ", ":") == order[1]
    close(tab)
    assert focused(tab) == order[1]


def close(tab):
    """Press Escape, and wait until the page is as it was before a card was opened."""
    tab.keyboard.press("Escape")
    until(tab, "!opened.open && !location.hash.includes('channel=')")


def focused(tab):
    return tab.evaluate("document.activeElement.textContent").replace(" : ", ":")


def test_names_are_text(look, page):
    tab = look(page.path, "#channel=mixed4d_3x3:7")
    tab.locator("#opened .mosaic").first.wait_for()
    tab.locator("#opened .mosaic .image").nth(1).hover()
    assert tab.locator("body b, body i").count() == 0
    assert tab.title() == f"{FIRST} → {STYLES} → {LAST}"
    assert tab.evaluate("[...document.scripts].every(script => script.src)")


def test_the_grid_holds_what_is_on_the_screen(look, tmp_path):
    made = fabricated.make(tmp_path, layers={"conv2d0": 3000}, blocks={}, models=("a", "b"), per_class=4, k=5)
    tab = look(report.write(made.path).path, "#order=graph")
    for part in (0.3, 1.0, 0.5, 0.0):
        tab.evaluate("part => scrollTo(0, part * document.documentElement.scrollHeight)", part)
        until(
            tab,
            """[...document.querySelectorAll('.card')].map(card => card.getBoundingClientRect())
            .some(({ top, bottom }) => top < innerHeight && bottom > 0)""",
        )
        assert tab.locator(".card").count() < 120
    assert names(tab)[0] == "conv2d0:0"
    tab.locator(".card a.open").first.focus()
    tab.keyboard.press("End")
    assert focused(tab) == "conv2d0:2999"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["wide", "middle", "phone"])
def test_accessible(look, page, size, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed.")
    tab = look(page.path, size=size, scheme=scheme)
    tab.locator("#channels-title").scroll_into_view_if_needed()
    tab.evaluate("grid.scrollIntoView()")
    tab.locator(".nine img").first.wait_for()
    assert_no_serious_finding(axe, tab)
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    tab.locator(".card a.open").first.click()
    tab.locator("#opened .mosaic").first.wait_for()
    assert_no_serious_finding(axe, tab)
    assert tab.evaluate("opened.scrollWidth <= opened.clientWidth")
    assert tab.evaluate("document.getAnimations().length") == 0


def assert_no_serious_finding(axe, tab):
    # Without its own reading of the style sheets, which the page does not allow to any script.
    found = axe.Axe().run(tab, options={"preload": False}).response["violations"]
    serious = [
        (one["id"], [node["html"][:200] for node in one["nodes"]][:3])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
    assert serious == []


def test_text_is_large_enough(look, page):
    tab = look(page.path, "#channel=mixed4d_3x3:7")
    tab.locator("#opened .mosaic").first.wait_for()
    small = """[...document.querySelectorAll('body *')]
        .filter(one => one.children.length === 0 && one.textContent.trim())
        .filter(one => parseFloat(getComputedStyle(one).fontSize) < 16)
        .map(one => one.outerHTML.slice(0, 100))"""
    assert tab.evaluate(small) == []
