"""What is asked: configs, overrides, and the identity of a run."""
