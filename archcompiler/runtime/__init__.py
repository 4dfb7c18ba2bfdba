"""What needs a framework in the process; frameworks are imported inside functions only."""
