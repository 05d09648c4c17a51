"""Measures of networks and of what they see: pure functions of arrays."""

from artlucid.metrics._classification import class_accuracies, confusion_matrix, top_k_accuracy

__all__ = ["class_accuracies", "confusion_matrix", "top_k_accuracy"]
