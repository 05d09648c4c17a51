"""What the augmentations do to an image, and that it depends on seed, epoch and image alone."""

import numpy as np
import pytest
from PIL import Image

from artlucid import errors, inputs, recipes
from artlucid.datasets import Split, read_image
from artlucid.inputs import AUGMENTATIONS, View
from artlucid.inputs._batches import draws

SIZE = 24


@pytest.fixture
def split(tmp_path):
    """Images in which every pixel has its own colour, so that a crop says where it is from."""
    for index, (height, width) in enumerate([(SIZE, SIZE), (27, 54), (60, 27), (27, 27), (31, 40)]):
        rows, columns = np.mgrid[:height, :width]
        pixels = np.stack([rows * 4, columns * 4, np.full_like(rows, index)], axis=-1)
        Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / f"{index}.png")
    return Split("train", tmp_path, tuple(f"{index}.png" for index in range(5)), np.arange(5))


def augmented(split, augmentation, *, seed=0, epochs=range(1), batch_size=2):
    """The images of each epoch, in the order of the split."""
    made = inputs.Batches(split, size=SIZE, batch_size=batch_size, n_classes=5)
    found = list(made.shuffled(seed=seed, epochs=epochs, augmentation=augmentation).as_numpy_iterator())
    images, labels = (np.concatenate(parts) for parts in zip(*found, strict=True))
    by_epoch = zip(np.split(images, len(epochs)), np.split(labels.argmax(axis=1), len(epochs)), strict=True)
    return np.stack([images[np.argsort(numbers)] for images, numbers in by_epoch])


def test_every_choice_of_a_recipe_is_there():
    assert tuple(AUGMENTATIONS) == recipes.CHOICES["augmentation"]


def test_unknown_augmentation(split, expect_refusal):
    made = inputs.Batches(split, size=SIZE, batch_size=2, n_classes=5)
    with expect_refusal("`augmentation` must be one of none", "'flips'", "Choose", kind=errors.RecipeError):
        made.shuffled(seed=0, epochs=range(1), augmentation="flips")


def test_none_is_the_centre(split):
    images = augmented(split, "none")[0]
    for index in range(5):
        np.testing.assert_array_equal(images[index], View(SIZE).read(split.path(index)))


def numbered(side):
    rows, columns = np.mgrid[:side, :side]
    return np.stack([rows, columns, np.zeros_like(rows)], axis=-1).astype(np.uint8)


def test_small_transformation_by_hand():
    # An 8 x 8 image moves by at most one pixel.
    seen = set()
    for index in range(200):
        moved = AUGMENTATIONS["small_transformation"].cut(numbered(8), 8, draws(0, 0, index))
        rows, columns = moved[:, 0, 0].astype(int), moved[0, :, 1].astype(int)
        np.testing.assert_array_equal(moved[..., 0], np.repeat(rows[:, None], 8, axis=1))
        np.testing.assert_array_equal(moved[..., 1], np.repeat(columns[None], 8, axis=0))
        seen.add((tuple(rows), tuple(columns)))
    shifted = [(0, 0, 1, 2, 3, 4, 5, 6), (0, 1, 2, 3, 4, 5, 6, 7), (1, 2, 3, 4, 5, 6, 7, 7)]
    flipped = [(7, 7, 6, 5, 4, 3, 2, 1), (7, 6, 5, 4, 3, 2, 1, 0), (6, 5, 4, 3, 2, 1, 0, 0)]
    assert seen == {(rows, columns) for rows in shifted for columns in shifted + flipped}


def test_small_transformation_moves_224_by_28():
    flips, downs, rights = [], [], []
    image = numbered(224)
    for index in range(400):
        row, column, _ = AUGMENTATIONS["small_transformation"].cut(image, 224, draws(3, 1, index))[112, 112].astype(int)
        flipped = bool(draws(3, 1, index).random() < 0.5)
        flips.append(flipped)
        downs.append(112 - row)
        rights.append(112 - (223 - column if flipped else column))
    assert (min(downs), max(downs)) == (min(rights), max(rights)) == (-28, 28)
    assert 160 < sum(flips) < 240
    assert np.abs(np.corrcoef([flips, downs, rights]) - np.eye(3)).max() < 0.15
    # Evenly: the standard deviation of 57 equally likely values is 16.45.
    assert abs(np.std(downs) - 16.45) < 1


def test_random_crops_come_from_the_whole_image(split):
    images = augmented(split, "random_crops", epochs=range(20)).astype(int)
    # 24 pixels stand for 224, 27 for 256; these images have that shorter side, so no resizing blurs their colours.
    for index in (1, 2, 3):
        tops, lefts = images[:, index, 0, 0, 0] // 4, images[:, index, 0, 0, 1] // 4
        whole = read_image(split.path(index))
        for crop, top, left in zip(images[:, index], tops, lefts, strict=True):
            np.testing.assert_array_equal(crop, whole[top : top + SIZE, left : left + SIZE])
    # Of 60 rows the middle square would begin at 16 to 20.
    assert np.ptp(images[:, 2, 0, 0, 0] // 4) > 15


def test_random_crops_come_from_every_place():
    image = numbered(27)
    crops = [AUGMENTATIONS["random_crops"].cut(image, SIZE, draws(0, 0, index)) for index in range(800)]
    places, counts = np.unique([crop[0, 0, :2] for crop in crops], axis=0, return_counts=True)
    assert places.tolist() == [[top, left] for top in range(4) for left in range(4)]
    # Evenly: 50 each, with a standard deviation of 7.
    assert counts.min() > 20 and counts.max() < 80


def test_random_crops_of_224_have_a_shorter_side_of_256():
    assert AUGMENTATIONS["random_crops"].view(224) == View(256, whole=True)
    assert AUGMENTATIONS["random_crops"].view(96) == View(110, whole=True)


@pytest.mark.parametrize("augmentation", ["small_transformation", "random_crops"])
def test_draws_depend_on_seed_epoch_and_image_alone(augmentation, split):
    whole = augmented(split, augmentation, epochs=range(4))
    np.testing.assert_array_equal(augmented(split, augmentation, epochs=range(2, 4)), whole[2:])
    np.testing.assert_array_equal(augmented(split, augmentation, epochs=range(4), batch_size=5), whole)
    assert (augmented(split, augmentation, epochs=range(4), seed=1) != whole).any()
    assert all((whole[0] != later).any() for later in whole[1:])


@pytest.mark.parametrize("augmentation", ["small_transformation", "random_crops"])
def test_images_differ_in_their_draws(augmentation, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (27, 27, 3)).astype(np.uint8)
    for index in range(5):
        Image.fromarray(pixels).save(tmp_path / f"{index}.png")
    twins = Split("train", tmp_path, tuple(f"{index}.png" for index in range(5)), np.arange(5))
    assert len({image.tobytes() for image in augmented(twins, augmentation)[0]}) > 1


def test_draws_stay_what_they_were():
    # A change of these breaks every run that is to be resumed, and every published seed.
    assert draws(3, 5, 7).integers(1000) == np.random.default_rng([3, 5, 7, 1]).integers(1000)
    assert draws(3, 5, 0).random() != np.random.default_rng([3, 5]).random()


def test_in_order_is_never_augmented(split):
    images, _ = next(inputs.Batches(split, size=SIZE, batch_size=5, n_classes=5).in_order().as_numpy_iterator())
    np.testing.assert_array_equal(images[1], View(SIZE).read(split.path(1)))
