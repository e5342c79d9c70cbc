from __future__ import annotations

import pytest

from tests.badbuzz.counted_topic import CountedTopic


@pytest.fixture
def counted(redis_url: str) -> CountedTopic:
    return CountedTopic(redis_url)
