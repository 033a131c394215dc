"""Scoring and choosing on arrays. Knows neither the wire nor the network, files, models or settings."""
