"""Keep what Pillow warns of while it reads odd files from the user, from any number of threads."""

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

_lock = threading.Lock()
_readers: set[object] = set()


@contextmanager
def pillow_warnings_ignored() -> Iterator[None]:
    """Ignore the warnings of Pillow's own modules, and no others, while any thread is in this block.

    `warnings.catch_warnings` swaps the whole list of filters and is not safe in threads: it could bring back
    an old list over a filter that somebody else set meanwhile. This adds one filter and takes out only that.
    """
    reader = object()
    with _lock:
        _readers.add(reader)
        warnings.filterwarnings("ignore", module=r"PIL\.")
        added = warnings.filters[0]
    try:
        yield
    finally:
        with _lock:
            _readers.remove(reader)
            filters = cast("list[Any]", warnings.filters)
            if not _readers and added in filters:
                filters.remove(added)
