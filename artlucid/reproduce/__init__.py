"""The paper's tables, figures and findings, made again: on its data or on others, whole or as a rehearsal."""

from artlucid.models import _backend as _backend  # first: refuses another backend before anything is built

# isort: split
from artlucid.reproduce._findings import FINDINGS, Finding
from artlucid.reproduce._items import ITEMS, Item
from artlucid.reproduce._readings import Reading
from artlucid.reproduce._reproduce import Plan, Planned, Reproduction, plan, reproduce
from artlucid.reproduce._settings import Settings
from artlucid.reproduce._verdicts import VERDICTS, Interval

__all__ = [
    "FINDINGS",
    "ITEMS",
    "VERDICTS",
    "Finding",
    "Interval",
    "Item",
    "Plan",
    "Planned",
    "Reading",
    "Reproduction",
    "Settings",
    "plan",
    "reproduce",
]
