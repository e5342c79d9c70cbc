"""What a model says about texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Scores(NamedTuple):
    """The scores of n texts.

    ``probabilities`` of *positive*, float32 [n]. ``unread``, bool [n]: the model can read nothing of the text, so its probability
    is the same for all such texts and says nothing. A model that reads words or word pieces reads nothing of a text if it knows
    none of those that it looks at; a model that reads sentences, if the cleaned text is empty. The placeholders that cleaning
    puts in the place of links, mentions and hashtags do not count: they are no words of the author.
    """

    probabilities: NDArray[np.float32]
    unread: NDArray[np.bool_]
