"""From a network and a split to a cache of activations."""
