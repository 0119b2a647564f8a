"""`python -m structbench`."""

from structbench.cli import main

main()
