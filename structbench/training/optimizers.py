"""Optimisers: their options, and the torch optimisers they stand for."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, model_validator

from structbench.options import Fraction, Options

if TYPE_CHECKING:
    from torch import nn

    from structbench.training.steps import Optimizer

LearningRate = Annotated[float, Field(gt=0)]
Penalty = Annotated[float, Field(ge=0)]


class OptimizerSpec(Options):
    """A row of OPTIMIZERS."""

    name: Any = None
    learning_rate: LearningRate = 1e-3
    """Step size before any schedule."""
    weight_decay: Penalty = 0.0
    """Weight decay: an L2 penalty in adam and sgd, decoupled from the gradient in adamw."""

    @abstractmethod
    def build(self, parameters: Iterable[nn.Parameter]) -> Optimizer:
        """The torch optimiser; fused: one pass over all parameters a step."""


class Adam(OptimizerSpec):
    """Adam (Kingma and Ba, 2015)."""

    name: Literal["adam"] = "adam"
    betas: tuple[Fraction, Fraction] = Field((0.9, 0.999), strict=False)
    """Decay rates of the running mean of the gradient and of its square."""

    def build(self, parameters: Iterable[nn.Parameter]) -> Optimizer:
        from torch.optim.adam import adam

        return _adam(self, parameters, adam)


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019)."""

    name: Literal["adamw"] = "adamw"  # type: ignore[assignment]
    weight_decay: Penalty = 0.01
    """Share of each weight, times the learning rate, taken off at each step."""

    def build(self, parameters: Iterable[nn.Parameter]) -> Optimizer:
        from torch.optim.adamw import adamw

        return _adam(self, parameters, adamw)


def _adam(spec: Adam, parameters: Iterable[nn.Parameter], function: Any) -> Optimizer:
    from structbench.training.steps import Optimizer

    def update(values: Any, gradients: Any, kept: Any, learning_rate: Any) -> None:
        function(
            values,
            gradients,
            kept["exp_avg"],
            kept["exp_avg_sq"],
            [],
            kept["step"],
            fused=True,
            amsgrad=False,
            beta1=spec.betas[0],
            beta2=spec.betas[1],
            lr=learning_rate,
            weight_decay=spec.weight_decay,
            eps=1e-8,
            maximize=False,
        )

    return Optimizer(parameters, update, {"exp_avg": False, "exp_avg_sq": False, "step": True})


class SGD(OptimizerSpec):
    """Stochastic gradient descent with momentum (Polyak, 1964)."""

    name: Literal["sgd"] = "sgd"
    learning_rate: LearningRate = 0.1
    """Step size before any schedule."""
    momentum: Fraction = 0.9
    """Share of the last step that goes into this one."""
    nesterov: bool = False
    """Look ahead along the momentum before taking the gradient."""

    @model_validator(mode="after")
    def _momentum_to_look_along(self) -> SGD:
        if self.nesterov and not self.momentum:
            raise ValueError("nesterov needs a momentum above 0")
        return self

    def build(self, parameters: Iterable[nn.Parameter]) -> Optimizer:
        from torch.optim.sgd import sgd

        from structbench.training.steps import Optimizer

        def update(values: Any, gradients: Any, kept: Any, learning_rate: Any) -> None:
            # A buffer of zeros at the first step gives torch's own first step: the gradient.
            sgd(
                values,
                gradients,
                kept.get("momentum_buffer", [None] * len(values)),
                fused=True,
                weight_decay=self.weight_decay,
                momentum=self.momentum,
                lr=learning_rate,
                dampening=0.0,
                nesterov=self.nesterov,
                maximize=False,
            )

        return Optimizer(parameters, update, {"momentum_buffer": False} if self.momentum else {})


OPTIMIZERS: dict[str, type[OptimizerSpec]] = {"adam": Adam, "adamw": AdamW, "sgd": SGD}
