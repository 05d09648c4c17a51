"""Predictions in a file, read by pandas."""

import csv
import dataclasses
import os
import shutil

import numpy as np
import pandas as pd
import pytest
from evaluate import networks

from artlucid import datasets, evaluate
from artlucid.errors import DataError, OutputError

no_ruins = pytest.mark.filterwarnings("ignore:no test image has ruins:artlucid.errors.DataWarning")
CLASSES = ["blue", "green", "red"]


def test_a_row_a_network_and_image(pair, data, tmp_path):
    path = tmp_path / "new" / "predictions.csv"
    evaluate.evaluate(pair, data, options=evaluate.Options(predictions=path))
    table = pd.read_csv(path)
    assert list(table) == ["model", "path", "labels", *CLASSES]
    assert table["model"].tolist() == ["network-0"] * 12 + ["network-1"] * 12
    assert table["path"].tolist() == [*data.test.relative_paths] * 2
    assert table["labels"].tolist() == [data.class_names[label] for label in data.test.labels] * 2
    for network in pair:
        written = table.loc[table["model"] == network.source, CLASSES].to_numpy(np.float32)
        np.testing.assert_array_equal(written, evaluate.predict(network, data.test))


@no_ruins
def test_several_labels_or_none(pair_of_objects, objects, tmp_path):
    path = tmp_path / "predictions.csv"
    evaluate.evaluate(pair_of_objects[0], objects, options=evaluate.Options(predictions=path))
    table = pd.read_csv(path, keep_default_na=False)
    assert list(table) == ["model", "path", "labels", *networks.OBJECTS]
    assert table["labels"].tolist()[:5] == ["bird", "horse|train", "bird|horse", "", "bird|train"]


@pytest.mark.filterwarnings("ignore:no test image has:artlucid.errors.DataWarning")
def test_labels_whose_names_hold_the_separator_can_be_told_apart(tiny, objects, tmp_path):
    names = ("a", 'a "b"', "b, c", "b|c")
    objects = dataclasses.replace(objects, class_names=names)
    path = tmp_path / "predictions.csv"
    network = networks.network_for(names, activation="sigmoid")
    evaluate.evaluate(network, objects, options=evaluate.Options(predictions=path))
    table = pd.read_csv(path, keep_default_na=False)
    assert list(table)[3:] == list(names)
    expected = [[names[index] for index in row.nonzero()[0]] for row in objects.test.labels]
    assert [next(csv.reader([labels], delimiter="|"), []) for labels in table["labels"]] == expected


@pytest.mark.filterwarnings("ignore:it is not recorded what data:artlucid.errors.DataWarning")
def test_of_an_ensemble(pair, data, tmp_path):
    path = tmp_path / "predictions.csv"
    evaluate.evaluate(pair, data, ensemble=True, options=evaluate.Options(predictions=str(path)))
    table = pd.read_csv(path)
    assert set(table["model"]) == {"ensemble of 2"}
    mean = np.mean([evaluate.predict(network, data.test) for network in pair], axis=0)
    np.testing.assert_allclose(table[CLASSES], mean, rtol=1e-6)


def test_file_names_of_any_bytes(pair, data, tmp_path):
    shutil.copytree(data.root, tmp_path / "drawn")
    odd = os.fsdecode(b"na\xefve,\n.png")
    (tmp_path / "drawn" / "test" / "red" / "00.png").rename(tmp_path / "drawn" / "test" / "red" / odd)
    path = tmp_path / "predictions.csv"
    evaluate.evaluate(pair[0], datasets.folder(tmp_path / "drawn"), options=evaluate.Options(predictions=path))
    with open(path, errors="surrogateescape", newline="") as file:
        assert f"test/red/{odd}" in [row["path"] for row in csv.DictReader(file)]


def test_file_that_is_no_csv(expect_refusal):
    with expect_refusal("ends in .csv", "predictions.npz", "Name it so", kind=DataError):
        evaluate.Options(predictions="predictions.npz")


def test_place_that_cannot_be_written(pair, data, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="must be writable"):
        evaluate.evaluate(pair[0], data, options=evaluate.Options(predictions=tmp_path / "file" / "predictions.csv"))
