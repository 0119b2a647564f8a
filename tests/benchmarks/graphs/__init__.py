"""Networks of graphs: StructBench beside torch_geometric."""
