"""From the text of a spec to checked rows: YAML, pasted tables, expressions, fields, blocks."""
