"""Activations worked out without the code under test, and datasets of images made by hand."""

import keras
import numpy as np
from PIL import Image

from artlucid.datasets import Dataset, Split
from artlucid.models._network import layer_outputs


def hand_made(root, images):
    """A dataset without classes whose test images are these arrays."""
    paths = tuple(f"{index:03d}.png" for index in range(len(images)))
    for path, image in zip(paths, images, strict=True):
        Image.fromarray(image).save(root / path)
    return Dataset("folder", f"folder:{root}", root, (), {"test": Split("test", root, paths, None)}, ())


def read(split, size):
    """The middles of the images as Pillow resizes and crops them, float32."""
    found = []
    for index in range(len(split)):
        image = Image.open(split.path(index)).convert("RGB")
        width, height = (round(side * size / min(image.size)) for side in image.size)
        left, top = (width - size) // 2, (height - size) // 2
        resized = image.resize((width, height), Image.Resampling.LANCZOS)
        found.append(np.asarray(resized.crop((left, top, left + size, top + size)), np.float32))
    return np.stack(found)


def maps(network, names, images):
    """The feature maps of layers, by name."""
    model = keras.Model(network.keras_model.input, layer_outputs(network, names))
    return dict(zip(names, model.predict_on_batch(images), strict=True))


def first_places(values):
    """Row and column of the first maximum, by a loop."""
    found = np.zeros((len(values), values.shape[-1], 2), int)
    for image in range(len(values)):
        for channel in range(values.shape[-1]):
            plane = values[image, :, :, channel]
            found[image, channel] = np.argwhere(plane == plane.max())[0]
    return found


def content(path):
    """Everything in a cache file but when it was made, by the names of datasets."""
    import json

    import h5py

    found = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, item: found.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None)
    found["manifest"] = {**json.loads(found["manifest"]), "created": None}
    return found
