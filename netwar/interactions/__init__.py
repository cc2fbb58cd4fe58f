"""Interactions: who did what with whom, as graphs for Gephi and as edge lists for tools that look for coordination."""
