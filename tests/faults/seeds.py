"""What a run is drawn from: the same seed gives the same kills in the same order, and the same load."""

import os
from random import Random

SEED = int(os.environ.get("KANGFU_FAULT_SEED", "990101"))
KILLS = int(os.environ.get("KANGFU_FAULT_KILLS", "40"))


def rng(purpose: str) -> Random:
    """A generator of its own for each purpose, so that one purpose does not shift the draws of another."""
    return Random(f"faults/{SEED}/{purpose}")
