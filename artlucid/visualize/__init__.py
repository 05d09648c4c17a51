"""Lucid's feature visualization on TensorFlow 2: what a network looks for, as pictures."""

from artlucid.models import _backend as _backend  # first: refuses another backend before anything is built

__all__: list[str] = []
