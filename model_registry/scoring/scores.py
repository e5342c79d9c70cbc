"""What a model says about texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Scores(NamedTuple):
    """The scores of n texts.

    ``probabilities`` of *positive*, float32 [n]. ``unread``, bool [n]: the model can read nothing of the text, so its probability
    says nothing. A model reads something if, after cleaning, it looks at a word of two letters or more that it knows. A model
    that reads sentences knows all words. Placeholders for links, mentions and hashtags, the mark *RT*, punctuation, numbers and
    single letters do not count.
    """

    probabilities: NDArray[np.float32]
    unread: NDArray[np.bool_]
