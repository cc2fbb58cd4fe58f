"""Imports: what other tools and older archives have kept, read into an index; and posts bought by their ids."""
