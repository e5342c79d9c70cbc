"""All kinds of networks that can be deployed."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from model_registry.networks.recurrent import LinearNetwork, Network
from model_registry.networks.sentence import SentenceNetwork
from model_registry.networks.transformer import TransformerNetwork

Kind: TypeAlias = Literal["rnn", "lstm", "bilstm", "linear", "transformer", "sentences"]
"""What a model is: a network with one of the recurrent cells, a linear one, or one with an encoder."""

AnyNetwork: TypeAlias = Annotated[
    Network | LinearNetwork | TransformerNetwork | SentenceNetwork, Field(discriminator="cell")
]
"""Any network that can be deployed."""
