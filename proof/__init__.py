"""Random, broken and faulty specs against oracles, as long as asked: `python -m proof`."""
