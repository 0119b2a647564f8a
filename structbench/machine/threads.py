"""How the threads of a run wait for each other."""

import os
import sys


def wait_asleep() -> None:
    """Let them sleep at once; for this to have an effect torch must not be loaded yet.

    By default OpenMP's threads wait in a loop for some milliseconds, several times a step. Where
    another process takes a core they do so in vain: on two cores a step of the CNN with two threads
    goes from 24 to 76 ms, and asleep from 25 to 38. Who has chosen something else keeps it.
    """
    if "torch" not in sys.modules:
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
