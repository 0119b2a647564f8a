"""StructBench against the other ways to do the same: `python -m tests.benchmarks`.

Nothing in here is part of the package. The peers come with the extra `bench`.
"""
