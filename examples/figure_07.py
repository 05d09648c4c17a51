"""
Figure 7: low-level channels before and after
=============================================

What channels of the first layers look for before and after mode A: edges, colours, simple textures. In the paper they
hardly change.

Command::

    python examples/figure_07.py --rasta rasta:/data/wikipaintings_full

Cost: a training of 20 epochs of RASTA, and eight pictures of 2,048 updates (a minute or two each); 16 hours on two
cores. With ``--quick``, on drawn images, minutes.

Expected: ``paper/figures/figure7.png``, two rows that look alike; and cosines near 1 between the kernels of the first
layers.
"""

import h5py
from _paper import reproduced

from artlucid import metrics

made = reproduced("figure7")

# %%
# How far the kernels turned
# --------------------------
# The cosine between the kernels of a layer before and after: 1 where they point the same way.
run = made.path / "runs" / f"rasta-A-{made.results['seeds'][0]}"
with h5py.File(run / "initial.h5") as before, h5py.File(run / "best.h5") as after:
    for layer in (name for name in before if name.startswith("conv2d")):
        kernels = (file[f"{layer}/kernel"][()] for file in (before, after))
        print(f"{layer} {metrics.kernel_cosine(*kernels):.4f}")
