"""Followers and friends: enumerations, and the snapshots that they leave."""
