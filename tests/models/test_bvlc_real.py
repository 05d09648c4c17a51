"""The real weights of Caffe's release."""

import numpy as np
import pytest
from PIL import Image

from artlucid import models

pytestmark = pytest.mark.real_data

# The probabilities of shared/weights/README.md.
CHECKS = {
    "goldfish.jpg": ("goldfish", 1.000),
    "bear.jpg": ("brown bear", 0.957),
    "soldiers.jpg": ("assault rifle", 0.705),
}


@pytest.fixture(scope="module")
def bvlc(shared_data):
    return models.load(shared_data / "weights" / "bvlc_googlenet.npz")


@pytest.fixture(scope="module")
def names(shared_data):
    lines = (shared_data / "weights" / "ilsvrc12_synset_words.txt").read_text().splitlines()
    return [line.split(" ", 1)[1].split(",")[0] for line in lines]


@pytest.fixture
def photograph(shared_data):
    def read(name):
        with Image.open(shared_data / "weights" / "check_images" / name) as image:
            resized = image.convert("RGB").resize((224, 224), Image.Resampling.BILINEAR)
        return np.asarray(resized, np.float32)[np.newaxis]

    return read


@pytest.mark.parametrize("image", CHECKS)
def test_check_images(image, bvlc, names, photograph):
    predictions = np.asarray(bvlc.keras_model(photograph(image)))
    [[(name, probability)]] = models.decode_predictions(predictions, top=1, class_names=names)
    assert name == CHECKS[image][0]
    assert probability == pytest.approx(CHECKS[image][1], abs=0.01)


def test_in_blue_green_red_the_goldfish_is_a_macaw(bvlc, names, photograph):
    predictions = np.asarray(bvlc.keras_model(photograph("goldfish.jpg")[..., ::-1]))
    assert names[predictions.argmax()] == "macaw"


def test_identity_is_stable(bvlc):
    assert bvlc.architecture.variant == "bvlc"
    assert bvlc.keras_model.count_params() == 6_998_552
    assert bvlc.identity == "50973ab56f89ff6a8c3cdc9c74c908630220d944c2b3e1424d20f952db8cf7f5"
