"""Lists of X: who owns which, who is on them, who was put on and taken off when, and what proves that."""
