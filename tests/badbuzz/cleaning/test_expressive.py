"""The expressive rules by example."""

from __future__ import annotations

import pytest

from badbuzz.cleaning import EXPRESSIVE, clean, to_arrow


def cleaned(text: str) -> str:
    result: str = clean(to_arrow([text]), EXPRESSIVE)[0].as_py()
    return result


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Late AGAIN!!! Really?? ok...", "late again !! really ? ok .."),
        ("One. Two! three", "one . two ! three"),
        ("what?!?!", "what ? ! ? !"),
        ("sooooo cooool, zzz", "sooo coool , zzz"),
        ("3 hours, 10:30, 3.5%, b4 1,000.", "0 hours , 0 , 0 , b 0 0 ."),
        (
            'fish &amp; chips (good) *sigh* "yes" a-b x:y',
            'fish & chips ( good ) * sigh * " yes " a - b x : y',
        ),
        ("@bob can't http://a.b/c?d=1 #fail", "user can not url hashtag"),
        ("$ % ^ ~ ; / < >", ""),
        ("", ""),
    ],
)
def test_expressive(raw: str, expected: str) -> None:
    assert cleaned(raw) == expected
