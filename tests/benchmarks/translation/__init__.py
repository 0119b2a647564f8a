"""French numbers to English by StructBench and by plain PyTorch of the same mathematics.

    python -m tests.benchmarks.translation

What is measured runs in fresh processes, `training` and `decoding`. The plain networks are in
`networks`; they start from the weights of StructBench's own, which `weights` copies.
"""
