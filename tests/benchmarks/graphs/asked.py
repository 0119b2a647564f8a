"""What is measured of which networks; nothing here imports torch."""

# Passes before those that count: memory is touched, and what all passes share is made.
FIRST = 3

LEARNING_RATE, WEIGHT_DECAY = 0.01, 5e-4
DROPOUT = {"gcn": 0.5, "gat": 0.6}
# Nodes, edges, features, values a node.
SMALL = "2000,3000,50,5"
LARGE = "20000,150000,4000,20"
MOST = "25000,200000,5000,20"
EDGES = {edges: f"20000,{edges},100,10" for edges in (10_000, 100_000, 1_000_000)}
