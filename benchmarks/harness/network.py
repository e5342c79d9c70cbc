"""Access to a model's recurrent network. A module of its own, since the peers' environments have few packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_registry.networks.recurrent import RecurrentNetwork

if TYPE_CHECKING:
    from model_registry.package.package import LoadedModel


def recurrent(loaded_model: LoadedModel) -> RecurrentNetwork:
    """The model's network.

    :raises SystemExit: if it has no recurrent layer.
    """
    network = loaded_model.manifest.network
    if not isinstance(network, RecurrentNetwork):
        raise SystemExit(f"{loaded_model.manifest.ref} has no recurrent layer: nothing to measure")
    return network
