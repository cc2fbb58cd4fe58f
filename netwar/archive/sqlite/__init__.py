"""The archive in SQLite files, for a machine without servers."""
