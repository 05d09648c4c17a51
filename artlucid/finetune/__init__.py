"""Training: recipes, learning rates by layer, runs that survive interruption."""

from artlucid.finetune._training import Options, fit

__all__ = ["Options", "fit"]
