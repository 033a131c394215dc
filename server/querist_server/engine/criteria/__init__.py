"""Stop criteria: each looks at a campaign and votes. One idea a file."""
