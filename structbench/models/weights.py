"""Weights that training begins with."""

from typing import Literal

Weights = Literal["imagenet"] | None
