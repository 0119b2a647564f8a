"""What a run costs to perform, in no unit: for the time that is left, and for nothing else."""

from structbench.experiment.run import Run

# An example costs about three forward passes to learn from, and some work that does not
# depend on the network.
FORWARD_PASSES, FIXED_MACS = 3, 1_000_000


def cost(run: Run) -> float:
    """Of training: examples learned from × work for one; evaluation is small beside it."""
    asked, recipe = run.experiment, run.experiment.training
    examples = asked.data.train_examples
    learned = recipe.all_steps(examples) * min(recipe.batch_size, examples)
    return float(learned * (FORWARD_PASSES * asked.layer_table.macs + FIXED_MACS))
