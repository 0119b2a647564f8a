"""Several runs, performed one after another, in processes or on a cluster, and what they say."""
