"""Tables beside the paper's, against values worked by hand."""

import doctest
import importlib
import io
import json
import re
import statistics
import subprocess
import sys
from types import SimpleNamespace

import h5py
import numpy as np
import pandas as pd
import pytest
from figures.comparisons import WHOLE, all_layers, layers

from artlucid import recipes, reference, tables
from artlucid.errors import TableError

# The rows of each table as they are printed, read from the paper once more.
PRINTED = {
    1: """
        30.95 58.71 74.10
        55.18 82.25 91.06
        50.35 78.04 88.42
        45.29 73.44 84.67
        58.76 83.99 92.23
    """,
    2: "1.26 1.24 1.23 6.52 8.13",
    3: """
        56.0 53.2
        52.4 54.4
        64.8 59.2
        65.6 67.4
        59.6 59.4
        49.1 50.1
    """,
    4: """
        0.90 0.14 0.91 0.15
        0.73 1.61 0.76 1.67
        0.79 0.78 0.77 0.86
        0.70 0.91 0.72 1.01
        0.83 0.27 0.79 0.52
    """,
}

# Where some of them stand, by row and column.
PLACES = {
    1: {("off_the_shelf", "top_1"): 30.95, ("fine_tuning", "top_5"): 91.06, ("ensemble", "top_3"): 83.99},
    2: {("imagenet_to_a1", "mean_kernel_distance"): 1.26, ("scratch_from_start", "mean_kernel_distance"): 8.13},
    3: {
        ("double_fine_tuning", "mean_average_precision_iconart"): 67.4,
        ("off_the_shelf_rasta", "mean_average_precision_paintings"): 52.4,
    },
    4: {
        ("imagenet_to_small", "mean_cka_iconart"): 0.90,
        ("imagenet_to_double", "mean_kernel_distance_paintings"): 1.67,
        ("rasta_to_double", "mean_cka_paintings"): 0.77,
        ("scratch_to_double", "mean_kernel_distance_iconart"): 0.27,
    },
}


@pytest.fixture
def refused(expect_refusal):
    return lambda *parts: expect_refusal(*parts, kind=TableError)


@pytest.fixture
def results():
    rows = [("fine_tuning", "top_1", seed, value) for seed, value in enumerate((0.476, 0.506, 0.5))]
    rows += [("fine_tuning", "top_3", 0, 0.771), ("ensemble", "top_1", 0, None)]
    table = pd.DataFrame(rows, columns=["row", "measure", "seed", "value"])
    return table.assign(differs=["BVLC's weights", "BVLC's weights", "16 styles_of & more", "16 styles | 10 %", ""])


@pytest.mark.parametrize("name", ["_beside", "_changes", "_results"])
def test_examples(name):
    found = doctest.testmod(importlib.import_module(f"artlucid.tables.{name}"))
    assert found.failed == 0 < found.attempted


@pytest.mark.parametrize("number", reference.TABLES)
def test_the_papers_values(number):
    table = tables.beside_the_paper(number, pd.DataFrame(columns=["row", "measure", "seed", "value", "differs"]))
    found = {(row.row, row.measure): row.paper for row in table.itertuples()}
    assert list(found.values()) == [float(value) for value in PRINTED[number].split()]
    assert {key: found[key] for key in PLACES[number]} == PLACES[number]
    assert (table["runs"] == 0).all() and table["ours"].isna().all()
    for known in found:
        assert known[1] in reference.TABLES[number].measures


def test_values_of_the_text_are_those_that_no_table_has():
    said = {(key, name): value for key, row in reference.IN_TEXT.items() for name, value in row.values.items()}
    assert said == {("imagenet_to_a1", "mean_cka"): 0.77, ("imagenet_to_small", "mean_cka_iconart"): 0.89}
    for key, name in said:
        printed = [table.rows[key].values.get(name) for table in reference.TABLES.values() if key in table.rows]
        assert said[key, name] not in printed and printed


