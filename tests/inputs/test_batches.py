import numpy as np
import pytest
from PIL import Image

from artlucid import datasets, inputs
from artlucid.datasets import Split
from artlucid.errors import DataError

SIZE = 24
SHAPES = [(40, 24), (24, 40), (100, 31), (24, 24), (50, 75), (33, 99), (20, 20)]


@pytest.fixture
def split(tmp_path):
    generator = np.random.default_rng(0)
    for index, (height, width) in enumerate(SHAPES):
        pixels = generator.integers(0, 256, (height, width, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{index}.png")
    return Split("train", tmp_path, tuple(f"{index}.png" for index in range(len(SHAPES))), np.arange(len(SHAPES)) % 3)


def by_pillow(path):
    image = Image.open(path)
    shorter = min(image.size)
    # Rounded half up.
    target = tuple(int(side * SIZE / shorter + 0.5) for side in image.size)
    pixels = np.asarray(image.resize(target, Image.Resampling.LANCZOS))
    top, left = (pixels.shape[0] - SIZE) // 2, (pixels.shape[1] - SIZE) // 2
    return pixels[top : top + SIZE, left : left + SIZE]


def batches(split, **options):
    return inputs.Batches(split, size=SIZE, batch_size=3, n_classes=3, **options)


def test_images_and_labels_are_those_of_the_files(split):
    made = batches(split)
    found = list(made.in_order().as_numpy_iterator())
    assert [len(images) for images, _ in found] == [3, 3, 1] and len(made) == 3
    images, labels = (np.concatenate(parts) for parts in zip(*found, strict=True))
    assert images.dtype == labels.dtype == np.float32
    np.testing.assert_array_equal(images, np.stack([by_pillow(split.path(index)) for index in range(len(split))]))
    np.testing.assert_array_equal(labels, np.eye(3)[split.labels])


def test_several_labels_and_none(split):
    several = split.with_labels(np.eye(4, dtype=int)[[0, 1, 2, 3, 0, 1, 2]] | np.eye(4, dtype=int)[0])
    _, labels = next(batches(several).in_order().as_numpy_iterator())
    np.testing.assert_array_equal(labels, [[1, 0, 0, 0], [1, 1, 0, 0], [1, 0, 1, 0]])
    (images,) = {batch.shape for batch in batches(Split("a", split.root, split.relative_paths[:3], None)).in_order()}
    assert images == (3, SIZE, SIZE, 3)


def test_order_of_an_epoch():
    orders = {(seed, epoch): inputs.epoch_order(50, seed=seed, epoch=epoch) for seed in range(3) for epoch in range(3)}
    for order in orders.values():
        assert sorted(order.tolist()) == list(range(50))
    assert len({tuple(order) for order in orders.values()}) == 9
    np.testing.assert_array_equal(orders[1, 2], inputs.epoch_order(50, seed=1, epoch=2))


def test_order_stays_what_it_was():
    # A change of these breaks every run that is to be resumed, and every published seed.
    assert inputs.epoch_order(8, seed=0, epoch=0).tolist() == np.random.default_rng([0, 0]).permutation(8).tolist()
    assert inputs.epoch_order(8, seed=3, epoch=5).tolist() == np.random.default_rng([3, 5]).permutation(8).tolist()


def numbers_of(split, found):
    """Which image of the split each image of the batches is."""
    known = {by_pillow(split.path(index)).tobytes(): index for index in range(len(split))}
    return [known[image.astype(np.uint8).tobytes()] for images, _ in found for image in images]


def test_epochs_follow_one_another_each_in_its_order(split):
    found = list(batches(split).shuffled(seed=7, epochs=range(2, 5)).as_numpy_iterator())
    assert [len(images) for images, _ in found] == [3, 3, 1] * 3
    expected = np.concatenate([inputs.epoch_order(7, seed=7, epoch=epoch) for epoch in (2, 3, 4)])
    assert numbers_of(split, found) == expected.tolist()
    labels = np.concatenate([labels for _, labels in found])
    np.testing.assert_array_equal(labels.argmax(axis=1), split.labels[expected])


def test_resumed_epochs_are_those_of_an_uninterrupted_run(split):
    whole = list(batches(split).shuffled(seed=7, epochs=range(4)).as_numpy_iterator())
    resumed = list(batches(split).shuffled(seed=7, epochs=range(2, 4)).as_numpy_iterator())
    for (images, labels), (other_images, other_labels) in zip(whole[6:], resumed, strict=True):
        np.testing.assert_array_equal(images, other_images)
        np.testing.assert_array_equal(labels, other_labels)


@pytest.mark.parametrize("damage", ["vanishes", "breaks"])
def test_file_that_cannot_be_read_is_named(damage, split):
    made = batches(split)
    path = split.path(4)
    if damage == "vanishes":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(DataError, match=f"must be a readable image .*Received {path}: "), made.readable_errors():
        list(made.in_order())


def test_other_errors_stay_what_they_are(split):
    with pytest.raises(KeyError), batches(split).readable_errors():
        raise KeyError


def test_empty_split(tmp_path):
    with pytest.raises(DataError, match=r"at least one image. Received an empty 'val' of .*choose another split"):
        inputs.Batches(Split("val", tmp_path, (), np.zeros(0, int)), size=8, batch_size=2, n_classes=2)


@pytest.mark.parametrize(("shape", "top", "left"), [((24, 24), 0, 0), ((31, 24), 3, 0), ((24, 40), 0, 8)])
def test_centre_crop(shape, top, left):
    image = np.arange(shape[0] * shape[1] * 3).reshape(*shape, 3).astype(np.uint8)
    np.testing.assert_array_equal(inputs.centre_crop(image, 24), image[top : top + 24, left : left + 24])


def test_a_drawn_dataset_goes_through(tmp_path):
    data = datasets.synthetic(folder=tmp_path / "drawn", images_per_class=(1, 1, 1), size=32)
    made = inputs.Batches(data.val, size=SIZE, batch_size=8, n_classes=6)
    (images, labels), *rest = made.in_order().as_numpy_iterator()
    assert (images.shape, rest) == ((6, SIZE, SIZE, 3), [])
    np.testing.assert_array_equal(labels, np.eye(6))


def test_iterators_are_not_tuned(split):
    """A tuned one ends only when its tuner wakes up, which took up to twice as long."""
    batches = inputs.Batches(split, size=32, batch_size=2, n_classes=5)
    for made in (batches.in_order(), batches.shuffled(seed=0, epochs=range(1))):
        assert made.options().autotune.enabled is False
