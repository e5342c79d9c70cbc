"""All networks that can be deployed."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from model_registry.networks.linear import LinearNetwork
from model_registry.networks.recurrent import RecurrentNetwork
from model_registry.networks.sentence import SentenceNetwork
from model_registry.networks.transformer import TransformerNetwork

Kind: TypeAlias = Literal["rnn", "lstm", "bilstm", "linear", "transformer", "sentences"]
"""The values of a network's ``cell``."""

Network: TypeAlias = Annotated[
    RecurrentNetwork | LinearNetwork | TransformerNetwork | SentenceNetwork, Field(discriminator="cell")
]
"""A network that can be deployed."""
