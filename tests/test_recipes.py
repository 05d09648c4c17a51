import dataclasses
import doctest
import importlib
import json
import math
import os
import pkgutil
import re
from pathlib import Path

import pytest

from artlucid import recipes
from artlucid.errors import RecipeError
from artlucid.recipes import CHOICES, RECIPES, Initialization, Recipe

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


NOT_POSITIVE = [0, -0.01, math.nan, math.inf, 10**400, "0.1", True, None, [0.1]]
BAD = {
    "head_rate": NOT_POSITIVE,
    "body_rate": NOT_POSITIVE,
    "name": ["", " ", 5],
    "source": ["", None],
    "deep_supervision": [1, "yes"],
    "layer_rates": [(("head", 0.0),), (("head", 0.1), ("*", -1.0)), (("head", True),), {"head": 0.1}],
    "trainable": [(("low", 0),), ("low", False), (("low", False, True),), ((1, True),), "*", True],
    "random": [((), ()), (("", True),), None],
    "initialization": ["HeNormal", {"bias": 0.2}, None],
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
    assert received and repr(value)[:200] in advice and len(advice) < 500
    assert field == "name" or "recipe 'A'" in advice
    assert "dataclasses.replace" in advice and f"--set {field}" in advice


@pytest.mark.parametrize(("kernel", "bias"), [("Nonsense", 0.0), ("HeNormal", math.nan)])
def test_initialization_out_of_range(kernel, bias):
    with pytest.raises(RecipeError, match=r"GlorotUniform.*Received"):
        Initialization(kernel, bias)


def test_fields_are_all_checked():
    assert set(BAD) == {field.name for field in dataclasses.fields(Recipe)}
    assert set(CHOICES) <= set(BAD)


def test_spellings_of_one_recipe_are_equal():
    """As a file, a manifest or a script may give them: integers for floats, lists for tuples."""
    policies = {"trainable": [["low", False], ["*", True]], "layer_rates": [["mixed4*", 1]]}
    spelled = dataclasses.replace(RECIPES["A"], head_rate=1, decay=0, **policies)
    assert spelled == dataclasses.replace(
        RECIPES["A"],
        head_rate=1.0,
        decay=0.0,
        trainable=(("low", False), ("*", True)),
        layer_rates=(("mixed4*", 1.0),),
    )
    assert json.dumps(recipes.to_json(spelled)).count("1.0") == 2
    assert hash(spelled)


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


# A value that each field takes and no row has, as a script gives it and as `--set` spells it.
OTHERS = {
    "head_rate": (0.005, "0.005"),
    "body_rate": (1.0, "1"),
    "epochs": (3, "3"),
    "optimizer": ("adam", "adam"),
    "schedule": ("constant", '"constant"'),
    "augmentation": ("random_crops", "random_crops"),
    "loss_reduction": ("sum", "'sum'"),
    "selection": ("total_loss", "total_loss"),
    "deep_supervision": (True, "true"),
    "layer_rates": ((("mixed4*", 0.5), ("low", 1e-5)), '[["mixed4*", 0.5], ["low", 1e-05]]'),
    "trainable": ((("conv2d0", False), ("*", True)), '[["conv2d0", false], ["*", true]]'),
    "random": ((("head", True), ("high", True), ("*", False)), '[["head",true],["high",true],["*",false]]'),
    "initialization.kernel": ("HeNormal", "HeNormal"),
    "initialization.bias": (0.1, "0.1"),
    "momentum": (0.5, "0.5"),
    "decay": (0.25, "0.25"),
    "kernel_penalty": (0.125, "0.125"),
    "batch_size": (8, "8"),
}


def value_of(recipe, field):
    outer, _, inner = field.partition(".")
    value = getattr(recipe, outer)
    return getattr(value, inner) if inner else value


def test_every_field_has_another_value_here():
    inner = {f"initialization.{field.name}" for field in dataclasses.fields(Initialization)}
    outer = {field.name for field in dataclasses.fields(Recipe)}
    assert set(OTHERS) == (outer | inner) - {"name", "source", "initialization"}


@pytest.mark.parametrize("field", OTHERS)
def test_changed_by_one_field(field):
    value, text = OTHERS[field]
    made = recipes.changed(RECIPES["A"], recipes.parse_changes([f"{field}={text}"]))
    assert value_of(made, field) == value
    assert type(value_of(made, field)) is type(value)
    assert recipes.changed(RECIPES["A"], {field: value}) == made
    assert recipes.differences(made) == {field: value}
    others = set(OTHERS) - {field}
    assert [name for name in others if value_of(made, name) != value_of(RECIPES["A"], name)] == []
    assert recipes.from_json(json.loads(json.dumps(recipes.to_json(made)))) == made


@pytest.mark.parametrize("field", OTHERS)
def test_a_changed_row_is_told_from_the_row(field):
    """Its source and its label spell the change so that `--set` takes it."""
    made = recipes.changed(RECIPES["A"], {field: OTHERS[field][0]})
    assert made.name == "A"
    start, _, spelled = made.source.partition(", with ")
    assert start == RECIPES["A"].source
    assert recipes.changed(RECIPES["A"], recipes.parse_changes([spelled])) == made
    assert recipes.label(made) == f"A ({spelled})"


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_a_row_is_its_own_label(recipe):
    assert recipes.label(recipe) == recipe.name
    assert recipes.differences(recipe) == {}
    assert recipes.changed(recipe, {}) == recipe
    assert recipes.changed(recipe, {"epochs": recipe.epochs, "initialization": recipe.initialization}) == recipe


def test_what_python_changed_is_told_too():
    assert recipes.label(dataclasses.replace(RECIPES["F"], epochs=5, batch_size=8)) == "F (epochs=5, batch_size=8)"


def test_parts_of_the_initialization_change_alone():
    made = recipes.changed(RECIPES["from_scratch"], {"initialization": {"kernel": "HeNormal"}})
    assert made.initialization == Initialization("HeNormal", 0.2)
    whole = recipes.changed(RECIPES["from_scratch"], {"initialization": Initialization("HeNormal")})
    assert whole.initialization == Initialization("HeNormal", 0.0)
    assert recipes.label(whole) == "from_scratch (initialization.kernel=HeNormal, initialization.bias=0.0)"


def test_changes_of_ones_own_recipe_go_into_its_name():
    own = dataclasses.replace(RECIPES["A"], name="mine", source="me")
    made = recipes.changed(own, {"epochs": 3})
    assert (made.name, made.source) == ("mine (epochs=3)", "me, with epochs=3")
    assert recipes.label(made) == "mine (epochs=3)"
    named = recipes.changed(own, {"epochs": 3, "name": "short", "source": "I"})
    assert (named.name, named.source) == ("short", "I")


@pytest.mark.parametrize(
    ("changes", "received", "nearest"),
    [
        ({"haed_rate": 1}, "'haed_rate'", "did you mean 'head_rate'"),
        ({"epoch": 1, "momentun": 1}, "'epoch', 'momentun'", "For 'momentun', did you mean 'momentum'"),
        ({"initialization": {"bais": 1}}, "'initialization.bais'", "'initialization.bias'"),
        ({"head_rate.x": 1}, "'head_rate.x'", "'head_rate'"),
        ({"quite different": 1}, "'quite different'", "The fields are name, head_rate"),
    ],
)
def test_unknown_field_names_the_nearest(changes, received, nearest, expect_refusal):
    with expect_refusal("must name fields of a recipe", received, nearest, kind=RecipeError):
        recipes.changed(RECIPES["A"], changes)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("epochs=5.0", "`epochs` of a recipe must be an integer"),
        ("epochs=true", "`epochs` of a recipe must be an integer"),
        ("head_rate=fast", "`head_rate` of a recipe must be a finite number above 0"),
        ("head_rate=nan", "`head_rate` of a recipe must be a finite number above 0"),
        ("head_rate=2026-01-01", "`head_rate` of a recipe must be a finite number above 0"),
        ("deep_supervision=True", "`deep_supervision` of a recipe must be true or false"),
        ("trainable=true", "`trainable` of a recipe must be a list of [pattern, true or false]"),
        ("initialization=0.2", "`initialization` of a recipe must be an `Initialization`, a table"),
        ("initialization.bias=high", "`initialization` of a recipe must have one of"),
        ("name=5", "`name` of a recipe must be a text"),
    ],
)
def test_set_to_a_value_of_another_type(text, rule):
    with pytest.raises(RecipeError, match=re.escape(rule)):
        recipes.changed(RECIPES["A"], recipes.parse_changes([text]))


