"""Data of a user's own: where they lie, what they are, and how they are split.

A path is given on the command line or in a call, never by a file. From then on the data are known
by the SHA-256 of their content: configs, runs and processes say that, and find the path by it.
"""
