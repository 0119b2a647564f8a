"""`structbench models`."""

from typing import Annotated, Any

import typer

from structbench.cli.arguments import Asked, OnlyJson, Output, declared

MILESTONES = "milestones"


@declared
def models(
    asked: Annotated[Asked, "overrides", "plugin", "data"],
    family: Annotated[
        str | None,
        typer.Argument(
            metavar="MODEL",
            help="A family or net.py:Net to show layer by layer, or a file; or milestones.",
        ),
    ] = None,
    opened: Annotated[bool, typer.Option("--open", help="With the layers inside blocks.")] = False,
    *,
    output: OnlyJson,
) -> None:
    """List the model families, or show one layer by layer.

    It is shown on the first data set that it takes, or on another: --set data.name=cifar10, or
    --data PATH. The word milestones shows the lecture's networks: how large they are, and what was
    published.
    """
    from structbench.errors import ConfigError
    from structbench.experiment.load import build_experiment
    from structbench.experiment.strict_yaml import Document
    from structbench.models import MODELS
    from structbench.models.plugins import (
        families,
        load_plugins,
        models_in,
        named_family,
        plugin_family,
    )
    from structbench.report.console import show, titled
    from structbench.report.model_tables import first_data, layers_table, models_table

    load_plugins(asked.plugin)
    if family == MILESTONES and not plugin_family(MILESTONES) and not asked.overrides:
        _show_milestones(output)
        return
    if output.as_json:
        raise ConfigError(f"--json is for `structbench models {MILESTONES}`")
    if family is not None and family.endswith(".py") and not asked.overrides:
        show(models_table(*models_in(family)))
        return
    if family is not None:
        named = named_family(family) or family
        config: dict[str, Any] = {"model": {"family": named}}
        known = MODELS.get(named) or plugin_family(named)
        if known and (data := first_data(known)):
            config["data"] = {"name": data.name, **known.shown_on}
        document = Document(config, {(): f"model {family}"})
        experiment = build_experiment(document, asked.overrides, asked.data)
        side = getattr(experiment.data, "side", None)
        resized = f", images of a side of {side}" * bool(side)
        title = f"{experiment.model.family} on {experiment.data.called}{resized}"
        table = layers_table(title, experiment.layer_table)
        show(titled(table.opened if opened else table))
        return
    if asked.overrides or asked.data:
        raise ConfigError(
            "--set and --data need a family, e.g. structbench models cnn --set model.hidden=64"
        )
    show(models_table(families()))


def _show_milestones(output: Output) -> None:
    from structbench.models.milestones import MILESTONES, counted
    from structbench.report.console import titled
    from structbench.report.model_tables import milestone_facts, milestones_table

    found = [counted(milestone) for milestone in MILESTONES]
    output.show(list(map(milestone_facts, found)), lambda: titled(milestones_table(found)))
