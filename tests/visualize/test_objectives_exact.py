"""The objectives beside the original Lucid's, on the same activations."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops
from visualize.conftest import distance, in_version_1, in_version_2

from artlucid import models
from artlucid.errors import VisualizationError
from artlucid.visualize import objectives, param, render, transform

GENERATOR = np.random.default_rng(0)
TENSORS = {
    "input": GENERATOR.uniform(size=(3, 24, 20, 4)),
    "layer": GENERATOR.uniform(-1, 1, (3, 6, 7, 8)),
    "other": GENERATOR.uniform(-1, 1, (3, 5, 5, 6)),
    "logits": GENERATOR.uniform(-1, 1, (3, 9)),
}
LABELS = [f"class {number}" for number in range(9)]
ORIGINAL = GENERATOR.uniform(size=(24, 20, 4)).astype(np.float32)
MASK = GENERATOR.uniform(size=(3, 24, 20, 4)).astype(np.float32)
VECTOR = GENERATOR.uniform(-1, 1, 8).astype(np.float32)

# Of both modules, where 0.3.8 computes what 0.3.10 does.
SAME = {
    "channel": lambda module: module.channel("layer", 3),
    "channel from the end": lambda module: module.channel("layer", -3),
    "channel of one": lambda module: module.channel("layer", 3, batch=1),
    "direction": lambda module: module.direction("layer", VECTOR),
    "direction_neuron": lambda module: module.direction_neuron("layer", VECTOR),
    "deepdream": lambda module: module.deepdream("layer"),
    "total_variation": lambda module: module.total_variation(),
    "L1": lambda module: module.L1("layer", 0.3),
    "L2": lambda module: module.L2("layer", 0.3),
    "L2 of the image": lambda module: module.L2(),
    "blur_input_each_step": lambda module: module.blur_input_each_step(),
    "blur_alpha_each_step": lambda module: module.blur_alpha_each_step(),
    "channel_interpolate": lambda module: module.channel_interpolate("layer", 1, "other", 5),
    "penalize_boundary_complexity": lambda module: module.penalize_boundary_complexity([3, 24, 20, 4], w=5, C=0.4),
    "penalize_boundary_complexity, mask": lambda module: module.penalize_boundary_complexity(None, mask=MASK),
    "alignment": lambda module: module.alignment("layer"),
    "alignment, slower decay": lambda module: module.alignment("layer", decay_ratio=1.5),
    "diversity": lambda module: module.diversity("layer"),
    "input_diff": lambda module: module.input_diff(ORIGINAL),
    "class_logit": lambda module: module.class_logit("logits", 4),
    "class_logit by name": lambda module: module.class_logit("logits", "class 7"),
    "as_objective": lambda module: module.as_objective(" layer : 5 "),
    "sum": lambda module: module.Objective.sum([module.channel("layer", 1), module.deepdream("other")]),
    "sum and product": lambda module: (
        1 + 0.5 * module.channel("layer", 1) * module.deepdream("other") - module.L1("layer") * 0.1 + 2
    ),
    "negation": lambda module: -module.channel("layer", 1),
}

# Of 0.3.10 alone, as `make_values_of_lucid.py` has them.
STORED = {
    "neuron": lambda vec, tensor: objectives.neuron("layer", 2),
    "neuron at a place": lambda vec, tensor: objectives.neuron("layer", 2, 1, 5),
    "neuron of one": lambda vec, tensor: objectives.neuron("layer", 2, batch=1),
    "direction": lambda vec, tensor: objectives.direction("layer", vec),
    "direction, power 2": lambda vec, tensor: objectives.direction("layer", vec, 2),
    "direction of one": lambda vec, tensor: objectives.direction("layer", vec, batch=2),
    "direction_cossim": lambda vec, tensor: objectives.direction_cossim("layer", vec, 1),
    "direction_neuron": lambda vec, tensor: objectives.direction_neuron("layer", vec),
    "direction_neuron, power 2": lambda vec, tensor: objectives.direction_neuron("layer", vec, 1, 5, 2),
    "tensor_direction": lambda vec, tensor: objectives.tensor_direction("layer", tensor),
    "tensor_direction, power 1": lambda vec, tensor: objectives.tensor_direction("layer", tensor, 1),
    "channel of one": lambda vec, tensor: objectives.channel("layer", 3, batch=1),
}


def activations(tensors):
    return lambda name: list(LABELS) if name == "labels" else tensors[name]


def variables():
    return {name: tf.Variable(values.astype(np.float32), name=name) for name, values in TENSORS.items()}


def ours(objective, tensors=None):
    made = tensors or variables()
    value, gradients = in_version_2(
        lambda: objective(activations({name: tf.convert_to_tensor(one) for name, one in made.items()})),
        list(made.values()),
    )
    return value.numpy(), gradients


@pytest.mark.parametrize("name", SAME)
def test_beside_lucid(lucid, name):
    value, gradients = ours(SAME[name](objectives))

    def originals():
        made = {key: tf.convert_to_tensor(one) for key, one in variables().items()}
        # It counts the last axis of a layer as an integer.
        return tf.identity(SAME[name](lucid.optvis.objectives)(activations(made)))

    truth, true_gradients = in_version_1_with_none(originals)
    assert distance(value, truth) < 1e-5
    for gradient, true_gradient in zip(gradients, true_gradients, strict=True):
        assert (gradient is None) == (true_gradient is None)
        if gradient is not None:
            assert distance(gradient, true_gradient) < 1e-5


def in_version_1_with_none(build):
    """`in_version_1`, with None for variables that an objective does not depend on."""
    found = {}

    def kept():
        output = build()
        variables = tf.compat.v1.trainable_variables()
        gradients = tf.compat.v1.gradients(output, variables)
        found["depends"] = [gradient is not None for gradient in gradients]
        # A session takes no None.
        return output + sum(0.0 * tf.reduce_sum(variable) for variable in variables)

    value, gradients = in_version_1(kept)
    return value, [one if depends else None for one, depends in zip(gradients, found["depends"], strict=True)]


@pytest.mark.parametrize("name", STORED)
def test_version_0_3_10(stored, name):
    layer = tf.Variable(stored["activations"])
    objective = STORED[name](stored["vector"], stored["tensor"])

    @tf.function(autograph=False)
    def compute():
        value = objective(lambda _: tf.convert_to_tensor(layer))
        return value, tf.gradients(value, layer)[0]

    value, gradient = compute()
    assert value.shape == ()
    assert distance(value, stored[f"objective/{name}"]) < 1e-5
    assert distance(gradient, stored[f"objective/{name}/gradient"]) < 1e-5


@pytest.mark.parametrize(
    "make",
    [
        lambda module: module.alignment("layer", 1.5),
        lambda module: module.diversity("layer"),
        lambda module: module.channel_interpolate("layer", 0, "layer", 2),
    ],
    ids=["alignment", "diversity", "channel_interpolate"],
)
def test_batch_with_more_images_than_alignment_compares(lucid, make):
    images = np.random.default_rng(1).uniform(-1, 1, (7, 2, 3, 4)).astype(np.float32)

    def value(module, layer):
        return make(module)(lambda _: tf.convert_to_tensor(layer))

    truth, (true_gradient,) = in_version_1(lambda: value(lucid.optvis.objectives, tf.Variable(images)))
    layer = tf.Variable(images)
    found, (gradient,) = in_version_2(lambda: value(objectives, layer), [layer])
    assert distance(found, truth) < 1e-5
    assert distance(gradient, true_gradient) < 1e-5


def test_every_objective_is_compared():
    not_lucids = {"penalty"}
    tools = {"Objective", "as_objective", "handle_batch", "wrap_objective"}
    compared = {name.split(",")[0].split(" ")[0] for name in (*SAME, *STORED)}
    assert set(objectives.__all__) - tools - not_lucids <= compared


def test_no_gradient_of_input_diff_at_the_image_itself(lucid):
    def value(objective):
        return objective(lambda _: tf.convert_to_tensor(tf.Variable(ORIGINAL[None])))

    lucids, (undefined,) = in_version_1(lambda: value(lucid.optvis.objectives.input_diff(ORIGINAL)))
    assert lucids == 0
    assert np.isnan(undefined).all()
    image = tf.Variable(ORIGINAL[None])
    objective = objectives.input_diff(ORIGINAL)
    found, (gradient,) = in_version_2(lambda: objective(lambda _: tf.convert_to_tensor(image)), [image])
    assert found == 0
    assert not gradient.numpy().any()


@pytest.mark.parametrize("name", SAME)
def test_operands_stay_as_they_are(name):
    objective = SAME[name](objectives)
    before = (objective.name, objective.description, objective.objective_func)
    value, _ = ours(objective)
    combined = 3 * objective - objective
    twice, _ = ours(combined)
    np.testing.assert_allclose(twice, 2 * value, rtol=1e-5, atol=1e-6)
    assert (objective.name, objective.description, objective.objective_func) == before
    np.testing.assert_array_equal(ours(objective)[0], value)
    assert isinstance(combined.description, str)


def test_a_function_written_with_keras():
    smooth = objectives.penalty(lambda image: ops.mean(ops.square(image[:, 1:] - image[:, :-1])), name="smooth")
    value, gradients = ours(objectives.channel("layer", 3) - 10 * smooth)
    image = TENSORS["input"]
    truth = TENSORS["layer"][..., 3].mean() - 10 * ((image[:, 1:] - image[:, :-1]) ** 2).mean()
    assert float(value) == pytest.approx(truth, rel=1e-5)
    assert gradients[0] is not None


def test_a_plain_function_of_the_activations():
    value, _ = ours(objectives.channel("layer", 3) + (lambda T: ops.sum(T("other"))))
    assert float(value) == pytest.approx(TENSORS["layer"][..., 3].mean() + TENSORS["other"].sum(), rel=1e-4)


@pytest.mark.parametrize("decorate", [objectives.wrap_objective, objectives.wrap_objective()])
def test_both_forms_of_the_decorator(decorate):
    @decorate
    def compare(layer, batch=1):
        """Compare two images."""

        def inner(T):
            return tf.reduce_sum(T(layer)[batch] * T(layer)[0])

        return inner

    objective = compare("layer", batch=2)
    value, _ = ours(objective)
    assert float(value) == pytest.approx((TENSORS["layer"][2] * TENSORS["layer"][0]).sum(), rel=1e-4)
    assert (objective.name, compare.__doc__) == ("compare", "Compare two images.")
    assert objective.description == "Compare [layer, 2]"


NUMBERS = [2, 0.5, np.float32(0.5), np.float64(0.5), np.int64(2), np.array(0.5, np.float32)]


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: f"{type(number).__name__} {number}")
def test_numbers_of_every_kind_on_both_sides(number):
    objective = objectives.channel("layer", 3)
    value, factor = TENSORS["layer"][..., 3].mean(), float(number)
    for combined, truth in (
        (number * objective, factor * value),
        (objective * number, factor * value),
        (number + objective, factor + value),
        (objective + number, factor + value),
        (number - objective, factor - value),
        (objective - number, value - factor),
    ):
        assert isinstance(combined, objectives.Objective)
        assert float(ours(combined)[0]) == pytest.approx(truth, rel=1e-5)


def test_builtin_sum():
    parts = [objectives.channel("layer", 1), objectives.deepdream("other")]
    assert float(ours(sum(parts))[0]) == pytest.approx(float(ours(objectives.Objective.sum(parts))[0]))


def test_one_image_by_a_number_of_numpy():
    value, _ = ours(objectives.channel("layer", 3, batch=np.int64(-1)))
    assert float(value) == pytest.approx(TENSORS["layer"][2, ..., 3].mean(), rel=1e-5)


@pytest.fixture(scope="module")
def small():
    """A network whose maps have a place for each 8 pixels."""
    image = keras.Input((None, None, 3))
    model = keras.Model(image, keras.layers.Conv2D(4, 3, strides=8, padding="same", name="conv")(image))
    return models.wrap(model, value_range=(0, 1))


def enlarged(network, objective):
    """Begin to optimize an image of 16 px, of which the network sees 24: only the step knows that the map is 3 x 3."""
    return render.make_vis_T(
        network, objective, lambda: param.image(16), transforms=[transform.random_scale([1.5])], seed=0
    )


@pytest.mark.parametrize(
    ("objective", "rule", "received"),
    [
        (objectives.neuron("conv", 1, x=3), "lie in the map", "x=3 for conv, which has 3 x 3 places"),
        (objectives.neuron("conv", 1, 0, 3), "lie in the map", "x=0, y=3 for conv, which has 3 x 3 places"),
        (objectives.tensor_direction("conv", np.ones((4, 3, 4))), "no larger than", "4 x 3 for conv, which has 3 x 3"),
    ],
    ids=["x", "y", "tensor_direction"],
)
def test_map_that_only_the_step_knows(expect_refusal, small, objective, rule, received):
    T = enlarged(small, objective)
    for compute in (T("vis_op").run, T("loss").eval):
        with expect_refusal(rule, received, "a larger image", kind=VisualizationError):
            compute()


def test_last_place_of_a_map_that_only_the_step_knows(small):
    T = enlarged(small, objectives.neuron("conv", 1, 2, 2))
    assert float(T("loss").eval()) == pytest.approx(float(T("conv").eval()[0, 2, 2, 1]))


ONE = {"layer": tf.zeros([1, 6, 7, 8]), "logits": tf.zeros([1, 9]), "input": tf.zeros([1, 24, 20, 3])}


@pytest.mark.parametrize(
    ("make", "rule", "received", "advice"),
    [
        (lambda: objectives.channel("layer", 8), "A channel must be one of its layer", "8 for layer", "0 to 7"),
        (lambda: objectives.channel("layer", -9), "A channel must be one of its layer", "-9", "0 to 7"),
        (lambda: objectives.channel("layer", 1, batch=1), "`batch`", "1 for a batch of 1", "param.image"),
        (lambda: objectives.neuron("layer", 1, x=6), "lie in the map", "x=6", "larger image"),
        (lambda: objectives.direction("layer", VECTOR[:3]), "`vec` must have a number", "3 for layer", "activations"),
        (lambda: objectives.direction("layer", VECTOR * np.nan), "`vec` must be", "ndarray", "NumPy"),
        (lambda: objectives.neuron("layer", 1, y=-1), "integers from 0 on", "y=-1", "from 0"),
        (lambda: objectives.neuron("layer", 1, x=1.5), "integers from 0 on", "x=1.5", "from 0"),
        (lambda: objectives.direction("layer", np.ones((3, 8))), "shape (channels,)", "(3, 8)", "tensor_direction"),
        (lambda: objectives.direction_neuron("layer", 3.0), "shape (channels,)", "()", "tensor_direction"),
        (lambda: objectives.tensor_direction("layer", np.ones((3, 2, 2, 8))), "each image", "3 for 1", "batch=3"),
        (lambda: objectives.tensor_direction("layer", VECTOR), "`vec` must have the shape", "(8,)", "direction"),
        (lambda: objectives.tensor_direction("layer", np.ones((7, 7, 8))), "no larger than", "7 x 7", "larger image"),
        (lambda: objectives.channel_interpolate("layer", 1, "layer", 2), "at least two images", "1", "batch=4"),
        (lambda: objectives.alignment("layer"), "at least two images", "1", "batch=4"),
        (lambda: objectives.diversity("layer"), "at least two images", "1", "batch=4"),
        (lambda: objectives.input_diff(ORIGINAL[:5]), "`orig_img` must fit", "(5, 20, 4)", "Resize"),
        (lambda: objectives.input_diff("cat.png"), "`orig_img` must be an array", "str", "NumPy"),
        (lambda: objectives.penalize_boundary_complexity(None), "`shp` must be the shape", "None", "`mask`"),
        (lambda: objectives.penalize_boundary_complexity([9, 9, 3]), "`shp` must be the shape", "[9, 9, 3]", "`mask`"),
        (lambda: objectives.penalize_boundary_complexity([1, 9, 9, 3]), "`shp` must fit", "(1, 9, 9, 3)", "Resize"),
        (lambda: objectives.blur_alpha_each_step(), "opacity", "3", "alpha=True"),
        (lambda: objectives.class_logit("logits", "class 77"), "a class of the network", "'class 77'", "class 7"),
        (lambda: objectives.class_logit("logits", 9), "A channel must be", "9", "0 to 8"),
        (lambda: objectives.as_objective("layer"), "`layer:number`", "'layer'", "artlucid info"),
        (lambda: objectives.as_objective("layer:one"), "`layer:number`", "'layer:one'", "artlucid info"),
        (lambda: objectives.as_objective(":3"), "`layer:number`", "':3'", "artlucid info"),
        (lambda: objectives.as_objective(None), "An objective must be", "None", "objectives.channel"),
        (lambda: objectives.as_objective(5), "An objective must be", "5", "objectives.channel"),
        (lambda: objectives.channel("layer", 1) + "layer:2", "combined with", "'layer:2'", "as_objective"),
        (lambda: objectives.Objective.sum([]), "at least one objective", "none", "Give one"),
        (lambda: objectives.penalty(lambda image: None), "must give a tensor", "None from Penalty [input]", "return"),
        (lambda: objectives.wrap_objective(lambda layer: None)("a"), "must give a function", "None", "return inner"),
        (lambda: objectives.wrap_objective("NCHW"), "`require_format`", "'NCHW'", "(batch, height, width"),
        (lambda: objectives.penalty("layer"), "`function` must be", "'layer'", "lambda image"),
    ],
)
def test_bad_input(expect_refusal, make, rule, received, advice):
    with expect_refusal(rule, received, advice, kind=VisualizationError):
        make()(activations(ONE))


def test_classes_without_names(expect_refusal):
    with expect_refusal("does not name its classes", "'saint'", "position", kind=VisualizationError):
        objectives.class_logit("logits", "saint")(lambda name: [] if name == "labels" else ONE[name])
