from __future__ import annotations

import pytest

from badbuzz.brands.boundaries import find_whole, is_boundary_after, is_boundary_before, is_unspaced


@pytest.mark.parametrize(
    ("term", "text", "count"),
    [
        ("sony", "sony sonya sony_x sonyの 2sony sony2 (sony) sonyé", 3),
        ("ソニー", "新ソニーの ソニー2 xソニー", 3),
        ("ライン", "オンライン ライン電話", 1),
        ("索尼", "我爱索尼电视", 1),
        ("삼성", "삼성은 삼성에서는 삼성동 비삼성 삼성tv '삼성'", 4),
        ("ทรู", "ร้านทรูมูฟ ทรู่", 1),
        ("सोन", "सोनी सोन", 1),
        ("@a", "x@a ж@a 日@a @a_b @a", 2),
        ("aa", "aaa aa", 1),
        ("lg", "lg전자 lg는 elg", 2),
    ],
)
def test_terms_are_found_as_whole_words(term: str, text: str, count: int) -> None:
    spans = list(find_whole(term, text))
    assert len(spans) == count
    assert all(text[start:end] == term for start, end in spans)


@pytest.mark.parametrize(
    "particles", ["", "은", "이", "의", "에서", "에서는", "으로도", "이라는", "까지", "들은", "입니다"]
)
def test_korean_particles_may_follow(particles: str) -> None:
    assert len(list(find_whole("삼성", f"삼성{particles} 좋아"))) == 1


@pytest.mark.parametrize("rest", ["동", "전자", "역", "은행", "이승엽"])
def test_a_longer_korean_word_is_another_word(rest: str) -> None:
    assert list(find_whole("삼성", f"삼성{rest}")) == []


def test_the_sides_decide() -> None:
    assert is_unspaced("日")
    assert not is_unspaced("x")
    assert is_boundary_before("日", "x")
    assert not is_boundary_before("ж", "x")
    assert is_boundary_after("x", "の…")
    assert not is_boundary_after("x", "y")
