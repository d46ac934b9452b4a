"""Parsons problems by their old name, until no notebook uses it: they are in minbpe.lab."""

from minbpe.lab.widgets.parsons import Parsons

__all__ = ["Parsons"]
