import dataclasses
import json
import math

import pytest

from artlucid import recipes
from artlucid.errors import RecipeError
from artlucid.recipes import RECIPES, Initialization, Recipe

# Table 5, typed anew: rate of the last layer, of the others, deep supervision, epochs, unfrozen layers, augmentation,
# optimizer, schedule.
TABLE_5 = """
A                        | 0.01   | 0.001  | no  |  20 | all | none                 | sgd  | none
B                        | 0.001  | 0.0001 | no  |  20 | all | none                 | sgd  | none
C                        | 0.001  | 0.001  | no  |  20 | all | none                 | sgd  | none
D                        | 0.001  | 0.0001 | yes |  20 | all | none                 | sgd  | none
E                        | 0.001  | 0.001  | yes |  20 | all | none                 | sgd  | none
F                        | 0.01   | 0.01   | no  |  20 | all | none                 | sgd  | none
high_layers_from_scratch | 0.0001 | 0.0001 | no  | 200 | 50  | small_transformation | adam | none
from_scratch             | 0.001  | 0.001  | yes | 200 | all | random_crops         | sgd  | googlenet
"""
ROWS = {row.split("|")[0].strip(): [cell.strip() for cell in row.split("|")] for row in TABLE_5.strip().splitlines()}
PAPER = {name: recipe for name, recipe in RECIPES.items() if name != "demo"}


def cells(recipe):
    trainable = {(("*", True),): "all", (("low", False), ("*", True)): "50"}
    return [
        recipe.name,
        f"{recipe.head_rate:g}",
        f"{recipe.body_rate:g}",
        "yes" if recipe.deep_supervision else "no",
        str(recipe.epochs),
        trainable[recipe.trainable],
        recipe.augmentation,
        recipe.optimizer,
        # A decay a step, which the table leaves out, is no schedule in its sense.
        "googlenet" if recipe.schedule == "googlenet" else "none",
    ]


@pytest.mark.parametrize("name", ROWS)
def test_row_of_table_5(name):
    row = [f"{float(cell):g}" if cell.startswith("0.") else cell for cell in ROWS[name]]
    assert cells(RECIPES[name]) == row
    assert RECIPES[name].source == "Table 5 of the paper"


def test_nothing_but_table_5_and_the_demo():
    assert list(RECIPES) == [*ROWS, "demo"]
    assert "not the paper's" in RECIPES["demo"].source
    assert all(name.isascii() and recipe.name == name for name, recipe in RECIPES.items())


@pytest.mark.parametrize("recipe", PAPER.values(), ids=PAPER)
def test_what_the_table_leaves_open(recipe):
    assert (recipe.batch_size, recipe.kernel_penalty, recipe.loss_reduction) == (32, 2e-4, "mean")
    assert recipe.selection == "head_loss"
    if recipe.optimizer == "sgd":
        assert recipe.momentum == 0.9
    decays = recipe.optimizer == "sgd" and recipe.name != "from_scratch"
    assert (recipe.schedule == "inverse_time") == decays
    assert not decays or recipe.decay == 1e-4
    from_scratch = recipe.name.endswith("from_scratch")
    assert recipe.initialization == Initialization("GlorotUniform", 0.2 if from_scratch else 0.0)
    expected = {"from_scratch": (("*", True),), "high_layers_from_scratch": (("low", False), ("*", True))}
    assert recipe.random == expected.get(recipe.name, (("head", True), ("*", False)))


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_json_gives_the_recipe_back(recipe):
    assert recipes.from_json(json.loads(json.dumps(recipes.to_json(recipe)))) == recipe


def test_rates_are_one_policy():
    recipe = dataclasses.replace(RECIPES["A"], layer_rates=(("mixed3*", 0.5),))
    assert recipe.rates == (("mixed3*", 0.5), ("head", 0.01), ("*", 0.001))


def test_recipe_by_name_or_itself():
    assert recipes.get("F") is RECIPES["F"]
    assert recipes.get(RECIPES["F"]) is RECIPES["F"]


@pytest.mark.parametrize(
    ("spelled", "meant"),
    [("from_scrach", "from_scratch"), ("high_layers", "high_layers_from_scratch"), ("dmo", "demo")],
)
def test_unknown_recipe_names_the_nearest(spelled, meant):
    with pytest.raises(RecipeError, match=rf"must be one of A, B.*Received '{spelled}'\. Did you mean '{meant}'\?"):
        recipes.get(spelled)


@pytest.mark.parametrize("letter", ["\u0421", "a", "G", ""])
def test_unknown_letter(letter):
    with pytest.raises(RecipeError, match=rf"Received '{letter}'\. Choose one of these"):
        recipes.get(letter)


NOT_POSITIVE = [0, -0.01, math.nan, math.inf, "0.1", True]
BAD = {
    "head_rate": NOT_POSITIVE,
    "body_rate": NOT_POSITIVE,
    "layer_rates": [(("head", 0.0),), (("head", 0.1), ("*", -1.0))],
    "epochs": [0, -1, 1.5, True],
    "batch_size": [0, -32, 8.0],
    "momentum": [-0.1, 1.0, math.nan],
    "decay": [-1e-4, math.inf],
    "kernel_penalty": [-2e-4, math.nan],
    "optimizer": ["rmsprop"],
    "schedule": ["cosine"],
    "augmentation": ["mixup"],
    "loss_reduction": ["median"],
    "selection": ["top_1"],
}


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in BAD.items() for value in values])
def test_value_out_of_range(field, value):
    with pytest.raises(RecipeError) as caught:
        dataclasses.replace(RECIPES["A"], **{field: value})
    rule, received, advice = str(caught.value).partition(" Received ")
    assert rule.startswith(f"`{field}` of a recipe must ")
    assert received and repr(value) in advice and "recipe 'A'" in advice and "dataclasses.replace" in advice


@pytest.mark.parametrize(("kernel", "bias"), [("Nonsense", 0.0), ("HeNormal", math.nan)])
def test_initialization_out_of_range(kernel, bias):
    with pytest.raises(RecipeError, match=r"GlorotUniform.*Received"):
        Initialization(kernel, bias)


def test_fields_are_all_checked():
    unchecked = {"name", "source", "deep_supervision", "trainable", "random", "initialization"}
    assert set(BAD) == {field.name for field in dataclasses.fields(Recipe)} - unchecked


@pytest.mark.parametrize(
    "change", [{"surprise": 1}, {"epochs": None}, {"initialization": {"spread": 1}}, {"random": 3}], ids=str
)
def test_recorded_recipe_of_another_version(change):
    content = {**recipes.to_json(RECIPES["A"]), **change}
    with pytest.raises(RecipeError, match=r"recipe.*must.*Received"):
        recipes.from_json(content)


def test_recorded_recipe_that_lacks_a_field():
    content = recipes.to_json(RECIPES["A"])
    del content["head_rate"]
    with pytest.raises(RecipeError, match="must have the fields name, head_rate"):
        recipes.from_json(content)
