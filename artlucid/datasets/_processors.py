"""How many processors there are to work on."""

import os


def usable_processors() -> int:
    """Count the processors that this process may run on, which can be fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
