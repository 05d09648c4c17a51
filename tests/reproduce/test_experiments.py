"""The tables of the paper's experiments fit each other, the recipes, the networks and the paper's own tables."""

import re

import pandas as pd
import pytest

from artlucid import architectures, recipes, reference
from artlucid._channel import parse
from artlucid.errors import ReproductionError
from artlucid.reproduce import FINDINGS, ITEMS, Settings
from artlucid.reproduce._channels import CHOICES, NAMED
from artlucid.reproduce._draw import DRAWINGS
from artlucid.reproduce._items import chosen, is_possible
from artlucid.reproduce._results import COMPARED, SCORED
from artlucid.reproduce._scores import ENSEMBLES
from artlucid.reproduce._states import PAIRINGS, ROLES, SMALL, TRAININGS, State

FIGURES = [f"figure{number}" for number in range(1, 18)]
TABLES = [f"table{number}" for number in range(1, 5)]


def test_every_table_and_figure_of_the_paper_is_an_item():
    assert list(ITEMS) == [*TABLES, *FIGURES, "findings"]
    assert list(DRAWINGS) == FIGURES


def test_trainings_are_in_an_order_in_which_they_can_be_done():
    done = set()
    for name, training in TRAININGS.items():
        assert name == training.name and training.data in ROLES
        assert training.weights is None or training.weights in done
        assert training.recipe is None or training.recipe in recipes.RECIPES
        done.add(name)


def test_modes_of_figures_2_and_9():
    for item in (ITEMS["figure2"], ITEMS["figure9"]):
        (pictures,) = item.pictures
        wanted = [State(f"rasta-{mode}", later=later) for mode in "ABCDE" for later in (0, 1)]
        assert list(pictures.states) == wanted and item.seeds == item.fewest == 2
    assert CHOICES["figure-2"].named == ("mixed4d_3x3_pre_relu:52",)


@pytest.mark.parametrize("data", SMALL)
def test_table_3_has_the_full_square(data):
    square = {(TRAININGS[name].weights, TRAININGS[name].recipe) for name in ITEMS["table3"].scores if data in name}
    assert {(weights, recipe) for weights in (None, "rasta-A") for recipe in "AF"} <= square


def test_rows_of_tables_are_the_papers():
    for number, rows in {**SCORED, **COMPARED}.items():
        assert list(rows) == list(reference.TABLES[number].rows)
        for name in rows.values():
            for data in SMALL:
                assert name.format(data=data) in {*TRAININGS, *PAIRINGS, *ENSEMBLES}


def test_items_are_made_of_what_there_is():
    for item in ITEMS.values():
        assert set(item.scores) <= set(TRAININGS) and set(item.pairings) <= set(PAIRINGS)
        assert {pictures.choice for pictures in item.pictures} <= set(CHOICES)
        assert {*item.data, *item.some_of} <= set(ROLES)
        for one in item.open:
            assert one.what and one.source


def test_tables_score_and_compare_all_of_their_rows():
    for number, rows in SCORED.items():
        names = {name.format(data=data) for name in rows.values() for data in SMALL} - set(ENSEMBLES)
        assert names <= set(ITEMS[f"table{number}"].scores)
    for number, rows in COMPARED.items():
        names = {name.format(data=data) for name in rows.values() for data in SMALL}
        assert names <= set(ITEMS[f"table{number}"].pairings)


def test_findings_are_decided_by_what_is_made():
    made = {*TRAININGS, *PAIRINGS, *ENSEMBLES, "visual-change"}
    for finding in FINDINGS.values():
        assert set(finding.subjects(finding.data)) <= made
        assert set(finding.data) <= set(ROLES)


def test_frozen_low_layers_stay_those_of_imagenet():
    """As facts.md has it: the end from scratch keeps conv2d0 … mixed3b."""
    high = TRAININGS["rasta-high"]
    assert high.recipe == "high_layers_from_scratch" and high.weights is None
    assert TRAININGS["scratch-iconart-F"].weights == "rasta-scratch"
    assert TRAININGS["rasta-paintings-F"].recipe == "F" and TRAININGS["paintings-A"].recipe == "A"


