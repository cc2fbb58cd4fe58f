"""Asking the X API."""
