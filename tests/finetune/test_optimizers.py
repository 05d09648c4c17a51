"""Updates against those worked out in NumPy, in float64, from the same gradients."""

import dataclasses

import keras
import numpy as np
import pytest

from artlucid import architectures
from artlucid.finetune import _checkpoint, _network, _optimizers, _supervision
from artlucid.finetune._checkpoint import Progress, Trained
from artlucid.models._network import variables
from artlucid.recipes import RECIPES

RATES = {"conv2d0": 0.002, "mixed3a_1x1": 0.0007, "logits": 0.01}
SHAPES = {f"{layer}/{part}": shape for layer in RATES for part, shape in (("kernel", (3, 4)), ("bias", (4,)))}
STEPS = 6

SGD = dataclasses.replace(RECIPES["A"], decay=0.1)
ADAM = dataclasses.replace(RECIPES["high_layers_from_scratch"], head_rate=0.01)
GOOGLENET = dataclasses.replace(RECIPES["from_scratch"], head_rate=0.01)
CASES = {
    "sgd": SGD,
    "sgd without momentum": dataclasses.replace(SGD, momentum=0.0),
    "adam": ADAM,
    "googlenet": GOOGLENET,
}


def start():
    generator = np.random.default_rng(0)
    return {name: generator.normal(size=shape).astype(np.float32) for name, shape in SHAPES.items()}


def gradients(step):
    generator = np.random.default_rng([1, step])
    return {name: generator.normal(size=shape).astype(np.float32) for name, shape in SHAPES.items()}


def keras_variables(arrays):
    return {name: keras.Variable(array) for name, array in arrays.items()}


def sgd(recipe, rate_at):
    found = {}
    for name, value in start().items():
        value, velocity = value.astype(np.float64), 0.0
        for step in range(STEPS):
            rate = rate_at(step) * RATES[name.split("/")[0]] / recipe.head_rate
            velocity = recipe.momentum * velocity - rate * gradients(step)[name].astype(np.float64)
            value = value + velocity
        found[name] = value
    return found


