"""Other libraries' models beside ours: their weights in our backends give their own outputs."""
