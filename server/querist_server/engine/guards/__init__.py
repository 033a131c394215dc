"""Guards: each puts instances aside that must not be asked. One idea a file."""
