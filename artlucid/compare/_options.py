"""What is measured of a pair of networks, and how."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from artlucid.activations._options import Options as Extraction
from artlucid.compare._patch_options import Patches
from artlucid.errors import ComparisonError
from artlucid.metrics._intervals import Resampling
from artlucid.metrics._permutations import Permutations
from artlucid.models._load import Source


@dataclass(frozen=True)
class Options:
    """What is measured of a pair of networks, and how.

    Attributes
    ----------
    k : sequence of int
        Sizes of the sets of maximal activation images; entropy, classes and metadata are of the first one.
    literal_entropy : bool
        As `metrics.class_entropy` has it, where an image has several labels.
    resampling : Resampling or None
        How the intervals of CKA, at the analysed layers, and of the correlation are made; None for none.
    permutations : Permutations or None
        How the floors of CKA are made, at the analysed layers; None for none. A product of matrices an order and layer.
    top_split, cka_split : {"train", "val", "test", "all"}
        Of the maximal activation images, and of CKA.
    pictures : sequence of path
        Folders of optimized images, as `visualize.channels` writes them. Each belongs to the model that made it; a pair
        needs one of each model with one seed, and one of the first model with another.
    pictures_network : source
        Whose features tell how different two pictures are, as `visualize.distance` has it.
    extraction : activations.Options
        How the networks are run over the images.
    dask : str, optional
        Who runs them, in the place of this process: the address of a scheduler of Dask, such as ``tcp://host:8786``, or
        ``local:4`` for four processes on this machine. A worker makes one cache at a time, of one model and split.
    threads : int, optional
        Of TensorFlow in each process of Dask; by default as the caches that are there record it, or else an equal part
        of the processors, or all that the first worker has. The library never changes those of this process.
    allow_changed_environment : bool
        Take workers with other versions or processors than the caches that are there, or than the first worker.
    patches : Patches, optional
        Whether the parts of the maximal activation images that fire the channels are found too, and which.
    """

    k: Sequence[int] = (100, 1000)
    literal_entropy: bool = False
    resampling: Resampling | None = Resampling()
    permutations: Permutations | None = Permutations(number=20)
    top_split: str = "train"
    cka_split: str = "test"
    pictures: Sequence[str | os.PathLike[str]] = ()
    pictures_network: Source = "imagenet"
    extraction: Extraction = Extraction()
    dask: str | None = None
    threads: int | None = None
    allow_changed_environment: bool = False
    patches: Patches | None = None

    def __post_init__(self) -> None:
        sizes = [] if isinstance(self.k, str | int) else list(self.k)
        whole = all(isinstance(k, int) and not isinstance(k, bool) and k >= 1 for k in sizes)
        if not sizes or not whole or len(set(sizes)) < len(sizes):
            raise ComparisonError(
                f"`k` must be one or more different integers of at least 1. Received {self.k!r}. Give (100, 1000), "
                "for example (`--k 100 --k 1000`)."
            )
        if not isinstance(self.patches, Patches | None):
            raise ComparisonError(
                f"`patches` must be compare.Patches, or None. Received {self.patches!r}. Give "
                'compare.Patches("fixed"), for example.'
            )
        if isinstance(self.pictures, str | os.PathLike):
            raise ComparisonError(
                f"`pictures` must be a sequence of folders. Received {str(self.pictures)!r}, a single path. "
                "Give a list: one folder of each model, and one of the first model with another seed."
            )
        if self.threads is not None and self.dask is None:
            raise ComparisonError(
                "`threads` must be left out without `dask`, for it would change the whole process. Received "
                f"{self.threads!r}. Call `tf.config.threading.set_intra_op_parallelism_threads` and "
                "`set_inter_op_parallelism_threads` before TensorFlow computes anything, or use the command line."
            )
