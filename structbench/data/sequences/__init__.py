"""Sequences: a sentence and its translation, as numbers of symbols at places."""
