"""What makes probabilities honest before anything looks at them: one idea a file."""