def test_means_and_spread_over_seeds(results):
    table = tables.beside_the_paper(1, results).set_index(["row", "measure"])
    one = table.loc[("fine_tuning", "top_1")]
    assert (one["paper"], one["runs"]) == (55.18, 3)
    assert one["ours"] == pytest.approx(49.4)
    assert (one["lowest"], one["highest"]) == pytest.approx((47.6, 50.6))
    assert one["standard_deviation"] == pytest.approx(statistics.stdev([47.6, 50.6, 50.0]))
    assert one["differs"] == "BVLC's weights; 16 styles_of & more"
    single = table.loc[("fine_tuning", "top_3")]
    assert (single["ours"], single["runs"]) == (pytest.approx(77.1), 1) and np.isnan(single["standard_deviation"])
    assert table.loc[("ensemble", "top_1"), "runs"] == 0
    assert table["method"].iloc[0] == "Off-the-shelf, pretrained on ImageNet"


def test_changes_are_not_turned_into_per_cent():
    row = {"row": "imagenet_to_a1", "measure": "mean_kernel_distance", "seed": 0, "value": 1.3, "differs": ""}
    table = tables.beside_the_paper(2, pd.DataFrame([row]))
    assert table.loc[0, "ours"] == 1.3
    assert "| 1.26 | 1.30 | 1 | – |" in tables.as_markdown(table)


def test_markdown_has_a_line_a_row_and_measure(results):
    lines = tables.as_markdown(tables.beside_the_paper(1, results)).splitlines()
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    assert {len(row) for row in cells} == {7} and len(cells) == 17
    assert cells[0] == ["method", "measure", "paper", "ours", "runs", "lowest … highest", "differs from the paper's"]
    method = "Fine-tuning, pretrained on ImageNet (mode A, training 1)"
    differs = r"BVLC's weights; 16 styles\_of \& more"
    assert cells[5] == [method, "top-1, %", "55.18", "49.40", "3", "47.60 … 50.60", differs]
    assert cells[6] == ["", "top-3, %", "82.25", "77.10", "1", "–", r"16 styles \| 10 %"]
    assert cells[7] == ["", "top-5, %", "91.06", "–", "0", "–", ""]


def test_latex_escapes_what_latex_would_take_for_commands(results):
    results["differs"] = "100 % of people_art & $x^2$ {~} \\n #1 …"
    text = tables.as_latex(tables.beside_the_paper(1, results))
    escaped = r"100 \% of people\_art \& \$x\textasciicircum{}2\$ \{\textasciitilde{}\} \textbackslash{}n \#1 \ldots{}"
    assert escaped in text
    rows = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert len(rows) == 16 and {len(re.findall(r"(?<!\\)&", row)) for row in rows} == {6}
    assert text.count(r"\begin{tabular}") == text.count(r"\end{tabular}") == 1
    assert r"\label{tab:paper-1}" in text and r"\toprule" in text and r"\caption{" in text
    specification = re.search(r"\\begin{tabular}{(.*)}", text)[1]
    assert len(re.sub(r"p{[^}]*}", "p", specification)) == 7
    assert text.isascii()


def test_csv_reads_back(results):
    table = tables.beside_the_paper(1, results)
    again = pd.read_csv(io.StringIO(tables.as_csv(table)))
    numbers = ["paper", "ours", "runs", "lowest", "highest", "standard_deviation"]
    pd.testing.assert_frame_equal(again[numbers], table[numbers])
    assert tables.as_markdown(again) == tables.as_markdown(table)


@pytest.mark.parametrize("number", reference.TABLES)
def test_three_files(number, tmp_path):
    table = tables.beside_the_paper(number, pd.DataFrame(columns=["row", "measure", "seed", "value", "differs"]))
    written = tables.save(table, tmp_path / "new" / f"table.{number}")
    assert [path.name for path in written] == [f"table.{number}.{form}" for form in ("csv", "md", "tex")]
    assert written[1].read_text(encoding="utf-8") == tables.as_markdown(table)
    (only,) = tables.save(table, tmp_path / "only", formats=["tex"])
    assert only.read_bytes() == written[2].read_bytes()


