"""The loop of every worker on a queue, and what a run did, in one line."""
