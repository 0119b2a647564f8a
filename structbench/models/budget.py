"""Parameter budget → width: the network of a family whose size is nearest to a number."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from structbench.errors import BudgetError, ConfigError
from structbench.models.spec import ModelSpec
from structbench.problem import Problem

# Rounding one width up or down moves a small CNN by some per cent. So all widths are tried
# that lie within a step of a common factor, for factors up to 10 % from the one that fits.
SPREAD, FACTORS, MOST_WIDTHS = 0.1, 41, 4
# The fields that hold several widths.
LISTED = (tuple, list)


def fit_budget(
    name: str, spec: ModelSpec, problem: Problem, budget: int, tolerance: float
) -> ModelSpec:
    """The model with its widths scaled so that its parameters are nearest to the budget.

    All widths keep their proportions, up to rounding; where the nearest is then further away
    than `tolerance`, a share of the budget, one width gives way. BudgetError where that does
    not suffice either. Widths that follow others stay equal to them, and no others become so.
    """
    widths = _Widths([field for field in spec.widths if spec.uses(field, problem.kind)])
    if not all(type(width) is int for width in widths.flat(spec)):
        raise ConfigError(f"{name}: widths should be whole numbers, not {widths.flat(spec)}")

    def parameters(model: ModelSpec) -> int:
        return model.layer_table(problem).parameters

    if widths.flat(spec) and parameters(widths.rounded(spec, 2)) == parameters(spec):
        raise BudgetError(f"{name} cannot be scaled: its widths do not change its parameters")
    centre = widths.factor(spec, budget, parameters)
    factors = [centre * (1 + SPREAD * (2 * i / (FACTORS - 1) - 1)) for i in range(FACTORS)]
    scaled = (model for factor in factors for model in widths.scaled(spec, factor))
    candidates = list({widths.flat(model): model for model in scaled}.values())

    def nearest(models: Iterable[ModelSpec]) -> ModelSpec:
        # Before all, one whose widths follow others where the model's do; of models that are
        # equally near, the one whose widths are nearest in proportion.
        return min(
            models,
            key=lambda m: (
                widths.follows(m) != widths.follows(spec),
                abs(parameters(m) - budget),
                widths.distance(spec, m, centre),
                widths.flat(m),
            ),
        )

    best = nearest(candidates)
    too_far = abs(parameters(best) - budget) > tolerance * budget
    if too_far or widths.follows(best) != widths.follows(spec):
        # From below: a width at its floor can only grow.
        below = [model for model in candidates if parameters(model) < budget]
        starts = [best, nearest(below)] if below else [best]
        nearby = (m for start in starts for m in widths.one_width_altered(spec, start))
        best = nearest([best, *nearby])
    off = parameters(best) - budget
    if abs(off) > tolerance * budget:
        why = "" if widths.flat(spec) else "; it has no width to set"
        raise BudgetError(
            f"{name} cannot have {budget:,} parameters: the nearest is {budget + off:,}, "
            f"{100 * off / budget:+.1f} %, and the tolerance is {100 * tolerance:g} %{why}"
        )
    return best


@dataclass(frozen=True)
class _Widths:
    """The widths of a family that count for a kind of data, by the names of their fields."""

    names: Sequence[str]

    def factor(self, spec: ModelSpec, budget: int, parameters: Any) -> float:
        """The factor on all widths at which the parameters pass the budget, by bisection."""
        low, high = 1e-4, 1.0
        while parameters(self.rounded(spec, high)) < budget and high < 2**16 and self.flat(spec):
            low, high = high, 2 * high
        for _ in range(40):
            middle = (low * high) ** 0.5
            if parameters(self.rounded(spec, middle)) < budget:
                low = middle
            else:
                high = middle
        return high

    def places(self, spec: ModelSpec) -> Iterator[tuple[str, int, int]]:
        """Field, index and width, of all widths in their order; a field that is null has none."""
        for name in self.names:
            value = getattr(spec, name)
            several = value if isinstance(value, LISTED) else () if value is None else (value,)
            yield from ((name, i, width) for i, width in enumerate(several))

    def flat(self, spec: ModelSpec) -> tuple[int, ...]:
        return tuple(width for _, _, width in self.places(spec))

    def follows(self, spec: ModelSpec) -> tuple[bool, ...]:
        """Of each width, whether it follows the one before."""
        return tuple(spec.width_follows(name, i) for name, i, _ in self.places(spec))

    def replaced(self, spec: ModelSpec, widths: tuple[int, ...]) -> ModelSpec:
        """The same model with these widths, in the order of `flat`; those that follow, do."""
        found: dict[str, list[int]] = {}
        for (name, i, _), width in zip(self.places(spec), widths, strict=True):
            several = found.setdefault(name, [])
            several.append(several[-1] if spec.width_follows(name, i) else width)
        changed: dict[str, Any] = {}
        for name, several in found.items():
            value = getattr(spec, name)
            changed[name] = type(value)(several) if isinstance(value, LISTED) else several[0]
        return spec.model_copy(update=changed)

    def floors(self, spec: ModelSpec) -> tuple[int, ...]:
        return tuple(min(width, spec.narrowest(name, i)) for name, i, width in self.places(spec))

    def rounded(self, spec: ModelSpec, factor: float) -> ModelSpec:
        widths = zip(self.flat(spec), self.floors(spec), strict=True)
        return self.replaced(spec, tuple(max(floor, round(w * factor)) for w, floor in widths))

    def scaled(self, spec: ModelSpec, factor: float) -> Iterator[ModelSpec]:
        """Each width rounded down and up, in all combinations (rounded where there are many)."""
        widths = self.flat(spec)
        if len(widths) > MOST_WIDTHS:
            yield self.rounded(spec, factor)
            return
        choices = (
            sorted({max(floor, int(w * factor)), max(floor, int(w * factor) + 1)})
            for w, floor in zip(widths, self.floors(spec), strict=True)
        )
        for chosen in product(*choices):
            yield self.replaced(spec, chosen)

    def one_width_altered(self, spec: ModelSpec, model: ModelSpec) -> Iterator[ModelSpec]:
        """Each width in turn at all values up to six times its own, the others kept.

        A width deep inside moves the count in finer steps than the first: a fully connected
        network of 10,000 parameters on MNIST gains 795 with each unit of its first layer.
        """
        widths = self.flat(model)
        alone = [not follows for follows in self.follows(spec)]
        for i, (width, floor) in enumerate(zip(widths, self.floors(spec), strict=True)):
            for altered in range(floor, 6 * width + 1) if alone[i] else ():
                yield self.replaced(spec, (*widths[:i], altered, *widths[i + 1 :]))

    def distance(self, spec: ModelSpec, model: ModelSpec, factor: float) -> float:
        pairs = zip(self.flat(spec), self.flat(model), strict=True)
        return sum(abs(after / (before * factor) - 1) for before, after in pairs)
