"""The stop words that the *advanced* rules drop.

Negations (*no*, *not*, *nor*, *nope*, *never*, *neither*, *none*, *nothing*, *nobody*, *nowhere*, *without*) are not among
them: they reverse the meaning of the words that follow.
"""

from typing import Final

_ARTICLES: Final = "a an the"
_PERSONAL_PRONOUNS: Final = """
    i me my mine myself we us our ours ourselves you your yours yourself yourselves he him his himself
    she her hers herself it its itself they them their theirs themselves
"""
_OTHER_PRONOUNS: Final = "this that these those who whom whose which what"
_QUESTIONS: Final = "when where why how"
_AUXILIARIES: Final = """
    am is are was were be been being have has had having do does did doing done
    can could will would shall should may might must ought
"""
_PREPOSITIONS: Final = """
    about above across after against along among around at before behind below beneath beside between
    beyond by down during for from in inside into near of off on onto out outside over per since through
    throughout till to toward towards under until up upon via with within
"""
_CONJUNCTIONS: Final = "and or but if then else because as while than though although whether so yet unless"
_QUANTIFIERS: Final = """
    all any both each every either few many more most much other another some several such own same
"""
_ADVERBS: Final = (
    "here there now just only too very also again once further even still ever already quite rather"
)
# The second part of a contraction that was typed with a blank for the apostrophe ("it s", "we ll").
_FRAGMENTS: Final = "s t d m ll re ve"

_CLASSES: Final = (
    _ARTICLES,
    _PERSONAL_PRONOUNS,
    _OTHER_PRONOUNS,
    _QUESTIONS,
    _AUXILIARIES,
    _PREPOSITIONS,
    _CONJUNCTIONS,
    _QUANTIFIERS,
    _ADVERBS,
    _FRAGMENTS,
)
STOP_WORDS: Final = frozenset(word for words in _CLASSES for word in words.split())
