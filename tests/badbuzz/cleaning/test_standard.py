"""The standard rules by example: the pairs that the study kept, and one line for each decision of this project."""

from __future__ import annotations

import pytest

from badbuzz.cleaning import STANDARD, clean, to_arrow


def cleaned(text: str) -> str:
    result: str = clean(to_arrow([text]), STANDARD)[0].as_py()
    return result


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (
            "Sugarsnap peas, carrots and califlower. what a lunch!",
            "sugarsnap peas carrots and califlower what a lunch",
        ),
        (
            (
                "kind of very pissed off that my parentals are going to NYC in Septmember without me. "
                "but now I just figured out what they can buy me!"
            ),
            (
                "kind of very pissed off that my parentals are going to nyc in septmember without me "
                "but now i just figured out what they can buy me"
            ),
        ),
    ],
)
def test_the_study_s_standard_pairs(raw: str, expected: str) -> None:
    assert cleaned(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        # the example of the package's docstring
        ("@AirParadis can't believe it, THAT'S 3 hours late!!", "user can not believe it that is hours late"),
        # character references
        ("fish &amp; chips &lt;3", "fish chips"),
        ("it&#39;s &quot;fine&quot;", "it is fine"),
        ("it&#x2019;s, don&#146;t, don&rsquo;t", "it is do not do not"),
        ("caf&eacute;", "cafe"),
        ("&amp;amp;quot;hi&amp;#33;", "hi"),
        ("it&amp;amp;#39;s", "it is"),
        ("fun&not sad, AT&T; &nosuchthing;", "fun not sad at t nosuchthing"),
        ("http://x.org/?a=1&amp;b=2 ok", "url ok"),
        ("a&#0;b&#x110000;c&#xD800;d", "a b c d"),
        # letters in disguise, and what is no letter
        ("Café naïve ÀÉÎ Nguyễn", "cafe naive aei nguyen"),
        ("cafe\u0301 \u0301x", "cafe x"),
        ("𝓼𝓪𝓭 𝐁𝐚𝐝 ｓａｄ ⓢⓐⓓ", "sad bad sad sad"),
        ("＠ｂｏｂ ＃ｔａｇ", "user hashtag"),
        ("İstanbul ISPARTA ırmak Kelvin", "istanbul isparta irmak kelvin"),
        ("Straße GROẞ Ærø Œuvre Łódź eﬃcient ſo", "strasse gross aero oeuvre lodz efficient so"),
        ("Twilight™ x² №5 ½", "twilight x"),
        ("so\u00adft zero\u200dwidth \ufeffmark", "soft zerowidth mark"),
        ("good😀morning ♥you", "good morning you"),
        ("привет 你好 שלום مرحبا ok", "ok"),
        ("no\u00a0break\u3000wide\u2028line\x85next\x1cfile", "no break wide line next file"),
        ("nul\x00in\x7fside", "nul in side"),
        # links
        ("see HTTP://T.CO/Ab1, ok", "see url ok"),
        ("see https://a.b/c?d=e#f(g)'s ok", "see url ok"),
        ('<a href="https://a.b">here</a>', "a href url here a"),
        ("www.airparadis.example/x now", "url now"),
        ("awww.that ewww...no www. gone", "awww that ewww no www gone"),
        ("lookhttp://a.bи http:// end", "look url url end"),
        # mentions
        (".@Bob: hi @_al1ce_! @@carl @ home", "user hi user user home"),
        ("@air.bsky.social and @air-paradis.bsky.social.", "user and user"),
        ("mail me@work.example, f@ck", "mail me work example f ck"),
        # hashtags
        ("#Fail #fail_2 #2fail, (#fail)", "hashtag hashtag hashtag hashtag"),
        ("we are #1, sh#t", "we are sh t"),
        ("#one#two", "hashtag"),
        # contractions
        ("That's can't WON'T shan't ain't", "that is can not will not shall not is not"),
        ("don't didn't couldn't've", "do not did not could not have"),
        ("I'm we're they've you'll he'd", "i am we are they have you will he would"),
        (
            "let's c'mon y'all, get 'em 'cause 'til 'till",
            "let us come on you all get them because until until",
        ),
        ("it’s it‘s it´s it`s itʼs it′s it\x92s", "it is it is it is it is it is it is it is"),
        ("did'nt", "did not"),
        (
            "it's that's this's he's she's there's here's",
            "it is that is this is he is she is there is here is",
        ),
        ("what's how's who's where's when's why's", "what is how is who is where is when is why is"),
        ("everyone's everybody's everything's", "everyone is everybody is everything is"),
        ("someone's somebody's something's", "someone is somebody is something is"),
        ("nobody's nothing's", "nobody is nothing is"),
        ("mom's the 80's boys' cat", "mom the boys cat"),
        ("'quoted' o'clock rock'n'roll 'empty'", "quoted o clock rock n roll empty"),
        ("dont cant im", "dont cant im"),
        # the rest
        ("b4 gr8 2nite", "b gr nite"),
        ("wait...what?!work-had", "wait what work had"),
        ("  a \t b \n\n c  ", "a b c"),
        ("", ""),
        (" \n", ""),
        ("!!! 123 😀", ""),
        ("http://a.b https://c.d www.e.f", "url url url"),
    ],
)
def test_standard(raw: str, expected: str) -> None:
    assert cleaned(raw) == expected
