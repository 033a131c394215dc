"""What helps the person who labels: one idea a file."""
