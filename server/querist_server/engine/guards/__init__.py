"""Choices: each takes a batch from scored candidates. One idea a file."""
