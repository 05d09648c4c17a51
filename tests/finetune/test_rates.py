"""Where the learning rates end."""

import dataclasses
import re
import warnings

import pytest
from finetune import small

from artlucid.errors import RunWarning
from artlucid.finetune import _rates
from artlucid.recipes import RECIPES

# Of RASTA's training split in batches of 32.
STEPS = 1406


def shortened(name, epochs):
    return dataclasses.replace(RECIPES[name], epochs=epochs)


def test_mode_a_on_rasta_ends_at_a_quarter_of_its_rates():
    rates = _rates.final_rates(RECIPES["A"], STEPS)
    assert rates == pytest.approx({"head_rate": 0.01 / 3.8119, "body_rate": 0.001 / 3.8119}, rel=1e-5)


def test_from_scratch_drops_25_times():
    assert _rates.final_rates(RECIPES["from_scratch"], STEPS)["head_rate"] == pytest.approx(0.001 * 0.96**25, rel=1e-5)


@pytest.mark.parametrize("name", RECIPES)
def test_no_recipe_at_full_length_warns(name):
    plan = _rates.planned(RECIPES[name], STEPS)
    assert plan["of_the_whole_recipe"] is None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _rates.warn_if_far(RECIPES[name], plan)


@pytest.mark.parametrize(
    ("name", "epochs", "message"),
    [
        (
            "A",
            3,
            r"3 of the 20 epochs of recipe 'A'.*0\.00703 \(head\) and 0\.000703 .*not .*0\.00262 \(head\)",
        ),
        ("from_scratch", 20, r"20 of the 200 epochs.*0\.000922 \(head\).*not .*0\.00036 \(head\)"),
    ],
)
def test_shortened_run_that_ends_far_from_the_recipe(name, epochs, message):
    recipe = shortened(name, epochs)
    with pytest.warns(RunWarning, match=message):
        _rates.warn_if_far(recipe, _rates.planned(recipe, STEPS))


@pytest.mark.parametrize(("name", "epochs"), [("A", 13), ("high_layers_from_scratch", 5), ("from_scratch", 130)])
def test_shortened_run_that_ends_near_enough(name, epochs):
    recipe = shortened(name, epochs)
    plan = _rates.planned(recipe, STEPS)
    assert plan["of_the_whole_recipe"] is not None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _rates.warn_if_far(recipe, plan)


def test_own_recipe_is_compared_with_nothing():
    recipe = dataclasses.replace(RECIPES["A"], name="mine", epochs=1)
    assert _rates.planned(recipe, STEPS)["of_the_whole_recipe"] is None


@pytest.mark.parametrize(("epochs", "far"), [(3, True), (30, False), (40, False)])
def test_shortened_recipe_of_ones_own_is_compared_with_its_full_length(epochs, far):
    """At step s the rate is 0.01 / (1 + s / 10000): after 40 epochs 6.6 times, after 30 5.2 times lower."""
    mine = dataclasses.replace(RECIPES["A"], name="mine", epochs=40)
    recipe = dataclasses.replace(mine, name=f"mine (epochs={epochs})", epochs=epochs)
    plan = _rates.planned(recipe, STEPS, mine)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        _rates.warn_if_far(recipe, plan, mine)
    message = r"3 of the 40 epochs of recipe 'mine' end far .*0\.00703 \(head\).*not .*0\.00151 \(head\)"
    assert [bool(re.search(message, str(warning.message))) for warning in caught] == [True] * far
    assert (plan["of_the_whole_recipe"] is None) == (epochs == 40)


def test_history_has_the_rate_of_the_epoch_not_of_the_next(tiny, data, tmp_path):
    """By GoogLeNet's schedule the eighth epoch is the first with a lower rate."""
    recipe = dataclasses.replace(small.RECIPE, epochs=8, schedule="googlenet")
    run = small.train(data, tmp_path / "run", recipe=recipe)
    assert run.history["head_rate"].tolist() == pytest.approx([0.01] * 7 + [0.0096], rel=1e-6)


def test_final_rates_are_said_and_recorded(tiny, data, tmp_path, caplog):
    caplog.set_level("INFO", logger="artlucid")
    recipe = dataclasses.replace(RECIPES["from_scratch"], epochs=1, batch_size=8)
    with pytest.warns(RunWarning, match="1 of the 200 epochs of recipe 'from_scratch' end far"):
        run = small.train(data, tmp_path / "run", recipe=recipe)
    assert run.manifest["final_rates"] == {
        "head_rate": pytest.approx(0.001),
        "body_rate": pytest.approx(0.001),
        "of_the_whole_recipe": {
            "head_rate": pytest.approx(0.001 * 0.96**25),
            "body_rate": pytest.approx(0.001 * 0.96**25),
        },
    }
    for moment in ("planned: ", ""):
        assert f"{moment}learning rates 0.001 (head) and 0.001 (body) at the last step" in caplog.messages
