"""Frozen graphs of no known architecture: what they declare, and networks that run them."""
