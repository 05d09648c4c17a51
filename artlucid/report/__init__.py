"""A comparison as one static page, to browse what its channels look for: opens from the disk, no server, no network."""

from artlucid.report._options import Options
from artlucid.report._write import Page, write

__all__ = ["Options", "Page", "write"]
