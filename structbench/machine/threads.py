"""How the threads of a run wait for each other."""

import os
import sys

# Rounds of GNU OpenMP's waiting loop, some 50 µs; by itself it makes 300,000.
SPINS = "3000"


def wait_asleep() -> None:
    """Let them sleep soon; for this to have an effect torch must not be loaded yet.

    By default OpenMP's threads wait in a loop for some milliseconds, several times a step. Where
    another process takes a core they do so in vain: on two cores a step of the CNN with two threads
    goes from 24 to 76 ms. Asleep at once it goes to 38, but then an undisturbed one takes up to
    1.15 times as long: to wake up takes time too. Who has chosen something else keeps it.
    """
    if "torch" in sys.modules or "OMP_WAIT_POLICY" in os.environ:
        return
    os.environ["OMP_WAIT_POLICY"] = "passive"
    os.environ.setdefault("GOMP_SPINCOUNT", SPINS)
