from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from badbuzz.labelled.labelled_file import LabelledTweets
from training.data.account_names import find_account_names

TWEETS = LabelledTweets(
    texts=pa.chunked_array([["@Fern_ the @quillby crew", "cc @quillby", "mail me at a@b", ""]]),
    labels=np.zeros(4, np.int8),
    users=pa.chunked_array([["Marlowe", None, "late", None]]),
    neutral=0,
    malformed=0,
)


@pytest.mark.parametrize(
    ("uses", "names"),
    [
        ({"marlowe": 30}, {"marlowe"}),  # an author
        ({"quillby": 8}, {"quillby"}),  # addressed once in four uses
        ({"quillby": 9}, set()),
        ({"late": 200}, set()),  # also an author's name, but a common word
        ({"crew": 3, "fern": 2}, set()),  # the account is fern_, not fern
    ],
)
def test_names_are_found_among_words(uses: dict[str, int], names: set[str]) -> None:
    assert find_account_names(uses, TWEETS) == names
