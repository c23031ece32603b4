"""Stills and movies."""
