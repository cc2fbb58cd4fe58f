"""Users waiting for work."""
