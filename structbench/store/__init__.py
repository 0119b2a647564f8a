"""What is kept on disk: run folders, the results of comparisons and sweeps, and their checks."""
