"""Signals: grids of places with one axis, [channels, length]."""
