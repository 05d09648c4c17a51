r"""
Figure 17: the images of the channels of Figure 16
==================================================

The images of IconArt that fire these channels most before and after IconArt, in a network that saw RASTA first; green
frames are images that stayed.

Command::

    python examples/figure_17.py --rasta rasta:/data/wikipaintings_full \
        --iconart iconart:/data/IconArt_v1

Cost: a training of 20 epochs of RASTA, one of IconArt (half an hour), and a comparison on IconArt (minutes); 17 hours
on two cores. With ``--quick``, on drawn images, minutes.

Expected: ``paper/figures/figure17.png``, to be judged by eye; and the channels that changed most, with the classes of
their images.
"""

from _paper import compared, reproduced

made = reproduced("figure17")

# %%
# Which channels changed most
# ---------------------------
channels = compared(made, "iconart-rasta-to-double").channels.query("group == 'mid'").nsmallest(10, "overlap_100")
print(channels[["layer", "channel", "overlap_100", "classes_a", "classes_b"]].to_string(index=False))
