import json
import platform
from importlib import metadata
from pathlib import Path

import pytest
import tensorflow as tf

from artlucid import environment
from artlucid.errors import ModelError


@pytest.mark.parametrize(
    ("precision", "policy"),
    [("float32", "float32"), ("bfloat16", "mixed_bfloat16"), ("float16", "mixed_float16")],
)
def test_precision_as_asked_for(precision, policy):
    found = environment.resolve_precision(precision)
    assert (found.requested, found.used, found.policy) == (precision, precision, policy)


@pytest.mark.parametrize("precision", ["float64", "", "mixed_bfloat16", "Auto"])
def test_unknown_precision(precision):
    with pytest.raises(ModelError, match=f"must be auto or one of float32, bfloat16, float16. Received '{precision}'"):
        environment.resolve_precision(precision)


@pytest.mark.parametrize(
    ("flags", "used"), [([], "float32"), (["avx512_bf16"], "bfloat16"), (["amx_bf16"], "bfloat16")]
)
def test_auto_on_a_processor(flags, used, monkeypatch):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [])
    monkeypatch.setattr(environment, "processor", lambda: {"name": "some", "flags": flags})
    found = environment.resolve_precision("auto")
    assert (found.requested, found.used) == ("auto", used)
    assert all(flag in found.reason for flag in flags)


@pytest.mark.parametrize(
    ("capability", "used"), [((9, 0), "bfloat16"), ((8, 0), "bfloat16"), ((7, 5), "float16"), ((6, 1), "float32")]
)
def test_auto_on_a_gpu(capability, used, monkeypatch):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["one"])
    monkeypatch.setattr(tf.config.experimental, "get_device_details", lambda device: {"compute_capability": capability})
    found = environment.resolve_precision("auto")
    assert found.used == used
    assert ".".join(map(str, capability)) in found.reason


def test_processor_is_that_of_the_system():
    found = environment.processor()
    text = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    assert found["name"]
    for flag in ("avx512_bf16", "amx_bf16"):
        assert (flag in found["flags"]) == (f" {flag} " in text.replace("\n", " "))


def test_description_is_plain_json_and_names_the_versions():
    description = environment.describe(environment.resolve_precision("float32"))
    assert json.loads(json.dumps(description)) == description
    assert description["versions"].pop("python") == platform.python_version()
    assert description["versions"] == {
        name: metadata.version(name) for name in ("artlucid", "tensorflow", "keras", "numpy", "Pillow", "h5py")
    }
    assert description["threads"]["intra_op"] >= 1
