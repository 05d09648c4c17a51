"""The command line: one function a command. Results go to standard output, everything else to standard error."""

# In the order in which `--help` lists them.
# isort: off
from artlucid.cli import _demo as _demo
from artlucid.cli import _finetune as _finetune
from artlucid.cli import _off_the_shelf as _off_the_shelf
from artlucid.cli import _evaluate as _evaluate
from artlucid.cli import _export as _export
from artlucid.cli import _visualize as _visualize
from artlucid.cli import _activations as _activations
from artlucid.cli import _compare as _compare
from artlucid.cli import _report as _report
from artlucid.cli import _reproduce as _reproduce
from artlucid.cli import _info as _info
from artlucid.cli._app import app, main

__all__ = ["app", "main"]
