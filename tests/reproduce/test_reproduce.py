"""From items to results, on a network that trains in a second."""

import json
import re
import shutil

import pytest
from reproduce import miniature

from artlucid import compare, reproduce, runs
from artlucid.errors import OutputError, ReproductionError
from artlucid.reproduce import _draw

pytestmark = [
    pytest.mark.reproduction,
    pytest.mark.filterwarnings("ignore::artlucid.errors.RunWarning", "ignore::artlucid.errors.DataWarning"),
]


@pytest.fixture
def copied(made, tmp_path):
    """A copy of the finished rehearsal, to be gone on with or damaged."""
    return shutil.copytree(made.path, tmp_path / "paper", symlinks=True)


@pytest.fixture
def refused(expect_refusal):
    return lambda *parts: expect_refusal(*parts, kind=ReproductionError)


def test_tables_have_values_for_each_row(made):
    tables = made.results["tables"]
    assert list(tables) == ["table1", "table2", "table3", "table4"]
    for name, rows in tables.items():
        there = [row for row in rows if row["measure"].rpartition("_")[2] != "paintings"]
        # One training: no second one of mode A. Three classes: all accuracies but the first are of no use.
        wanted = [row for row in there if row["row"] != "a1_to_a2" and row["measure"] not in ("top_3", "top_5")]
        assert [row["row"] for row in wanted if row["runs"] != 1] == [], name


def test_values_are_those_of_the_artefacts(made):
    """Worked out again from the runs, by other ways than the tables came by."""
    found = compare.read(made.path / "comparisons" / "scratch-from-start-0").layers
    kernels = found.set_index("layer")["kernel_distance"]
    (row,) = [row for row in made.results["tables"]["table2"] if row["row"] == "scratch_from_start"]
    assert row["ours"] == pytest.approx(kernels[["conv2d0", "mixed4a", "mixed5a"]].mean())
    scores = json.loads((made.path / "scores" / "rasta-A-0.json").read_text())
    (row,) = [
        row for row in made.results["tables"]["table1"] if (row["row"], row["measure"]) == ("fine_tuning", "top_1")
    ]
    assert row["ours"] == pytest.approx(100 * scores["top_1"])


def test_frozen_layers_are_left_out(made):
    """conv2d0 is the low layer of this network: the end from scratch leaves it as it was."""
    found = compare.read(made.path / "comparisons" / "high-from-start-0").layers.set_index("layer")
    (row,) = [row for row in made.results["tables"]["table2"] if row["row"] == "high_layers_from_start"]
    assert found.loc["conv2d0", "kernel_distance"] == 0
    assert row["ours"] == pytest.approx(found.loc[["mixed4a", "mixed5a"], "kernel_distance"].mean())


def test_every_row_says_in_what_it_differs(made):
    for name, rows in made.results["tables"].items():
        for row in rows:
            if row["runs"]:
                assert "narrow" in row["differs"] or "random" in row["differs"], (name, row)


def test_double_fine_tuning_goes_on_from_the_first(made):
    double, first = (runs.open_run(made.path / "runs" / name) for name in ("rasta-iconart-F-0", "rasta-A-0"))
    assert double.manifest["initial_weights"]["lineage"]["run"] == str(first.path.absolute())
    assert double.manifest["recipe"]["name"] == "F" and double.manifest["recipe"]["epochs"] == 1


def test_the_square_has_both_recipes_from_both_weights(made):
    cells = {(row["weights"], row["recipe"]): row["values"] for row in made.results["squares"]}
    assert set(cells) == {(weights, recipe) for weights in ("ImageNet", "ImageNet, then RASTA") for recipe in "AF"}
    precisions = {
        name: json.loads((made.path / "scores" / f"{name}-0.json").read_text())["mean_average_precision"]
        for name in ("iconart-A", "rasta-iconart-F")
    }
    assert cells["ImageNet", "A"] == pytest.approx([precisions["iconart-A"]])
    assert cells["ImageNet, then RASTA", "F"] == pytest.approx([precisions["rasta-iconart-F"]])
    for text in ("random weights", "styles for RASTA", "icons for IconArt", "epochs: at most 1"):
        assert all(text in row["differs"] for row in made.results["squares"])
        assert text in (made.path / "tables" / "square-iconart.md").read_text(encoding="utf-8")


