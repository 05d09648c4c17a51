"""Scores of networks, and of ensembles of them, on a split of a dataset."""

from artlucid.evaluate._evaluate import evaluate
from artlucid.evaluate._options import Options
from artlucid.evaluate._predict import predict
from artlucid.evaluate._scores import Difference, Member, Scores
from artlucid.evaluate._text import as_text

__all__ = ["Difference", "Member", "Options", "Scores", "as_text", "evaluate", "predict"]
