from __future__ import annotations

from decimal import Decimal

import pytest

from training.azure.prices import compute_cost, count_records


@pytest.mark.parametrize(
    ("count", "euros"),
    [
        (0, "0"),
        (3_000, "2.532"),
        (500_000, "422"),
        (500_001, "422.000633"),
        (1_000_000, "738.5"),
        (2_500_000, "1688"),
        (10_000_000, "3585.5"),
        (11_000_000, "3796.5"),
    ],
)
def test_each_tier_is_charged_at_its_own_price(count: int, euros: str) -> None:
    assert compute_cost(count) == Decimal(euros)


def test_a_text_is_charged_for_each_thousand_characters_or_part_of_them() -> None:
    assert count_records(["", "a", "b" * 1_000, "c" * 1_001, "d" * 5_120]) == 1 + 1 + 1 + 2 + 6
