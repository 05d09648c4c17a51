"""`render_vis` at its edges: what it refuses, what it prints, what an interruption leaves."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from artlucid.errors import ModelError, VisualizationError
from artlucid.visualize import objectives, param, render, transform


def rendered(network, objective="conv2d1:7", param_f=lambda: param.image(64), **options):
    options = {"thresholds": (0,), "verbose": False, "seed": 0, **options}
    return render.render_vis(network, objective, param_f, **options)


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        ({"thresholds": ()}, ("`thresholds` must be steps", "()", "(512,)")),
        ({"thresholds": (-1,)}, ("`thresholds` must be steps", "(-1,)", "(512,)")),
        ({"thresholds": (1.5,)}, ("`thresholds` must be steps", "(1.5,)", "(512,)")),
        ({"thresholds": 2.0}, ("`thresholds` must be steps", "2.0", "(512,)")),
        ({"seed": -1}, ("`seed` must be a whole number", "-1", "another")),
        ({"engine": "lucid", "objective": "mixed4d:999"}, ("one of the 132 of its layer", "999", "mixed4d:131")),
        ({"engine": "lucid", "optimizer": keras.optimizers.SGD}, ("one of TensorFlow 1", "SGD", "AdamOptimizer")),
        ({"engine": "lucent"}, ("`engine` must be one of", "'lucent'", "Choose")),
        ({"optimizer": 0.05}, ("`optimizer` must be a Keras optimizer", "float", "Adam")),
        ({"param_f": np.zeros((1, 64, 64, 3))}, ("`param_f` must be a function", "ndarray", "lambda:")),
        ({"param_f": lambda: tf.zeros([1, 64, 64, 3])}, ("at least one `tf.Variable`", "none", "within the function")),
        ({"param_f": lambda: param.image(64, channels=1)}, ("(batch, height, width, 3)", "1)", "grayscale_image_rgb")),
        (
            {"param_f": lambda: param.image(64, alpha=True)},
            ("(batch, height, width, 3)", "4)", "collapse_alpha_random"),
        ),
        ({"objective": lambda T: tf.constant(1.0)}, ("depend on the image", "no gradient", "T(layer)")),
        ({"objective": "mixed4d"}, ("`layer:number`", "'mixed4d'", "artlucid info")),
        ({"objective": "mixed4d:132"}, ("one of its layer", "132", "0 to 131")),
        ({"objective": objectives.diversity("mixed4d")}, ("at least two images", "1", "batch=4")),
        ({"transforms": [transform.jitter(80)]}, ("cut off less than the image has", "jitter(80)", "larger image")),
        ({"transforms": "jitter"}, ("sequence of callables", "jitter", "transform.jitter(8)")),
    ],
)
def test_bad_input(mini, expect_refusal, options, parts):
    with expect_refusal(*parts, kind=VisualizationError):
        rendered(mini, **options)


def test_an_unknown_layer(mini, expect_refusal):
    with expect_refusal("a layer of the network", "'mixed4z'", "mixed4", kind=ModelError):
        rendered(mini, "mixed4z:7")


def test_opacity_on_a_random_background(mini):
    images = rendered(mini, param_f=lambda: param.image(64, alpha=True), transforms=[transform.collapse_alpha_random()])
    assert images[0].shape == (1, 64, 64, 4)


def test_an_optimizer_of_ones_own_stays_as_it_was(mini):
    optimizer = keras.optimizers.SGD(10.0)
    first = rendered(mini, optimizer=optimizer)[0]
    assert not optimizer.built
    np.testing.assert_array_equal(first, rendered(mini, optimizer=lambda: keras.optimizers.SGD(10.0))[0])
    assert (first != rendered(mini)[0]).any()


def test_what_is_printed(mini, capsys):
    further = [objectives.channel("mixed3a", 2), lambda T: tf.reduce_mean(T("input"))]
    rendered(mini, verbose=True, thresholds=(0, 1), print_objectives=further)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" ")[0] for line in lines] == ["0", "01:", "02:", "1", "01:", "02:"]
    assert "Channel [mixed3a, 2]" in lines[1]


def test_an_interruption_keeps_the_last_image(mini, monkeypatch):
    run = render._Update.run
    steps = []

    def interrupted(self):
        steps.append(run(self))
        if len(steps) == 3:
            raise KeyboardInterrupt
        return steps[-1]

    monkeypatch.setattr(render._Update, "run", interrupted)
    images = rendered(mini, thresholds=(1, 100))
    assert len(images) == 2
    assert (images[0] != images[1]).any()


def test_activations_of_an_image(mini):
    image = np.random.default_rng(0).uniform(size=(1, 64, 64, 3)).astype(np.float32)
    T = render.import_model(mini, tf.constant(image))
    np.testing.assert_allclose(T("predictions"), mini.keras_model(image * 255), rtol=1e-5)
    np.testing.assert_array_equal(T("input"), image)
    assert T("labels") == []
