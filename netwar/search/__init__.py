"""Search: posts by query, recent or from the full archive, complete per line, and how many there would be."""
