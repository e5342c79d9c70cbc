from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from badbuzz.errors import ModelRefused
from model_registry.package.manifest import VOCABULARY, WEIGHTS
from model_registry.package.model_draft import pack
from tests.model_registry import tiny_model


def test_a_package_has_the_draft_s_content() -> None:
    draft = tiny_model.draft(threshold=0.4)
    package = pack(draft, version=7)
    assert package.files.keys() == package.manifest.files.keys() == {WEIGHTS, VOCABULARY, "model_card.md"}
    assert (str(package.manifest.ref), package.manifest.threshold) == ("tiny:7", 0.4)
    loaded = package.open()
    assert loaded.vocabulary == draft.vocabulary
    for name, tensor in draft.tensors.items():
        np.testing.assert_array_equal(loaded.tensors[name], tensor)


def test_tensors_that_are_views_are_written_whole() -> None:
    kernel = np.asfortranarray(tiny_model.tensors()["dense/kernel"])
    loaded = pack(tiny_model.draft(tensors=tiny_model.tensors() | {"dense/kernel": kernel})).open()
    np.testing.assert_array_equal(loaded.tensors["dense/kernel"], kernel)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"name": "../tiny"}, "draft of ../tiny: name: "),
        ({"documents": {"hook.py": b""}}, "draft of tiny: files.hook.py"),
        ({"tensors": {}}, "draft of tiny: weights.safetensors holds the tensors"),
    ],
)
def test_a_draft_that_could_not_be_loaded_is_refused(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(ModelRefused) as refused:
        pack(tiny_model.draft(**change))
    assert str(refused.value).startswith(reason)
