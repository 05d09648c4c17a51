import pytest

from artlucid.figures._model_names import short_names


@pytest.mark.parametrize(
    ("models", "names"),
    [
        (["/data/runs/styles@initial", "/data/runs/styles"], ["styles@initial", "styles"]),
        (["/data/first/styles", "/data/second/styles"], ["first/styles", "second/styles"]),
        (["imagenet", "/data/runs/styles"], ["imagenet", "styles"]),
        (["styles", "/styles"], ["styles", "/styles"]),
        (["/runs/a", "/runs/a#12345678"], ["a", "a#12345678"]),
        (["/runs/a"], ["a"]),
        (["imagenet", "runs/styles"], ["imagenet", "runs/styles"]),
        ([], []),
    ],
)
def test_names_are_as_long_as_it_takes_to_tell_them_apart(models, names):
    assert list(short_names(models).values()) == names
    assert list(short_names(models)) == models
