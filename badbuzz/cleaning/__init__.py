"""Text cleaning as the study did it: one implementation for training and worker.

::

    from badbuzz.cleaning import STANDARD, clean, to_arrow

    clean(to_arrow(["@AirParadis can't believe it, THAT'S 3 hours late!!"]), STANDARD)
    # ["user can not believe it that is hours late"]

The *standard* rules, in their order: character references undone and everything folded to ASCII
(:mod:`~badbuzz.cleaning.characters`); lower case; links → ``url``, mentions → ``user``, hashtags →
``hashtag``; contractions opened; all that is not ``a`` to ``z`` dropped; blanks squeezed
(:mod:`~badbuzz.cleaning.standard`).
"""

from badbuzz.cleaning.arrow import clean, to_arrow
from badbuzz.cleaning.rules import STANDARD, CleaningRules, rules_named

__all__ = ["STANDARD", "CleaningRules", "clean", "rules_named", "to_arrow"]
