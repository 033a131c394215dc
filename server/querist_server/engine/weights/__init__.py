"""Weights: each multiplies the score by a factor. One idea a file."""
