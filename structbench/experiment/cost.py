"""What a run costs to perform: for the order of runs, their threads, and the time that is left."""

import math

from structbench.experiment.run import Run
from structbench.experiment.schema import Experiment
from structbench.models.build import evaluation_batch, largest_map
from structbench.problem import GRAPHS, Problem

# An example costs about three forward passes to learn from, and some work that does not
# depend on the network. An operation that others wait for costs a step so much, however small it
# is: one of 240 in MNIST-1D's GRU takes 0.1 ms, with its part of the backward pass.
FORWARD_PASSES, FIXED_MACS, TURN_MACS = 3, 1_000_000, 2_000_000

# A batch's forward pass is shared by a thread for each so many multiply-accumulates: below, two
# threads wait for each other as long as they work. On two cores four threads are as fast as two
# for a step of the CNN, and eight take 1.6 times as long.
MACS_OF_A_THREAD, MOST_THREADS = 128_000_000, 4

# What torch holds for a run besides what grows with the network; float32; a value of a layer is
# kept for the backward pass, and has a gradient; a weight has one too, and Adam's two moments. An
# entry of a sparse matrix has a value and its column, in int64. Where nothing is learned there are
# about four feature maps at a time: what a layer reads and gives, a shortcut, and what it becomes.
FIXED_BYTES, VALUE_BYTES, WEIGHT_BYTES, ENTRY_BYTES = 200_000_000, 8, 16, 16
ASKED_BYTES = 4 * 4

# Of fewer steps a network of a graph learns hardly anything: published ones take 200.
FEW_STEPS = 20


def few_steps(run: Run) -> str:
    """What is to be known of a training in which a whole graph is passed only a few times, as it is
    where the epochs are those of other kinds; nothing of others, and of a trial."""
    asked = run.experiment
    steps = asked.training.all_steps(asked.data.train_examples)
    if run.smoke or asked.data.kind not in GRAPHS or steps >= FEW_STEPS:
        return ""
    return (
        f"{steps} step{'s' * (steps > 1)} of training: on a graph an epoch is one step, and "
        "published networks take 200 (training.steps), with a learning rate of 0.01"
    )


def cost(run: Run) -> float:
    """Of training: steps × work for one; evaluation is small beside it."""
    asked, table = run.experiment, run.experiment.layer_table
    steps = asked.training.all_steps(asked.data.train_examples)
    batch = _batch(asked) * (FORWARD_PASSES * table.macs + FIXED_MACS)
    return float(steps * (batch + TURN_MACS * table.in_turn))


def threads(experiment: Experiment) -> int:
    """CPU threads of a run that is trained alone: a power of two.

    They decide the last bits of a sum, so they follow from the experiment and not from the machine.
    """
    macs = _batch(experiment) * experiment.layer_table.macs
    return int(min(MOST_THREADS, 2 ** math.floor(math.log2(max(1, macs / MACS_OF_A_THREAD)))))


def memory(experiment: Experiment) -> int:
    """About how many bytes a training takes beside torch and the data, before it is measured."""
    table = experiment.layer_table
    kept = _batch(experiment) * sum(math.prod(row.output_shape) for row in table.opened)
    problem = experiment.data.problem
    at_once = _asked(experiment) * largest_map(table, problem)
    values = max(VALUE_BYTES * kept, ASKED_BYTES * at_once)
    return FIXED_BYTES + _graph(problem) + values + WEIGHT_BYTES * (table.parameters + table.frozen)


def _batch(experiment: Experiment) -> int:
    """How many forward passes a step is. Over a graph it is one, however many nodes are learned
    from, and the layer table's numbers are of the whole pass."""
    if experiment.data.kind in GRAPHS:
        return 1
    return experiment.training.batch(experiment.data.train_examples)


def _asked(experiment: Experiment) -> int:
    """How many examples are asked for at a time; over a graph it is one pass for all."""
    if experiment.data.kind in GRAPHS:
        return 1
    return evaluation_batch(experiment.layer_table, experiment.data.problem)


def _graph(problem: Problem) -> int:
    """Bytes of a graph and of its transpose."""
    return 2 * ENTRY_BYTES * (problem.values + 2 * problem.edges)
