"""A comparison that is on the disk: its tables, activations and images, read without Keras and TensorFlow."""

from artlucid._comparison._comparison import Comparison
from artlucid._comparison._files import read

__all__ = ["Comparison", "read"]
