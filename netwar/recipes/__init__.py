"""Recipes: requests to Elasticsearch and OpenSearch by plain names, out of two tables. Nothing is sent from here."""

from netwar.recipes.recipe import Recipe, Request, Wait, matches
from netwar.recipes.table import find, read, recipes

__all__ = ["Recipe", "Request", "Wait", "find", "matches", "read", "recipes"]