def test_means_over_layers_as_the_paper_takes_them():
    table = layers([("imagenet", "runs/styles"), ("imagenet", "runs/high")])
    table["kernel_distance"] = np.where(table["layer"].str.fullmatch(r"mixed\d\w"), np.nan, table.index + 1.0)
    high = table["model_b"] == "runs/high"
    table["analysed"] = table["layer"].isin(WHOLE)
    table["frozen"] = high & table["layer"].str.match("conv2d|mixed3")
    # A layer may change though its kernel does not, by those before it.
    table["frozen_kernel"] = table["frozen"] | (high & (table["layer"] == "mixed5b_1x1"))
    found = tables.mean_changes(table).set_index("model_b")
    whole = table["layer"].isin(WHOLE)
    assert found.loc["runs/styles", "cka_layers"] == 12 and found.loc["runs/styles", "kernel_layers"] == 57
    assert found.loc["runs/high", "cka_layers"] == 7 and found.loc["runs/high", "kernel_layers"] == 41
    for name, rows in (("runs/styles", ~high), ("runs/high", high & ~table["frozen"])):
        assert found.loc[name, "mean_cka"] == pytest.approx(table.loc[rows & whole, "cka"].mean())
        kernels = table.loc[rows & ~table["frozen_kernel"], "kernel_distance"]
        assert found.loc[name, "mean_kernel_distance"] == pytest.approx(kernels.mean())
    assert len(all_layers()) == 66


def test_unusable_results_are_refused(results, refused):
    with refused("`number` must be", "5", "1, 2, 3, 4"):
        tables.beside_the_paper(5, results)
    with refused("row, measure, seed, value, differs", "without differs", "Add"):
        tables.beside_the_paper(1, results.drop(columns="differs"))
    with refused("must be a DataFrame", "dict", "read_csv"):
        tables.beside_the_paper(1, {})
    with refused("keys of Table 1", "'finetuning'", "fine_tuning"):
        tables.beside_the_paper(1, results.replace("fine_tuning", "finetuning"))
    with refused("keys of Table 2", "'fine_tuning'", "imagenet_to_a1"):
        tables.beside_the_paper(2, results)
    with refused("one row for each row, measure and seed", "'seed': 0", "twice"):
        tables.beside_the_paper(1, results.assign(seed=0))
    for wrong in (49.4, "much", np.inf, -0.1):
        with refused("The value of top_1 must be a number in 0 … 1", repr(wrong), "Divide"):
            tables.beside_the_paper(1, results.astype({"value": object}).assign(value=[wrong, *results["value"][1:]]))


def test_unusable_tables_are_refused(results, refused, tmp_path):
    table = tables.beside_the_paper(1, results)
    for write in (*tables.FORMATS.values(), lambda one: tables.save(one, tmp_path / "x")):
        with refused("`table` must have the columns", "without runs", "Add"):
            write(table.drop(columns="runs"))
        with refused("one row for each row and measure of Table 1", "14 rows for 15", "beside_the_paper"):
            write(table.iloc[1:])
        with refused("beside one table", "[1, 2]", "one by one"):
            write(table.assign(table=[1, 2, *[1] * 13]))
    assert not list(tmp_path.iterdir())
    with refused("`formats` must be some of csv, md, tex", "['html']", "Give"):
        tables.save(table, tmp_path / "x", formats=["html"])


def test_unusable_comparisons_are_refused(refused):
    table = layers().assign(kernel_distance=0.1, analysed=True, frozen_kernel=False)
    with refused("must have the columns", "without kernel_distance", "Add"):
        tables.mean_changes(table.drop(columns="kernel_distance"))
    with refused("one row for each pair and layer", "imagenet", "one by one"):
        tables.mean_changes(pd.concat([table, table]))
    with refused("The column cka must hold numbers", "'much'", "empty"):
        tables.mean_changes(table.astype({"cka": object}).assign(cka="much"))


