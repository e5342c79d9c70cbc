from __future__ import annotations

from badbuzz.brands.brand import Brand


def test_terms_have_the_signs_of_handles_and_hashtags() -> None:
    assert Brand("b", handles=("h",), hashtags=("t",), phrases=("a phrase",)).terms == (
        "@h",
        "#t",
        "a phrase",
    )
    assert Brand("b").terms == ()