@pytest.mark.parametrize("variant", ["inception5h", "bvlc"])
def test_named_channels_are_channels(variant):
    architecture = architectures.ARCHITECTURES[variant]
    widths = {layer.name: layer.filters for layer in architecture.backbone if hasattr(layer, "filters")}
    for name in NAMED:
        channel = parse(name)
        assert 0 <= channel.number < widths[channel.layer.removesuffix("_pre_relu")]


def test_all_is_every_item_and_names_are_in_the_papers_order():
    assert chosen([]) == chosen(["all"]) == list(ITEMS.values())
    assert [item.name for item in chosen(["figure5", "table1", "figure5"])] == ["table1", "figure5"]


def test_an_unknown_item_gets_the_nearest(expect_refusal):
    with expect_refusal("some of all, table1", "'figur5'", "Did you mean 'figure5'?", kind=ReproductionError):
        chosen(["figur5"])


def test_what_can_be_made_without_some_data():
    possible = [name for name, item in ITEMS.items() if is_possible(item, ["rasta"])]
    assert "table1" in possible and not {"table3", "table4", "figure16", "figure17"} & set(possible)
    assert is_possible(ITEMS["table3"], ["rasta", "paintings"]) and not is_possible(
        ITEMS["figure16"], ["rasta", "paintings"]
    )
    assert [name for name, item in ITEMS.items() if is_possible(item, ["iconart"])] == []


@pytest.mark.parametrize(
    ("given", "rule", "received", "advice"),
    [
        ({"seeds": ()}, "`seeds` must be one or more", "()", "--seeds 0,1"),
        ({"seeds": (0, 0)}, "`seeds` must be one or more different", "(0, 0)", "--seeds 0,1"),
        ({"seeds": (-1,)}, "integers of at least 0", "(-1,)", "--seeds 0,1"),
        ({"epochs": 0}, "`epochs` must be an integer of at least 1", "0", "--epochs"),
        ({"images_per_class": True}, "`images_per_class` must be", "True", "--images-per-class"),
        ({"resamples": 19}, "`resamples` must be an integer of at least 20", "19", "--resamples"),
        ({"channels": 2.0}, "`channels` must be", "2.0", "--channels"),
    ],
)
def test_settings_are_refused(given, rule, received, advice, expect_refusal):
    with expect_refusal(rule, received, advice, kind=ReproductionError):
        Settings(**given)


def test_the_papers_weights_go_into_the_papers_network():
    assert Settings().architecture == "gonthier"
    assert Settings(architecture="inception5h").architecture == "inception5h"
    assert Settings(weights="bvlc").architecture is None


def test_titles_are_plain():
    assert not [item.title for item in ITEMS.values() if re.search(r"[|`*_\[\]]", item.title)]


def test_channels_of_a_rule_have_whole_top_sets():
    """The lowest entropy of all is that of a channel that fires for one image."""
    from artlucid.reproduce._channels import channels_of

    rows = [
        ("mixed5a_1x1", 3, 0.0, 1, False),
        ("mixed5a_1x1", 4, 0.2, 500, False),
        ("mixed5a_3x3", 5, 0.1, 100, False),
        ("mixed5b_1x1", 6, 0.0, 900, True),
        ("mixed4a_1x1", 7, 0.0, 900, False),
    ]
    table = pd.DataFrame(rows, columns=["layer", "channel", "entropy_b", "n_positive_b", "dead_b"])
    table = table.assign(dead_a=False, n_positive_a=1000)
    network = architectures.ARCHITECTURES["inception5h"]
    found = channels_of("high", network, 4, table)
    assert found == ["mixed5a_3x3_pre_relu:5", "mixed5a_1x1_pre_relu:4"]
    assert channels_of("high", network, 1, table) == found[:1]
    assert channels_of("high", network, 4, table[table["channel"] == 3]) == ["mixed5a_1x1_pre_relu:3"]


def test_channels_of_a_narrow_network_are_modulo_its_widths():
    from artlucid.reproduce._channels import channels_of

    found = channels_of("scripts", architectures.ARCHITECTURES["mini"], 4, None)
    # A quarter of 64, 64 and 144 … channels.
    assert found == [
        "mixed4d_3x3_pre_relu:52",
        "mixed4d_pool_reduce_pre_relu:15",
        "mixed4b_3x3_bottleneck_pre_relu:7",
        "mixed4d_3x3_bottleneck_pre_relu:28",
    ]
