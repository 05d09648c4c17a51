"""Bad input is refused before anything is written, or named in a warning."""

import dataclasses
import math
import shutil

import numpy as np
import pytest
from finetune import small

from artlucid import datasets, evaluate, finetune, models, runs
from artlucid.errors import ArtlucidError, DataError, DataWarning, ModelError, RecipeError, TrainingError
from artlucid.finetune import _data

pytestmark = pytest.mark.usefixtures("tiny")

ONE_EPOCH = dataclasses.replace(small.RECIPE, epochs=1)


@pytest.fixture
def drawn(data, tmp_path):
    """A copy of the dataset's folder, to be damaged."""
    shutil.copytree(data.root, tmp_path / "drawn")
    return tmp_path / "drawn"


def refused(error, message, dataset, out, **arguments):
    with pytest.raises(error, match=message) as caught:
        small.train(dataset, out, **arguments)
    rule, received, advice = str(caught.value).partition("Received")
    assert rule.strip() and received and ". " in advice, caught.value
    assert not out.exists()


def break_files(drawn):
    """A truncated JPEG, an empty file and a text file by the name of a picture."""
    folder = drawn / "train" / "red"
    image = datasets.read_image(folder / "00.png")
    from PIL import Image

    Image.fromarray(image).save(folder / "cut.jpg")
    (folder / "cut.jpg").write_bytes((folder / "cut.jpg").read_bytes()[:-300])
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "text.jpg").write_text("No picture, only words.")
    return {"train/red/cut.jpg", "train/red/empty.jpg", "train/red/text.jpg"}


def test_missing_folder(tmp_path):
    refused(DataError, "no-such-folder", f"folder:{tmp_path}/no-such-folder", tmp_path / "run")


def test_class_folder_without_images(drawn, tmp_path):
    (drawn / "train" / "yellow").mkdir()
    refused(DataError, "yellow", f"folder:{drawn}", tmp_path / "run")


@pytest.mark.parametrize("split", ["train", "val"])
def test_missing_split(split, drawn, tmp_path):
    shutil.rmtree(drawn / split)
    refused(DataError, f"`split` must be one.*Received '{split}'", f"folder:{drawn}", tmp_path / "run")


def test_no_labels(data, tmp_path):
    for index, path in enumerate(data.root.rglob("*.png")):
        (tmp_path / "flat").mkdir(exist_ok=True)
        shutil.copy(path, tmp_path / "flat" / f"{index}.png")
    message = (
        "one label an image and at least two classes, or several labels an image. Received .*unlabelled, 0 classes"
    )
    refused(DataError, message, f"folder:{tmp_path}/flat", tmp_path / "run")


def test_one_class(drawn, tmp_path):
    for split in small.IMAGES:
        for name in ("green", "red"):
            shutil.rmtree(drawn / split / name)
    refused(
        DataError,
        "at least two classes, or several labels an image. Received .*1 classes",
        f"folder:{drawn}",
        tmp_path / "run",
    )


def test_more_unusable_files_than_allowed(drawn, tmp_path):
    names = break_files(drawn)
    message = r"At most 1.0% of the images may be unusable. Received 3 of 63.*--max-excluded"
    with pytest.raises(DataError, match=message) as caught:
        small.train(datasets.folder(drawn), tmp_path / "run")
    assert all(name in str(caught.value) for name in names)
    assert not (tmp_path / "run").exists()


def test_unusable_files_are_left_out_and_named(drawn, data, tmp_path):
    names = break_files(drawn)
    with pytest.warns(DataWarning, match="3 of 63 images are left out: ") as caught:
        run = small.train(datasets.folder(drawn), tmp_path / "run", max_excluded=0.05)
    assert all(name in str(caught[0].message) for name in names)
    table = (run.path / "excluded.csv").read_text().splitlines()
    assert table[0] == "split,path,reason"
    assert {tuple(line.split(",")[:2]) for line in table[1:]} == {("train", name) for name in names}
    assert run.manifest["excluded"] == 3
    # Without them it is the same training, but for the order, which follows from the number of images alone.
    assert (run.path / "last.h5").read_bytes() == (small.train(data, tmp_path / "clean").path / "last.h5").read_bytes()