@pytest.mark.parametrize(
    ("texts", "rule", "received", "advice"),
    [
        (["head_rate"], "must be FIELD=VALUE", "'head_rate'", "Write `--set head_rate=0.005"),
        ([""], "must be FIELD=VALUE", "''", "Write"),
        (["epochs=1", "epochs=2"], "each field once", "'epochs=2' after another", "Write"),
        (["epoch=1"], "`--set` must name fields", "'epoch'", "did you mean 'epochs'"),
        (["=1"], "`--set` must name fields", "''", "The fields are"),
        (["epochs="], "`--set epochs=…` must be a word or", "''", "single quotes"),
        (["source=me and you"], "must be a word or", "'me and you'", "single quotes"),
        (["epochs=1\nbatch_size=2"], "must be a word or", r"'1\nbatch_size=2'", "single quotes"),
        (["trainable=[[low, false]]"], "must be a word or", "'[[low, false]]'", "single quotes"),
        (["trainable=" + "[" * 100_000], "must be a word or", "'[[[", "single quotes"),
        (["head_rate=" + "1" * 5000], "must be a word or", "'111", "single quotes"),
    ],
)
def test_set_that_cannot_be_read(texts, rule, received, advice, expect_refusal):
    with expect_refusal(rule, received, advice, kind=RecipeError):
        recipes.parse_changes(texts)


