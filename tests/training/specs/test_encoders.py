from __future__ import annotations

from training.specs import SentenceSpec, TransformerSpec


def test_each_encoder_has_an_option_and_is_named_by_its_folder() -> None:
    sentence, transformer = SentenceSpec(name="a"), TransformerSpec(name="b")
    assert (sentence.vectors_option, transformer.vectors_option) == ("encoder", "transformer")
    assert sentence.features("use_lite") == sentence.describe_vectors("use_lite") == "use_lite"
    assert (sentence.cleaning, transformer.cleaning) == ("standard", "expressive")
    assert sentence.is_calibrated
    assert not sentence.builds_vocabulary
