"""The Querist server. Importing this package imports nothing else."""
