"""``python -m benchmarks.peers.scoring.keras_file FOLDER``: write FOLDER's model version as ``model.keras``."""

from __future__ import annotations

import sys
from pathlib import Path

from model_registry.keras_models.recurrent import build_network, load_tensors
from model_registry.networks.recurrent import RecurrentNetwork
from model_registry.package.directory import read_directory


def write_keras_file(folder: Path) -> None:
    version = folder / "version"
    loaded_model = read_directory(version).open(str(version))
    network = loaded_model.manifest.network
    if (
        not isinstance(network, RecurrentNetwork)
        or network.ngram_term
        or loaded_model.manifest.cleaning.name != "standard"
    ):
        raise SystemExit(
            f"{loaded_model.manifest.ref}: the plain script runs only networks without an n-gram term, on standard text"
        )
    model = build_network(network)
    load_tensors(model, loaded_model.tensors)
    model.save(folder / "model.keras")


if __name__ == "__main__":
    write_keras_file(Path(sys.argv[1]))