def test_without_tensorflow():
    code = (
        "import sys; from artlucid import tables; print(sorted({'tensorflow', 'keras', 'matplotlib'} & {*sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


IDENTITY = "1d" * 32

RASTA = {"specification": "rasta:/data/wikipaintings_full", "images": {"train": 63000, "val": 8000, "test": 9000}}
RASTA["class_names"] = [str(number) for number in range(25)]
ICONART = {"specification": "iconart:/data/IconArt_v1", "images": {"train": 2600, "val": 300, "test": 3055}}
ICONART["class_names"] = [str(number) for number in range(7)]
PEOPLEART = {"specification": "folder:/data/peopleart_styles", "images": {"train": 1500, "val": 300, "test": 300}}


def lineage(recipe="A", seed=0, dataset=RASTA, start=None, **changes):
    """As a run records it."""
    fields = recipes.to_json(recipes.RECIPES[recipe]) if recipe in recipes.RECIPES else {"name": recipe, "epochs": 20}
    found = {
        "recipe": {**fields, **changes.pop("recipe_changes", {})},
        "seed": seed,
        "architecture": {"name": "inception_v1", "variant": "inception5h"},
        "dataset": dataset,
        "initial_weights": {"source": "imagenet", "identity": "0" * 64, "lineage": {}} if start is None else start,
        "which": "best",
        "status": "finished",
        "epochs_done": fields["epochs"],
        **changes,
    }
    return json.loads(json.dumps(found))


def after(before):
    return {"source": "/runs/before", "identity": "0" * 64, "lineage": before}


@pytest.fixture
def run(tmp_path):
    """Writes what a run records of itself, and gives the scores of its best weights."""

    def write(name, found, identity=IDENTITY, **scores):
        path = tmp_path / name
        path.mkdir(exist_ok=True)
        state = {"status": found["status"], "epochs_done": found["epochs_done"], "best_epoch": 1, "best_loss": 1.0}
        manifest = {key: found[key] for key in ("recipe", "seed", "architecture", "dataset", "initial_weights")}
        (path / "run.json").write_text(json.dumps({"format": "artlucid.run", "version": 1, **manifest}))
        (path / "state.json").write_text(json.dumps({"format": "artlucid.state", "version": 1, **state}))
        with h5py.File(path / "best.h5", "w") as file:
            file.attrs["identity"] = identity
        about = {"model": str(path), "model_identity": IDENTITY, "split": "test", "images": 300}
        return {**about, "data": found["dataset"]["specification"], **scores}

    return write


def test_scores_of_the_papers_own_training(run):
    scores = [
        run(f"run-{seed}", lineage(seed=seed), top_1=value, top_3=0.8, top_5=None)
        for seed, value in enumerate((0.55, 0.53))
    ]
    rows = tables.from_scores(1, "fine_tuning", scores)
    assert list(rows) == ["row", "measure", "seed", "value", "differs"]
    assert rows.values.tolist() == [
        ["fine_tuning", "top_1", 0, 0.55, ""],
        ["fine_tuning", "top_3", 0, 0.8, ""],
        ["fine_tuning", "top_1", 1, 0.53, ""],
        ["fine_tuning", "top_3", 1, 0.8, ""],
    ]
    table = tables.beside_the_paper(1, rows).set_index(["row", "measure"])
    assert table.loc[("fine_tuning", "top_1"), ["paper", "ours", "runs"]].tolist() == [55.18, pytest.approx(54.0), 2]


def test_scores_say_in_what_weights_and_data_differ(run):
    found = lineage(
        recipe_changes={"epochs": 5, "momentum": 0.5},
        dataset=PEOPLEART,
        start={"source": "/weights/bvlc_googlenet.npz", "identity": "0" * 64, "lineage": {}},
        architecture={"name": "inception_v1", "variant": "bvlc"},
        epochs_done=4,
    )
    rows = tables.from_scores(1, "fine_tuning", run("run", found, top_1=0.4, split="val"), words=" by a colleague ")
    assert rows["differs"].tolist() == [
        "the variant bvlc of the network; initial weights bvlc_googlenet.npz; 5 epochs, not 20; recipe A with "
        "momentum 0.5; ended after 4 of 5 epochs; data folder:peopleart_styles, not rasta; scores of val, not test; "
        "by a colleague"
    ]
    other = tables.from_scores(1, "fine_tuning", run("other", lineage("B"), top_1=0.4))
    assert other["differs"].tolist() == ["recipe B, not A"]
    small = {**RASTA, "images": {"train": 1000, "test": 200}, "class_names": list("abc")}
    few = tables.from_scores(1, "fine_tuning", run("few", lineage(dataset=small), top_1=0.4))
    assert few["differs"].tolist() == ["1,200 of 80,000 images of rasta; 3 of 25 classes of rasta"]


@pytest.mark.parametrize(
    ("row", "found", "differs"),
    [
        ("double_fine_tuning", lineage("F", dataset=ICONART, start=after(lineage("A"))), ""),
        ("double_fine_tuning", lineage("F", dataset=ICONART), "no training on rasta before"),
        ("fine_tuning", lineage("A", dataset=ICONART), ""),
        ("fine_tuning", lineage("A", dataset=ICONART, start=after(lineage("A"))), "1 more training before"),
        ("off_the_shelf", lineage("off_the_shelf", dataset=ICONART), ""),
        ("off_the_shelf", lineage("off_the_shelf_svm", dataset=ICONART), "recipe off_the_shelf_svm, not off_the_shelf"),
        (
            "from_scratch",
            lineage("F", dataset=ICONART, start=after(lineage("from_scratch", start={"source": "none"}))),
            "",
        ),
        ("off_the_shelf_rasta", lineage("off_the_shelf", dataset=ICONART, start=after(lineage("A"))), ""),
        (
            "double_fine_tuning",
            lineage("F", dataset=ICONART, start=after(lineage("A", start={"source": "none"}))),
            "random initial weights",
        ),
    ],
)
def test_scores_of_chains_of_trainings(run, row, found, differs):
    rows = tables.from_scores(3, row, run("run", found, mean_average_precision=0.6), of="iconart")
    assert rows.values.tolist() == [[row, "mean_average_precision_iconart", 0, 0.6, differs]]


def test_scores_of_an_ensemble(run):
    members = [
        run("scratch", lineage("from_scratch", seed=2)),
        run("a", lineage(seed=0)),
        run("high", lineage("high_layers_from_scratch", seed=1)),
    ]
    scores = {**run("a", lineage(seed=0), top_1=0.6), "model": "ensemble of 3", "members": members}
    rows = tables.from_scores(1, "ensemble", [scores])
    assert rows.values.tolist() == [["ensemble", "top_1", "2+0+1", 0.6, ""]]
    rows = tables.from_scores(1, "ensemble", {**scores, "members": [members[1], run("b", lineage("B"))]})
    assert rows["differs"].tolist() == ["an ensemble of 2, not 3; recipe B, not high_layers_from_scratch"]


def test_scores_that_cannot_be_used(run, refused):
    scores = run("run", lineage(), top_1=0.5)
    with refused("must still have the weights that were scored", "1d1d1d1d1d1d… were scored", "evaluate it again"):
        tables.from_scores(1, "fine_tuning", run("changed", lineage(), identity="2e" * 32, top_1=0.5))
    with refused("`number` must be one of 1, 3", "2", "from_comparison"):
        tables.from_scores(2, "imagenet_to_a1", scores)
    with refused("`row` must be a key of Table 1", "'finetuning'", "fine_tuning"):
        tables.from_scores(1, "finetuning", scores)
    with refused("`of` must be one of paintings, iconart for Table 3", "None", "which of the two"):
        tables.from_scores(3, "fine_tuning", scores)
    with refused("`of` must be left out for Table 1", "'iconart'", "which of the two"):
        tables.from_scores(1, "fine_tuning", scores, of="iconart")
    with refused("must have the measures of Table 3", "mean_average_precision_iconart", "several labels"):
        tables.from_scores(3, "fine_tuning", scores, of="iconart")
    for wrong in ({}, [], "scores", None, [{"top_1": 0.5}]):
        with refused("must be what `evaluate` found", "", "--json"):
            tables.from_scores(1, "fine_tuning", wrong)


def comparison(pairs, **dataset):
    """Of pairs of a name and a lineage; CKA 0.8 and distance 1.5 over two layers, 0.1 and 0.5 more for each pair."""
    models, parts = [], []
    for number, two in enumerate(pairs):
        for name, found in two:
            architecture = found.get("architecture", {"variant": "inception5h"})
            models.append({"model": name, "source": name, "variant": architecture["variant"], "lineage": found})
        table = pd.DataFrame({"layer": ["conv2d0", "mixed4d"], "analysed": True, "frozen": False})
        table = table.assign(cka=[0.7, 0.9], kernel_distance=[1.0, 2.0]) if number == 0 else table.assign(
            cka=[0.8, 1.0], kernel_distance=[1.5, 2.5]
        )  # fmt: skip
        parts.append(table.assign(frozen_kernel=False, model_a=two[0][0], model_b=two[1][0]))
    manifest = {"models": models, "dataset": {**ICONART, **dataset}, "settings": {"cka_split": "test"}}
    return SimpleNamespace(layers=pd.concat(parts, ignore_index=True), manifest=manifest)


def test_kernel_distances_of_comparisons():
    pairs = [[("imagenet", {}), (f"/runs/a{seed}", lineage(seed=seed))] for seed in (0, 1)]
    rows = tables.from_comparison(2, "imagenet_to_a1", comparison(pairs))
    assert rows.values.tolist() == [
        ["imagenet_to_a1", "mean_kernel_distance", seed, pytest.approx(1.5 + seed / 2), ""] for seed in (0, 1)
    ]
    two = comparison([[("/runs/a0", lineage(seed=0)), ("/runs/b1", lineage("B", seed=1))]])
    rows = tables.from_comparison(2, "a1_to_b1", two)
    assert rows[["seed", "differs"]].values.tolist() == [["0+1", ""]]
    assert tables.from_comparison(2, "a1_to_a2", two)["differs"].tolist() == ["recipe B, not A"]


def test_comparisons_with_the_start_of_a_training():
    start = lineage("high_layers_from_scratch", seed=4, which="initial", epochs_done=0)
    end = lineage("high_layers_from_scratch", seed=4)
    for pair in ([("/r@initial", start), ("/r", end)], [("/r", end), ("/r@initial", start)]):
        rows = tables.from_comparison(2, "high_layers_from_start", comparison([pair]))
        assert rows[["seed", "differs"]].values.tolist() == [[4, ""]]
    both = comparison([[("/r", end), ("/s", lineage("high_layers_from_scratch", seed=5))]])
    rows = tables.from_comparison(2, "high_layers_from_start", both)
    assert rows["differs"].tolist() == ["not a network and its own start"]


def test_changes_on_the_small_datasets():
    double = lineage("F", dataset=ICONART, start=after(lineage("A")), seed=3)
    rows = tables.from_comparison(
        4, "rasta_to_double", comparison([[("/runs/a", lineage()), ("/runs/f", double)]]), of="iconart", words="x"
    )
    assert rows.values.tolist() == [
        ["rasta_to_double", "mean_cka_iconart", "0+3", pytest.approx(0.8), "x"],
        ["rasta_to_double", "mean_kernel_distance_iconart", "0+3", pytest.approx(1.5), "x"],
    ]
    assert tables.beside_the_paper(4, rows)["runs"].sum() == 2
    bvlc = {"architecture": {"variant": "bvlc"}}
    other = comparison([[("bvlc", {}), ("/runs/f", {**double, **bvlc})]], specification="folder:/data/byzart")
    other.manifest["models"][0]["variant"] = "bvlc"
    other.manifest["settings"]["cka_split"] = "all"
    rows = tables.from_comparison(4, "imagenet_to_double", other, of="iconart")
    assert set(rows["differs"]) == {
        "initial weights bvlc; the variant bvlc of the network; CKA of data folder:byzart, not iconart; "
        "CKA of all, not test"
    }


def test_stand_ins_are_named_where_little_is_as_in_the_paper():
    """Held to the row's networks in the wrong order there would be less to say, but not of the images."""
    bvlc = {"architecture": {"variant": "bvlc"}}
    few = {**RASTA, "images": {"train": 48}, "class_names": ["one", "two"]}
    run = lineage(dataset=few, epochs_done=3, recipe_changes={"epochs": 3}, **bvlc)
    rows = tables.from_comparison(2, "imagenet_to_a1", comparison([[("bvlc.npz", {}), ("/runs/a", run)]]))
    assert rows["differs"].tolist() == [
        "the variant bvlc of the network; 3 epochs, not 20; 48 of 80,000 images of rasta; 2 of 25 classes of rasta"
    ]


def test_what_is_no_comparison(refused):
    with refused("must be one that `compare.read` gives", "DataFrame", "artlucid compare"):
        tables.from_comparison(2, "a1_to_b1", pd.DataFrame())
    with refused("`number` must be one of 2, 4", "1", "from_scores"):
        tables.from_comparison(1, "fine_tuning", None)
