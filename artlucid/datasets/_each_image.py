"""One function on every image of some splits: a thread for each processor, a bar, and a Ctrl-C that is heard."""

import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from tqdm import tqdm

from artlucid.datasets._dataset import Split
from artlucid.datasets._processors import usable_processors

Result = TypeVar("Result")


def each_image(
    read: Callable[[Split, int], Result], splits: Sequence[Split], *, description: str, progress: bool
) -> list[Result]:
    """Call a function with each split and each position in it; at most one image a thread is worked on.

    Parameters
    ----------
    read : callable
        Takes a split and a position; must be safe to call from many threads.
    splits : sequence of Split
    description : str
        What the bar says.
    progress : bool
        Draw a bar on standard error where that is a terminal.

    Returns
    -------
    list
        The results, in the order of the splits and of their images.
    """
    jobs = [(split, index) for split in splits for index in range(len(split))]
    shown = None if progress else True
    bar = tqdm(total=len(jobs), desc=description, unit="image", file=sys.stderr, disable=shown)
    with bar, ThreadPoolExecutor(usable_processors()) as pool:
        try:
            results = []
            for result in pool.map(read, *zip(*jobs, strict=True)) if jobs else ():
                results.append(result)
                bar.update()
        except BaseException:
            # Otherwise Ctrl-C would wait until all files are read.
            pool.shutdown(cancel_futures=True)
            raise
    return results
