import dataclasses

import pytest

from artlucid.architectures import ARCHITECTURES, get
from artlucid.errors import RecipeError
from artlucid.finetune import _network, _policies
from artlucid.recipes import RECIPES

MINI = get("mini")


def test_first_match_wins():
    policy = (("conv2d1", 3), ("conv2d*", 2), ("head", 1), ("*", 0))
    resolved = _policies.resolve("rates", policy, MINI)
    assert list(resolved.values) == list(MINI.weight_layers())
    expected = {"conv2d0": 2, "conv2d1": 3, "conv2d2": 2, "logits": 1}
    assert resolved.values == {layer: expected.get(layer, 0) for layer in MINI.weight_layers()}
    assert resolved.matches[:2] == [
        {"pattern": "conv2d1", "value": 3, "layers": ["conv2d1"]},
        {"pattern": "conv2d*", "value": 2, "layers": ["conv2d0", "conv2d2"]},
    ]
    assert sum(len(match["layers"]) for match in resolved.matches) == len(resolved.values)


def test_uncovered_layer():
    with pytest.raises(RecipeError, match=r"`rates` must cover.*leaves out mixed3a_1x1, .*Add a last pattern \('\*'"):
        _policies.resolve("rates", (("conv2d*", 1), ("head", 2)), MINI)


def test_pattern_that_matches_nothing():
    with pytest.raises(RecipeError, match=r"`trainable` must match a layer\. Received 'conv9\*', which.*Use head, low"):
        _policies.resolve("trainable", (("conv9*", False), ("*", True)), MINI)


@pytest.mark.parametrize("variant", ARCHITECTURES)
@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_every_recipe_covers_every_architecture(recipe, variant):
    architecture = get(variant)
    policies = _network.resolve_policies(recipe, architecture)
    layers = architecture.weight_layers(auxiliary=recipe.deep_supervision)
    for policy in (policies.rates, policies.trainable, policies.random):
        assert tuple(policy.values) == layers
    classifiers = set(architecture.classifiers) & set(layers)
    assert len(classifiers) == (3 if recipe.deep_supervision and architecture.auxiliary_heads else 1)
    for layer in layers:
        assert policies.rates.values[layer] == (recipe.head_rate if layer in classifiers else recipe.body_rate)


def test_fifty_unfrozen_layers_are_42_convolutions_and_the_head():
    policies = _network.resolve_policies(RECIPES["high_layers_from_scratch"], get("inception5h"))
    trained = [layer for layer, trains in policies.trainable.values.items() if trains]
    frozen = [layer for layer, trains in policies.trainable.values.items() if not trains]
    assert (len(trained), len(frozen)) == (43, 15)
    assert frozen[:3] == ["conv2d0", "conv2d1", "conv2d2"]
    assert {layer[:7] for layer in frozen[3:]} == {"mixed3a", "mixed3b"}
    assert policies.random.values == policies.trainable.values


def test_all_frozen():
    recipe = dataclasses.replace(RECIPES["A"], trainable=(("*", False),))
    with pytest.raises(RecipeError, match=r"`trainable` of a recipe must let a layer train. Received"):
        _network.resolve_policies(recipe, MINI)


def test_head_that_would_not_be_new():
    recipe = dataclasses.replace(RECIPES["A"], random=(("*", False),))
    with pytest.raises(RecipeError, match="`random` of a recipe must be True for the head"):
        _network.resolve_policies(recipe, MINI)
