"""Two states of a network compared: what every layer and every channel changed, as tidy tables."""

from artlucid.compare._compare import compare
from artlucid.compare._files import Comparison, read
from artlucid.compare._options import Options
from artlucid.compare._text import as_text

__all__ = ["Comparison", "Options", "as_text", "compare", "read"]
