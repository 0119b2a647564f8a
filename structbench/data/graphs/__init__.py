"""Graphs: an example is a node, which the network sees with all others and their edges."""