def test_figures_are_drawn_or_say_why_not(made):
    figures = made.results["figures"]
    for name in ("figure3", "figure4", *(f"figure{number}" for number in (5, 6, 7, 8, *range(10, 16)))):
        assert figures[name]["files"] and not figures[name]["reason"], figures[name]
        for file in figures[name]["files"]:
            assert (made.path / file).read_bytes().startswith(b"\x89PNG")
    # The channels of these are of layers that this network does not have; those of Figures 2 and 9 need two trainings.
    assert not figures["figure1"]["files"] and "of channels must have some" in figures["figure1"]["reason"]
    assert not figures["figure2"]["files"] and "needs 2 trainings" in (made.path / "index.md").read_text()


def test_the_page_shows_what_there_is(made):
    page = (made.path / "index.md").read_text(encoding="utf-8")
    for file in re.findall(r"\]\((figures/[^)]+)\)", page):
        assert (made.path / file).is_file()
    for finding in reproduce.FINDINGS.values():
        if finding.data != ("paintings",):
            assert finding.title in page
    assert "What the paper leaves open" in page
    assert "| Table 3 |" in page and "[Figure 6](figures/figure6-overlap.png)" in page
    assert str(made.path) not in page


def test_one_training_sees_nothing(made):
    assert {reading.verdict for reading in made.readings} <= {"not made", "cannot be seen at this size", "for the eye"}


def test_nothing_is_made_twice(made, drawn, copied):
    before = {path: path.stat().st_mtime_ns for path in copied.rglob("*") if path.is_file() and path.name != ".lock"}
    again = reproduce.reproduce(miniature.ITEMS, out=copied, settings=miniature.settings(drawn))
    assert again.results == made.results
    written = {str(path.relative_to(copied)) for path, time in before.items() if path.stat().st_mtime_ns != time}
    assert {path for path in written if not path.startswith(("tables/", "index.md", "results.json"))} == set()


def test_a_plan_knows_what_is_done(drawn, copied, made):
    planned = reproduce.plan(["all"], out=copied, settings=miniature.settings(drawn))
    assert all(step.done for step in planned.steps) and planned.seconds == 0
    shutil.rmtree(copied / "runs" / "scratch-iconart-F-0")
    (copied / "scores" / "rasta-A-0.csv").unlink()
    planned = reproduce.plan(["all"], out=copied, settings=miniature.settings(drawn))
    # What was made from the run that is gone is to be made again, too.
    wanted = {
        "fine-tune scratch-iconart-F-0",
        "score scratch-iconart-F-0",
        "score rasta-A-0",
        "compare iconart-scratch-to-double-0",
    }
    assert {step.name for step in planned.steps if not step.done} == wanted
    assert planned.seconds == pytest.approx(sum(step.seconds for step in planned.steps)) and planned.seconds > 0


def test_a_seed_joins(drawn, copied):
    planned = reproduce.plan(["table2"], out=copied, settings=miniature.settings(drawn, seeds=(0, 1)))
    done = {step.name for step in planned.steps if step.done}
    assert {name.rpartition("-")[2] for name in done} == {"0"} and "fine-tune rasta-scratch-0" in done
    to_do = {step.name for step in planned.steps} - done
    assert {name for name in to_do if not name.endswith("-1")} == {"compare A-twice-0"}


@pytest.mark.parametrize(
    ("changes", "differs"),
    [({"epochs": 2}, "epochs was 1, is 2"), ({"steps": 3}, "steps was 2, is 3"), ({"size": 16}, "size was 32, is 16")],
)
def test_other_settings_are_refused(changes, differs, copied, drawn, refused):
    with refused("those of the same settings", differs, "another `--out`"):
        reproduce.reproduce(["table1"], out=copied, settings=miniature.settings(drawn, **changes))


def test_other_data_are_refused(copied, drawn, refused):
    styles, icons = drawn
    with refused("those of the same settings", "rasta was", "another `--out`"):
        reproduce.plan(["table1"], out=copied, settings=miniature.settings((styles, icons), images_per_class=3))
    shuffled = miniature.with_shuffled_labels(styles, 0)
    with refused("those of the same settings", "rasta was", "another `--out`"):
        reproduce.plan(["table1"], out=copied, settings=miniature.settings((shuffled, icons)))


