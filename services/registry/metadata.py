"""The metadata that the tables of every feature belong to."""

from shared.db import new_metadata

metadata = new_metadata()
