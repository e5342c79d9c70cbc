"""Text cleaning as the study did it, and better: one implementation for training and worker.

::

    from badbuzz.cleaning import STANDARD, clean, to_arrow

    clean(to_arrow(["@AirParadis can't believe it, THAT'S 3 hours late!!"]), STANDARD)
    # ["user can not believe it that is hours late"]

The *standard* rules, in their order: character references undone and everything folded to ASCII
(:mod:`~badbuzz.cleaning.characters`); lower case; links → ``url``, mentions → ``user``, hashtags →
``hashtag``; contractions opened; all that is not ``a`` to ``z`` dropped; blanks squeezed
(:mod:`~badbuzz.cleaning.standard`). The *advanced* rules go on from there: stop words dropped but
negations kept, plurals → singulars (:mod:`~badbuzz.cleaning.advanced`). The *expressive* rules are ours: like the standard
ones, but punctuation, numbers and drawn-out words still say something (:mod:`~badbuzz.cleaning.expressive`).
"""

from badbuzz.cleaning.arrow import clean, to_arrow
from badbuzz.cleaning.rules import ADVANCED, EXPRESSIVE, STANDARD, CleaningRules, rules_named

__all__ = ["ADVANCED", "EXPRESSIVE", "STANDARD", "CleaningRules", "clean", "rules_named", "to_arrow"]
