"""Scores: each gives an instance a value, higher meaning more worth labelling. One idea a file."""
