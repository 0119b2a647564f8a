"""The conditions of each kind of data, looked up by kind and name."""

from structbench.data.alterations import TRAINING, Alteration, Condition, split_condition
from structbench.data.graphs.conditions import GRAPH_CONDITIONS
from structbench.data.images.conditions import IMAGE_CONDITIONS
from structbench.data.sequences.conditions import SEQUENCE_CONDITIONS
from structbench.data.signals.conditions import SIGNAL_CONDITIONS
from structbench.data.subsets import training_sample
from structbench.errors import ConfigError, nearest
from structbench.problem import Kind

# Of every kind: `LoadedData.tested` gives them.
_OF_ALL = {TRAINING: Alteration(training_sample, chooses=True)}

CONDITIONS: dict[Kind, dict[str, Alteration]] = {
    "image": {**IMAGE_CONDITIONS, **_OF_ALL},
    "signal": {**SIGNAL_CONDITIONS, **_OF_ALL},
    "sequence": {**SEQUENCE_CONDITIONS, **_OF_ALL},
    "graph": {**GRAPH_CONDITIONS, **_OF_ALL},
}

# Whose training examples can be altered one by one: the nodes of a graph share their edges.
AUGMENTED: frozenset[Kind] = frozenset({"image", "signal", "sequence"})


def parse_condition(text: str, kind: Kind) -> Condition:
    """Read a condition such as `translate:2,2`; ConfigError where the kind has none such."""
    name, numbers = split_condition(text)
    alteration = find_alteration(name, kind)
    if len(numbers) != len(alteration.arguments):
        raise ConfigError(f"condition {text!r} should be written {_usage(name, kind)}")
    try:
        parsed = (a.parse(n) for a, n in zip(alteration.arguments, numbers, strict=True))
        return Condition(name, tuple(value + 0 for value in parsed))
    except ConfigError as error:
        raise ConfigError(f"condition {text!r}: {error}") from None


def _usage(name: str, kind: Kind) -> str:
    """How it is written; of which kind, where others write it otherwise."""
    usage = {each: rows[name].usage(name) for each, rows in CONDITIONS.items() if name in rows}
    return usage[kind] + f" for {kind}s" * (len(set(usage.values())) > 1)


def find_alteration(name: str, kind: Kind) -> Alteration:
    """The row of CONDITIONS; ConfigError where this kind has none of the name."""
    known = CONDITIONS[kind]
    if name in known:
        return known[name]
    hint = nearest(name, known)
    if other := next((k for k, rows in CONDITIONS.items() if name in rows), None):
        raise ConfigError(f"condition {name!r} is for {other}s, not for {kind}s; {hint}")
    raise ConfigError(f"unknown condition {name!r}; {hint}")
