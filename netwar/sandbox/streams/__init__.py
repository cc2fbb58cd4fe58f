"""The filtered stream: rules, connections, what is delivered, what goes wrong, and what is true of it."""
