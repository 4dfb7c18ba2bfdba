"""Speed, measured side by side with what others offer: `python -m benchmarks`."""
