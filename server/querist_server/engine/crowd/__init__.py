"""People who label: whose labels to believe, who tires, what to ask again, whom to ask. One idea a file."""
