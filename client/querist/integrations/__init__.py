"""Querist beside what people already use; each module needs an extra of its own."""
