"""Text to a spec: positioned nodes, the article's table, expressions, fields."""