def test_resumed_run_leaves_the_same_files_out(drawn, data, tmp_path, monkeypatch):
    break_files(drawn)
    with pytest.warns(DataWarning, match="left out"), monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(finetune._keeper.Keeper, "keep", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        small.train(datasets.folder(drawn), tmp_path / "run", max_excluded=0.05)
    monkeypatch.setattr(datasets, "usable", None)
    run = finetune.fit(datasets.folder(drawn), out=tmp_path / "run", resume=True)
    monkeypatch.undo()
    assert (run.path / "last.h5").read_bytes() == (small.train(data, tmp_path / "clean").path / "last.h5").read_bytes()


def test_split_of_unusable_files_only(drawn, tmp_path):
    for path in (drawn / "val").rglob("*.png"):
        path.write_bytes(b"")
    with pytest.raises(DataError, match=r"At least one file of each split must be a readable image. Received 'val'"):
        small.train(datasets.folder(drawn), tmp_path / "run", max_excluded=1.0)


@pytest.mark.parametrize("part", [-0.1, 1.01, math.nan])
def test_part_that_is_no_part(part, data, tmp_path):
    refused(DataError, "`max_excluded` must be a part", data, tmp_path / "run", max_excluded=part)


def test_same_image_in_two_splits(drawn, tmp_path):
    shutil.copy(drawn / "train" / "red" / "03.png", drawn / "test" / "red" / "same.png")
    shutil.copy(drawn / "val" / "blue" / "00.png", drawn / "train" / "green" / "other.png")
    with pytest.warns(DataWarning, match="2 images stand in more than one split") as caught:
        run = small.train(datasets.folder(drawn), tmp_path / "run", recipe=ONE_EPOCH)
    message = str(caught[0].message)
    assert "train/red/03.png (train) = test/red/same.png (test)" in message
    assert "train/green/other.png (train) = val/blue/00.png (val)" in message
    assert len(run.manifest["duplicates"]) == 2


@pytest.mark.parametrize("seed", [-1, 1.5, "0"])
def test_seed(seed, data, tmp_path):
    refused(RecipeError, "`seed` must be an integer of at least 0", data, tmp_path / "run", seed=seed)


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        ("AA", "`recipe` must be one of A, B, C.*Received 'AA'. Did you mean 'A'"),
        ("", "`recipe` must be one of"),
    ],
)
def test_recipe_that_is_not(recipe, message, data, tmp_path):
    refused(RecipeError, message, data, tmp_path / "run", recipe=recipe)


@pytest.mark.parametrize("recipe", ["D", "E", "from_scratch"])
def test_deep_supervision_without_auxiliary_heads(recipe, data, tmp_path):
    message = f"network without auxiliary heads. Received recipe '{recipe}' with True for headless/headless. Choose"
    refused(RecipeError, message, data, tmp_path / "run", recipe=recipe, architecture="headless")


def test_policy_that_does_not_fit_the_network(data, tmp_path):
    recipe = dataclasses.replace(small.RECIPE, layer_rates=(("mixed4*", 0.1),))
    refused(RecipeError, "matches none of tiny/tiny", data, tmp_path / "run", recipe=recipe)


def test_architecture_is_wanted_where_the_weights_leave_it_open(data, tmp_path):
    refused(ModelError, "`architecture` must name the network", data, tmp_path / "run", architecture=None)


def test_wrapped_network_as_initial_weights(data, tmp_path):
    import keras

    inputs = keras.Input((32, 32, 3))
    network = models.wrap(keras.Model(inputs, keras.layers.Conv2D(2, 3, name="one")(inputs)), value_range=(0, 255))
    refused(ArtlucidError, "must be of a known architecture", data, tmp_path / "run", weights=network)


def test_loss_that_becomes_nan(data, tmp_path):
    """The first epoch is good; the second has a rate that no network survives."""
    good = dataclasses.replace(small.RECIPE, epochs=1)
    reference = small.train(data, tmp_path / "good", recipe=good)
    from artlucid.finetune import _optimizers

    update = _optimizers._LayerRates.update_step

    def exploding(self, gradient, variable, rate):
        import keras

        update(self, gradient, variable, rate * keras.ops.where(self.iterations >= 7, 1e30, 1.0))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_optimizers._LayerRates, "update_step", exploding)
        with pytest.raises(
            TrainingError, match=r"finite. Received head_loss = nan in epoch 2, at batch 4. Training stopped"
        ):
            small.train(data, tmp_path / "run")
    run = runs.open_run(tmp_path / "run")
    assert (run.state["status"], run.state["epochs_done"]) == ("failed", 1)
    assert "epoch 2, at batch 4" in run.state["error"]
    for name in ("best.h5", "last.h5"):
        assert (run.path / name).read_bytes() == (reference.path / name).read_bytes()


