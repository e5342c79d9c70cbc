"""Text cleaning: one implementation for training and the worker.

::

    from badbuzz.cleaning import STANDARD, clean, to_arrow

    clean(to_arrow(["@AirParadis can't believe it, THAT'S 3 hours late!!"]), STANDARD)
    # ["user can not believe it that is hours late"]

The *standard* rules of the study, in order (:mod:`~badbuzz.cleaning.standard`):

1. Fold the text (:mod:`~badbuzz.cleaning.folding`): references, accents, look-alikes, invisible characters, case. The search for
   brands uses the same function.
2. Replace every character that is not ASCII by a blank.
3. Replace links by ``url``, mentions by ``user``, hashtags by ``hashtag``.
4. Expand contractions.
5. Replace everything except ``a`` to ``z`` by blanks, and runs of blanks by one blank.

The *advanced* rules of the study follow the standard ones: they drop stop words but keep negations, and replace plurals by
singulars (:mod:`~badbuzz.cleaning.advanced`). The *expressive* rules are this project's own: they keep punctuation, numbers
and drawn-out words (:mod:`~badbuzz.cleaning.expressive`).
"""

from badbuzz.cleaning.arrow import clean, to_arrow
from badbuzz.cleaning.rule_sets import ADVANCED, EXPRESSIVE, STANDARD, CleaningRules, get_rules
from badbuzz.cleaning.standard import PLACEHOLDERS

__all__ = [
    "ADVANCED",
    "EXPRESSIVE",
    "PLACEHOLDERS",
    "STANDARD",
    "CleaningRules",
    "clean",
    "get_rules",
    "to_arrow",
]
