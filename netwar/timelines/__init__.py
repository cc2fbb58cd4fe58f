"""The tweets of a user: names resolved, timelines read, what pages prove."""