def adam(beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    found = {}
    for name, value in start().items():
        value, first, second = value.astype(np.float64), 0.0, 0.0
        for step in range(STEPS):
            gradient = gradients(step)[name].astype(np.float64)
            first = beta_1 * first + (1 - beta_1) * gradient
            second = beta_2 * second + (1 - beta_2) * gradient**2
            unbiased = first / (1 - beta_1 ** (step + 1)), second / (1 - beta_2 ** (step + 1))
            value = value - RATES[name.split("/")[0]] * unbiased[0] / (np.sqrt(unbiased[1]) + epsilon)
        found[name] = value
    return found


EXPECTED = {
    "sgd": lambda: sgd(SGD, lambda step: 0.01 / (1 + 0.1 * step)),
    "sgd without momentum": lambda: sgd(CASES["sgd without momentum"], lambda step: 0.01 / (1 + 0.1 * step)),
    "adam": adam,
    # Two steps an epoch; the first drop comes at index 7, which six steps do not reach.
    "googlenet": lambda: sgd(GOOGLENET, lambda step: 0.01),
}


def take_steps(optimizer, found, steps):
    for step in steps:
        # In another order than the optimizer was built in, as Keras orders a model's variables its own way.
        names = sorted(found, reverse=True)
        values = [keras.ops.convert_to_tensor(gradients(step)[name]) for name in names]
        optimizer.apply(values, [found[name] for name in names])


@pytest.mark.parametrize("case", CASES)
def test_updates_are_those_of_numpy(case):
    found = keras_variables(start())
    optimizer = _optimizers.build(CASES[case], RATES, found, steps_per_epoch=2)
    take_steps(optimizer, found, range(STEPS))
    for name, value in EXPECTED[case]().items():
        change, expected = found[name].numpy() - start()[name], value - start()[name]
        np.testing.assert_allclose(change, expected, rtol=1e-4, atol=3e-7, err_msg=name)


@pytest.mark.parametrize("case", CASES)
def test_restored_state_goes_on_exactly(case, tmp_path):
    uninterrupted = keras_variables(start())
    optimizer = _optimizers.build(CASES[case], RATES, uninterrupted, steps_per_epoch=2)
    take_steps(optimizer, uninterrupted, range(3))
    progress = Progress(3, 2, 0.5, [{"epoch": 1.0, "loss": 0.1}] * 3, [1.0] * 3)
    _checkpoint.save(tmp_path / "state.h5", progress, Trained("a run", uninterrupted, optimizer))
    take_steps(optimizer, uninterrupted, range(3, STEPS))

    resumed = keras_variables({name: np.zeros_like(array) for name, array in start().items()})
    other = _optimizers.build(CASES[case], RATES, resumed, steps_per_epoch=2)
    assert _checkpoint.restore(tmp_path / "state.h5", Trained("a run", resumed, other)) == progress
    take_steps(other, resumed, range(3, STEPS))
    for name, variable in uninterrupted.items():
        np.testing.assert_array_equal(resumed[name].numpy(), variable.numpy())


def test_googlenet_schedule_over_fifty_epochs():
    schedule = _optimizers.GoogLeNetSchedule(0.001, steps_per_epoch=3)
    for step in range(150):
        assert float(schedule(step)) == pytest.approx(0.001 * 0.96 ** ((1 + step // 3) // 8), rel=1e-6)
    assert float(schedule(6 * 3 + 2)) == pytest.approx(0.001)
    assert float(schedule(7 * 3)) == pytest.approx(0.00096)
    assert _optimizers.GoogLeNetSchedule.from_config(schedule.get_config()).get_config() == schedule.get_config()


def compiled(recipe, dtype="float32"):
    mini = architectures.get("mini")
    policies = _network.resolve_policies(recipe, mini)
    model = _network.build_network(
        recipe, mini, classes=3, activation="softmax", policies=policies, seed=0, dtype=dtype
    )
    supervision = _supervision.supervise(recipe, mini, task="single_label", classes=3)
    _network.compile_network(
        model, recipe, mini, supervision=supervision, rates=policies.rates.values, steps_per_epoch=1
    )
    return model, variables(model, mini)


def test_every_trainable_variable_has_the_rate_of_its_layer():
    recipe = dataclasses.replace(RECIPES["A"], layer_rates=(("mixed4d*", 0.5), ("conv2d0", 0.25)))
    model, named = compiled(recipe)
    names = {id(variable): name for name, variable in named.items()}
    assert {id(variable) for variable in model.trainable_variables} == set(names)
    for variable in model.trainable_variables:
        layer = names[id(variable)].split("/")[0]
        expected = 0.5 if layer.startswith("mixed4d") else {"conv2d0": 0.25, "logits": 0.01}.get(layer, 0.001)
        relative = model.optimizer.relative_rates[model.optimizer._get_variable_index(variable)]
        assert relative * float(model.optimizer.learning_rate.numpy()) == pytest.approx(expected), layer


def test_frozen_layers_have_no_place_in_the_optimizer():
    recipe = dataclasses.replace(RECIPES["A"], trainable=(("low", False), ("*", True)))
    model, named = compiled(recipe)
    low = [variable for name, variable in named.items() if name.startswith(("conv2d", "mixed3"))]
    assert len(low) == 30
    assert len(model.trainable_variables) == len(named) - len(low) == len(model.optimizer.relative_rates)
    for variable in low:
        assert not variable.trainable
        with pytest.raises(KeyError):
            model.optimizer._get_variable_index(variable)


def test_penalty_is_on_the_convolutions_alone():
    model, named = compiled(RECIPES["A"])
    kernels = [
        variable.numpy() for name, variable in named.items() if name.endswith("/kernel") and name[:6] != "logits"
    ]
    expected = 2e-4 * sum((kernel.astype(np.float64) ** 2).sum() for kernel in kernels)
    assert sum(float(loss) for loss in model.losses) == pytest.approx(expected, rel=1e-5)
    assert len(model.losses) == len(kernels) == 57


def test_float16_scales_its_loss():
    model, named = compiled(RECIPES["A"], dtype="mixed_float16")
    assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
    assert len(model.optimizer.inner_optimizer.relative_rates) == len(named)
    assert float(model.optimizer.learning_rate.numpy()) == pytest.approx(0.01)
