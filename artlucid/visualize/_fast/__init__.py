"""A network's layers written for one purpose: the gradient of a channel with respect to the image, soon.

The values are the plain network's, and so are the gradients; what is left out is what nobody asks for, such as the
gradients of kernels. `docs/many-channels.md` says what each part buys.
"""

from artlucid.visualize._fast._layers import Kernels, Path, path_to
from artlucid.visualize._fast._means import ChannelMeans

__all__ = ["ChannelMeans", "Kernels", "Path", "path_to"]