def test_nan_in_the_first_epoch_leaves_the_initial_weights(data, tmp_path):
    recipe = dataclasses.replace(small.RECIPE, head_rate=1e30, body_rate=1e30)
    with pytest.raises(TrainingError, match="in epoch 1, at batch"):
        small.train(data, tmp_path / "run", recipe=recipe)
    run = runs.open_run(tmp_path / "run")
    assert (run.state["status"], run.state["epochs_done"], run.state["best_loss"]) == ("failed", 0, None)
    assert run.history.empty
    assert models.load(run.at("initial")).class_names == small.CLASS_NAMES
    with pytest.raises(ArtlucidError, match=r"must be one of initial. Received 'best'"):
        models.load(run)


def test_loss_that_is_not_finite_after_the_last_batch(data, tmp_path, monkeypatch):
    from artlucid.finetune import _callbacks

    usual = _callbacks.KeepEpoch.on_epoch_end
    monkeypatch.setattr(
        _callbacks.KeepEpoch,
        "on_epoch_end",
        lambda self, epoch, logs=None: usual(self, epoch, {**logs, "val_loss": math.inf}),
    )
    with pytest.raises(TrainingError, match="val_loss = inf in epoch 1, after the last batch"):
        small.train(data, tmp_path / "run")


@pytest.mark.parametrize("split", ["train", "val"])
@pytest.mark.parametrize("damage", ["vanishes", "breaks"])
def test_file_that_is_lost_during_training(damage, split, drawn, tmp_path, monkeypatch):
    dataset = datasets.folder(drawn)
    path = dataset.split(split).path(5)
    examined = datasets.usable

    def examined_then_lost(*arguments, **options):
        examination = examined(*arguments, **options)
        if damage == "vanishes":
            path.unlink()
        else:
            path.write_bytes(path.read_bytes()[:50])
        return examination

    monkeypatch.setattr(datasets, "usable", examined_then_lost)
    monkeypatch.setattr(finetune._jobs, "_describe", lambda dataset: {"identity": "", "images": {}})
    with pytest.raises(DataError, match=f"must be a readable image.*Received {path}"):
        small.train(dataset, tmp_path / "run", near_duplicates=False)
    state = runs.open_run(tmp_path / "run").state
    assert state["status"] == "failed"
    assert str(path) in state["error"]


def test_file_names_that_are_not_unicode(drawn, tmp_path):
    import os

    folder = os.fsencode(drawn / "train" / "red")
    with open(folder + b"/\xff.png", "wb"):
        pass
    shutil.copy(drawn / "train" / "red" / "00.png", os.fsdecode(folder + b"/\xfe.png"))
    shutil.copy(drawn / "train" / "red" / "00.png", drawn / "test" / "red" / "same.png")
    with pytest.warns(DataWarning):
        run = small.train(datasets.folder(drawn), tmp_path / "run", recipe=ONE_EPOCH, max_excluded=0.05)
    assert runs.open_run(run.path).manifest == run.manifest
    left = _data.without_recorded(datasets.folder(drawn), run.path / "excluded.csv")
    assert len(left.train) == 37


def test_labels_dealt_at_random_give_chance(tmp_path):
    """No leak between the splits: what cannot be learnt is not learnt."""
    true = small.draw_dataset(tmp_path / "data", {"train": 24, "val": 4, "test": 20})
    rates = {"head_rate": 0.01, "body_rate": 0.01, "optimizer": "adam", "schedule": "constant"}
    recipe = dataclasses.replace(small.RECIPE, epochs=4, **rates)

    def accuracy(labels, name):
        dataset = true.with_splits({**true.splits, "train": true.train.with_labels(labels)})
        return evaluate.evaluate(small.train(dataset, tmp_path / name, recipe=recipe).at("last"), true).top_1

    dealt = [accuracy(np.random.default_rng(seed).permutation(true.train.labels), f"dealt-{seed}") for seed in range(3)]
    assert accuracy(true.train.labels, "true") > 0.9
    assert np.mean(dealt) == pytest.approx(1 / 3, abs=0.2), dealt