def test_texts_keep_what_is_in_them():
    assert recipes.parse_changes(['source="a = b"', "name = mine-2.1"]) == {"source": "a = b", "name": "mine-2.1"}


@pytest.fixture
def write(tmp_path):
    def write_file(content, name="mine.toml"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_file


WHOLE = """
# By every field that a recipe has.
name = "slow start"
source = "our lab"
head_rate = 1            # an integer is a number too
body_rate = 1e-3
epochs = 7
optimizer = "adam"
schedule = "constant"
augmentation = "small_transformation"
loss_reduction = "sum"
selection = "total_loss"
deep_supervision = true
layer_rates = [["mixed5*", 0.002], ["mixed4*", 1]]
trainable = [["low", false], ["*", true]]
random = [
    ["head", true],
    ["*", false],
]
momentum = 0.5
decay = 0
kernel_penalty = 0.0
batch_size = 16

[initialization]
kernel = "HeNormal"
bias = 0.1
"""


def test_file_with_every_field(write):
    made = recipes.load(str(write(WHOLE)))
    assert made == Recipe(
        name="slow start",
        source="our lab",
        head_rate=1.0,
        body_rate=0.001,
        epochs=7,
        optimizer="adam",
        schedule="constant",
        augmentation="small_transformation",
        loss_reduction="sum",
        selection="total_loss",
        deep_supervision=True,
        layer_rates=(("mixed5*", 0.002), ("mixed4*", 1.0)),
        trainable=(("low", False), ("*", True)),
        random=(("head", True), ("*", False)),
        momentum=0.5,
        decay=0.0,
        kernel_penalty=0.0,
        batch_size=16,
        initialization=Initialization("HeNormal", 0.1),
    )
    assert {field.name for field in dataclasses.fields(Recipe)} <= set(re.findall(r"^\[?(\w+)", WHOLE, re.MULTILINE))
    assert recipes.from_json(json.loads(json.dumps(recipes.to_json(made)))) == made


def test_file_with_what_is_required(write):
    made = recipes.load(write("head_rate = 0.1\nbody_rate = 0.2\nepochs = 3\n"))
    assert made == Recipe("mine", 0.1, 0.2, 3, source="mine.toml")


@pytest.mark.parametrize("base", RECIPES)
def test_file_on_a_row(base, write):
    made = recipes.load(write(f'base = "{base}"\nbatch_size = 7\ninitialization.bias = 0.5\n'))
    expected = recipes.changed(RECIPES[base], {"batch_size": 7, "initialization.bias": 0.5})
    assert made == dataclasses.replace(expected, name="mine", source=f"mine.toml, on {base}")


def test_file_that_keeps_the_name_of_its_row_is_a_changed_row(write):
    made = recipes.load(write('base = "A"\nname = "A"\nepochs = 5\n'))
    assert recipes.label(made) == "A (epochs=5)"


def test_loaded_by_name_or_itself():
    assert recipes.load("F") is RECIPES["F"]
    assert recipes.load(RECIPES["F"]) is RECIPES["F"]


@pytest.mark.parametrize("ends", ["\r\n", "\n"])
def test_file_as_editors_on_windows_write_it(ends, write):
    content = ends.join(['base = "A"', 'source = "Gemälde"', ""])
    assert recipes.load(write(b"\xef\xbb\xbf" + content.encode())).source == "Gemälde"


FILES = {
    "misspelt": ('base = "A"\nhaed_rate = 1.0\n', "must name fields of a recipe", "'haed_rate'", "'head_rate'"),
    "misspelt inside": (
        'base = "A"\n[initialization]\nbais = 1\n',
        "must name fields",
        "bais'",
        "'initialization.bias'",
    ),
    "in a table": ("[recipe]\nhead_rate = 1.0\n", "must name fields", "'recipe'", "The fields are name"),
    "a table for a number": ('base = "A"\n[head_rate]\nx = 1\n', "`head_rate` of a recipe", "{'x': 1}", "Give another"),
    "a table for a policy": ('base = "A"\ntrainable = {low = false}\n', "list of [pattern", "{'low'", "Give another"),
    "a pair of one": ('base = "A"\nrandom = [["head"]]\n', "list of [pattern", "[['head']]", "Give another"),
    "a float of epochs": (
        'base = "A"\nepochs = 5.0\n',
        "`epochs` of a recipe must be an integer",
        "5.0",
        "Give another",
    ),
    "a truth as number": ('base = "A"\nhead_rate = true\n', "finite number above 0", "True", "Give another"),
    "a list for the table": ('base = "A"\ninitialization = []\n', "`initialization` of a recipe must", "[]", "Give"),
    "lacking": ("head_rate = 1.0\n", "must give head_rate, body_rate, epochs", "without body_rate, epochs", "base = "),
    "empty": ("", "must give head_rate, body_rate, epochs", "without head_rate, body_rate, epochs", "begin with"),
    "an unknown row": ('base = "high_layers"\n', "must be one of A", "'high_layers'", "'high_layers_from_scratch'"),
    "a row by number": ("base = 1\n", "`base` of a file with a recipe", "1 in", 'base = "A"'),
    "another row's name": (
        'base = "A"\nname = "B"\n',
        "name of a row that it is not made from",
        "'B'",
        "another `name`",
    ),
    "no TOML": ('base = "A"\nhead_rate := 1\n', "must be TOML", "line 2, column 11", "Write lines"),
    "twice": ("epochs = 1\nepochs = 2\n", "must be TOML", "line 2", "Write lines"),
    "many digits": ("epochs = " + "1" * 5000, "must be TOML", "mine.toml", "Write lines"),
    "many brackets": ("random = " + "[" * 30_000, "must be TOML", "mine.toml", "Write lines"),
    "Latin-1": (
        'base = "A"\nsource = "Gemälde"\n'.encode("latin-1"),
        "must be in UTF-8",
        "line 2 holds the byte 0xe4",
        "Save",
    ),
    "UTF-16": ('base = "A"\n'.encode("utf-16"), "must be in UTF-8", "line 1", "Save it as UTF-8"),
    "large": (b"#" * 70_000, "at most 65536 bytes", "mine.toml with more", "choose another"),
}


@pytest.mark.parametrize("case", FILES)
def test_file_that_is_no_recipe(case, write, expect_refusal):
    content, rule, received, advice = FILES[case]
    with expect_refusal(rule, received, advice, kind=RecipeError):
        recipes.load(write(content))


@pytest.mark.parametrize("case", FILES)
def test_error_names_the_file(case, write):
    path = write(FILES[case][0])
    with pytest.raises(RecipeError, match=re.escape(str(path))):
        recipes.load(path)


def test_file_of_another_name(write, tmp_path, expect_refusal):
    with expect_refusal("must end in .toml", "mine.txt'", "Name it so", kind=RecipeError):
        recipes.load(write('base = "A"', "mine.txt"))
    with expect_refusal("or the path of a .toml file", "which does not exist", "Check the spelling", kind=RecipeError):
        recipes.load(str(tmp_path / "absent.toml"))
    (tmp_path / "folder.toml").mkdir()
    with expect_refusal("or the path of a .toml file", "which is no file", "Check the spelling", kind=RecipeError):
        recipes.load(tmp_path / "folder.toml")
    with expect_refusal("must be one of A, B", "'from_scrach'", "'from_scratch'", kind=RecipeError):
        recipes.load("from_scrach")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_file_that_may_not_be_read(write, expect_refusal):
    path = write('base = "A"')
    path.chmod(0)
    with expect_refusal("must be readable", "Permission denied", "Change its rights", kind=RecipeError):
        recipes.load(path)


@pytest.mark.parametrize(
    "name", [module.name for module in pkgutil.walk_packages(recipes.__path__, "artlucid.recipes.")]
)
def test_examples(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


DOCS = Path(__file__).parent.parent / "docs" / "recipes.md"
COLUMNS = (
    "head_rate",
    "body_rate",
    "epochs",
    "optimizer",
    "schedule",
    "augmentation",
    "deep_supervision",
    "trainable",
    "random",
)


def in_docs(value):
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return f"`{json.dumps(value)}`"
    return f"{value:g}" if isinstance(value, float) else str(value)


def test_docs_show_the_table():
    head = ["recipe", *COLUMNS]
    rows = [[f"`{recipe.name}`", *(in_docs(getattr(recipe, field)) for field in COLUMNS)] for recipe in PAPER.values()]
    table = [head, ["---"] * len(head), *rows]
    assert "\n".join(f"| {' | '.join(row)} |" for row in table) in DOCS.read_text(encoding="utf-8")


def test_docs_explain_every_field():
    text = DOCS.read_text(encoding="utf-8")
    explained = re.findall(r"^\| `([\w.]+)` \| (?:text|float|integer|truth|policy|one of)", text, re.MULTILINE)
    outer = [field.name for field in dataclasses.fields(Recipe) if field.name != "initialization"]
    assert sorted(explained) == sorted([*outer, "initialization.kernel", "initialization.bias"])
    assert [choice for choices in CHOICES.values() for choice in choices if f"`{choice}`" not in text] == []


def test_docs_show_a_file_that_loads(write):
    text = DOCS.read_text(encoding="utf-8")
    files = re.findall(r"```toml\n(.+?)```", text, re.DOTALL)
    assert len(files) == 2
    for content in files:
        assert recipes.load(write(content)).name