def test_a_run_of_something_else_is_refused(copied, drawn, refused):
    shutil.rmtree(copied / "runs" / "rasta-B-0")
    shutil.copytree(copied / "runs" / "rasta-A-0", copied / "runs" / "rasta-B-0")
    with refused("of the same experiment", "recipe A (epochs=1) where B (epochs=1) is wanted", "another `--out`"):
        reproduce.plan(["table2"], out=copied, settings=miniature.settings(drawn))


def test_one_process_a_folder(drawn, copied, refused):
    from filelock import FileLock

    with FileLock(copied / ".lock"), refused("one process at a time", str(copied), "Wait"):
        reproduce.reproduce(["table1"], out=copied, settings=miniature.settings(drawn))


def test_memory_is_freed_after_each_step_that_was_made(drawn, copied):
    freed = []
    for name in ("rasta-A-0", "rasta-shelf-0"):
        (copied / "scores" / f"{name}.json").unlink()
    reproduce.reproduce(
        ["table1"], out=copied, settings=miniature.settings(drawn), after_step=lambda: freed.append("a step")
    )
    assert len(freed) == 2


def test_damaged_artefacts_are_made_again(made, drawn, copied):
    (copied / "scores" / "rasta-A-0.json").write_text("{")
    (copied / "comparisons" / "imagenet-to-A-0" / "compare.json").write_text("[]")
    (copied / "figures" / "figure5.png").unlink()
    again = reproduce.reproduce(miniature.ITEMS, out=copied, settings=miniature.settings(drawn))
    assert again.results == made.results


def test_activations_that_were_removed_are_made_again_where_they_are_needed(made, drawn, copied):
    shutil.rmtree(copied / "activations")
    planned = reproduce.plan(miniature.ITEMS, out=copied, settings=miniature.settings(drawn))
    assert all(step.done for step in planned.steps)
    (copied / "findings" / "A-to-B-0.h5").unlink()
    (copied / "figures" / "figure11.json").unlink()
    again = reproduce.reproduce(miniature.ITEMS, out=copied, settings=miniature.settings(drawn))
    assert again.results == made.results


def test_visual_change_is_known_of_layers_with_a_single_picture(made):
    rows = json.loads((made.path / "findings" / "visual-change-0.json").read_text(encoding="utf-8"))["rows"]
    assert len(rows) > 1
    assert len({row["layer"] for row in rows}) == len(rows)
    assert all(row["visual_change"] > 0 for row in rows)


def test_visual_change_stands_while_a_figure_adds_channels_to_one_network(drawn, copied):
    manifests = copied / "pictures" / "rasta-A-0" / "manifests"
    shutil.copy(next(manifests.iterdir()), manifests / "mixed4a_pre_relu-0007.json")
    planned = reproduce.plan(["findings"], out=copied, settings=miniature.settings(drawn))
    assert [step.name for step in planned.steps if not step.done] == []


def test_a_figure_that_a_full_disk_stopped_is_not_done(made, drawn, copied, monkeypatch):
    (copied / "figures" / "figure5.json").unlink()
    with monkeypatch.context() as patch, pytest.raises(OutputError, match="full"):
        patch.setattr(_draw.figures, "save", _full_disk)
        reproduce.reproduce(["figure5"], out=copied, settings=miniature.settings(drawn))
    again = reproduce.reproduce(["figure5"], out=copied, settings=miniature.settings(drawn))
    assert again.results["figures"]["figure5"] == made.results["figures"]["figure5"]


def _full_disk(*arguments, **options):
    raise OutputError("The disk is full.")


def test_a_figure_of_two_trainings_is_not_shown_for_one(drawn, copied):
    (copied / "figures" / "figure2.json").write_text('{"files": ["figure2.png"], "reason": ""}')
    found = reproduce.reproduce(["figure2"], out=copied, settings=miniature.settings(drawn))
    assert found.results["figures"]["figure2"]["files"] == []
    assert "figure2.png" not in (copied / "index.md").read_text(encoding="utf-8")


def test_comparisons_share_their_activations(made):
    shared = made.path / "activations" / "rasta"
    for folder in (made.path / "comparisons").glob("imagenet-to-*"):
        assert (folder / "activations").resolve() == shared.resolve()
        assert compare.read(folder).cache(compare.read(folder).models[1]).path.is_file()
