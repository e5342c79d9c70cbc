"""``badbuzz train``: word vectors, and models from labelled tweets to a version in the registry."""

from __future__ import annotations

import click

from badbuzz.cli.train.azure import azure
from badbuzz.cli.train.experiments import list_experiments, run, run_all, teacher
from badbuzz.cli.train.vectors import vectors


@click.group()
def command() -> None:
    """Train word vectors and models (needs the extra `training`)."""


for sub_command in (list_experiments, run, run_all, teacher, vectors, azure):
    command.add_command(sub_command)
