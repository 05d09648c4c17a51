"""The paper's Tables 1 to 4 with one's own results beside its values, as CSV, Markdown and LaTeX."""

from artlucid.tables._beside import beside_the_paper
from artlucid.tables._changes import mean_changes
from artlucid.tables._formats import FORMATS, as_csv, as_latex, as_markdown, save
from artlucid.tables._results import from_comparison, from_scores

__all__ = [
    "FORMATS",
    "as_csv",
    "as_latex",
    "as_markdown",
    "beside_the_paper",
    "from_comparison",
    "from_scores",
    "mean_changes",
    "save",
]
