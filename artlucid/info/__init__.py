"""What something is and how it was made: a run, a network, a dataset, a recipe, a file."""

from artlucid.info._kinds import KINDS, Kind, as_text, describe

__all__ = ["KINDS", "Kind", "as_text", "describe"]
