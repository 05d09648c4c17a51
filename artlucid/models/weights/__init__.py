"""Weights files: one reader a format, one record that they all give."""
