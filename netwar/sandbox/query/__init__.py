"""X's query language, as search and the filtered stream read it: parsed, refused in X's words, matched against posts."""
