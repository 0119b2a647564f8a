"""`structbench models`."""

from typing import Annotated

import typer

from structbench.cli.arguments import Asked, declared


@declared
def models(
    asked: Annotated[Asked, "overrides", "plugin"],
    family: Annotated[
        str | None,
        typer.Argument(
            metavar="MODEL", help="A family or net.py:Net to show layer by layer, or a file."
        ),
    ] = None,
) -> None:
    """List the model families, or show one layer by layer."""
    from structbench.errors import ConfigError
    from structbench.experiment.load import build_experiment
    from structbench.experiment.strict_yaml import Document
    from structbench.models.plugins import families, load_plugins, models_in, named_family
    from structbench.report.console import show, titled
    from structbench.report.model_tables import layers_table, models_table

    load_plugins(asked.plugin)
    if family is not None and family.endswith(".py") and not asked.overrides:
        show(models_table(*models_in(family)))
        return
    if family is not None:
        named = named_family(family) or family
        document = Document({"model": {"family": named}}, {(): f"model {family}"})
        experiment = build_experiment(document, asked.overrides)
        title = f"{experiment.model.family} on {experiment.data.name}"
        show(titled(layers_table(title, experiment.layer_table)))
        return
    if asked.overrides:
        raise ConfigError(
            "--set needs a family to alter, e.g. structbench models cnn --set model.hidden=64"
        )
    show(models_table(families()))
