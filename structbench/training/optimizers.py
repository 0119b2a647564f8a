"""Optimisers: their options, and the torch optimisers they stand for."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, model_validator

from structbench.options import Fraction, Options

if TYPE_CHECKING:
    from torch import nn

    from structbench.training.steps import Optimizer

Decayed = Literal["all", "weights", "first_layer"]
LearningRate = Annotated[float, Field(gt=0)]
Penalty = Annotated[float, Field(ge=0)]


class OptimizerSpec(Options):
    """A row of OPTIMIZERS."""

    name: Any = None
    learning_rate: LearningRate = 1e-3
    """Step size before any schedule."""
    weight_decay: Penalty = 0.0
    """Weight decay: an L2 penalty in adam and sgd, decoupled from the gradient in adamw."""
    decayed: Decayed = "all"
    """Which parameters weight_decay acts on: all; weights: all but biases and what is learned of a
    normalisation; first_layer: those of the first layer that has any (Kipf and Welling, 2017)."""

    @model_validator(mode="after")
    def _something_is_decayed(self) -> OptimizerSpec:
        if self.decayed != "all" and not self.weight_decay:
            raise ValueError(
                "decayed says what weight_decay acts on: set a weight_decay above 0 or leave "
                "decayed out"
            )
        return self

    @abstractmethod
    def build(self, network: nn.Module) -> Optimizer:
        """Of a network's parameters; fused: one pass over all of them a step, or two where
        weight_decay acts on some."""

    def decays(self, network: nn.Module) -> list[tuple[nn.Parameter, float]]:
        """Each parameter that is trained, with the weight decay that acts on it."""
        decayed = _decayed(self.decayed, network)
        trained = ((name, p) for name, p in network.named_parameters() if p.requires_grad)
        return [(p, self.weight_decay if name in decayed else 0.0) for name, p in trained]


class Adam(OptimizerSpec):
    """Adam (Kingma and Ba, 2015)."""

    name: Literal["adam"] = "adam"
    betas: tuple[Fraction, Fraction] = Field((0.9, 0.999), strict=False)
    """Decay rates of the running mean of the gradient and of its square."""

    def build(self, network: nn.Module) -> Optimizer:
        from torch.optim.adam import adam

        return _adam(self, network, adam)


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019)."""

    name: Literal["adamw"] = "adamw"  # type: ignore[assignment]
    weight_decay: Penalty = 0.01
    """Share of each weight, times the learning rate, taken off at each step."""

    def build(self, network: nn.Module) -> Optimizer:
        from torch.optim.adamw import adamw

        return _adam(self, network, adamw)


def _adam(spec: Adam, network: nn.Module, function: Any) -> Optimizer:
    from structbench.training.steps import Optimizer

    def update(values: Any, gradients: Any, kept: Any, rate: Any, weight_decay: float) -> None:
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
            lr=rate,
            weight_decay=weight_decay,
            eps=1e-8,
            maximize=False,
        )

    kept = {"exp_avg": False, "exp_avg_sq": False, "step": True}
    return Optimizer(spec.decays(network), update, kept)


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

    def build(self, network: nn.Module) -> Optimizer:
        from torch.optim.sgd import sgd

        from structbench.training.steps import Optimizer

        def update(values: Any, gradients: Any, kept: Any, rate: Any, weight_decay: float) -> None:
            # A buffer of zeros at the first step gives torch's own first step: the gradient.
            sgd(
                values,
                gradients,
                kept.get("momentum_buffer", [None] * len(values)),
                fused=True,
                weight_decay=weight_decay,
                momentum=self.momentum,
                lr=rate,
                dampening=0.0,
                nesterov=self.nesterov,
                maximize=False,
            )

        kept = {"momentum_buffer": False} if self.momentum else {}
        return Optimizer(self.decays(network), update, kept)


def _decayed(which: Decayed, network: nn.Module) -> set[str]:
    """The names of the parameters that weight decay acts on."""
    named = dict(network.named_parameters())
    if which == "weights":
        return {name for name, p in named.items() if p.ndim > 1 and not name.endswith("bias")}
    return _of_first_layer(network) if which == "first_layer" else set(named)


def _of_first_layer(network: nn.Module) -> set[str]:
    """Of the first module that has trained parameters of its own, with those of what is in it."""
    for name, module in network.named_modules():
        if any(p.requires_grad for p in module.parameters(recurse=False)):
            return {inner for inner, _ in module.named_parameters(prefix=name)}
    return set()


OPTIMIZERS: dict[str, type[OptimizerSpec]] = {"adam": Adam, "adamw": AdamW, "sgd": SGD}
