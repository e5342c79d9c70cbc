"""A sound chain passes, and each kind of damage is found at its first offset."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from badbuzz.contracts.scored_row import OffsetRange, Totals
from tests.worker.verify.chain_facts import CHAINS, change_facts

if TYPE_CHECKING:
    from tests.worker.verify.chain_facts import ChainFacts

DATA = st.data()


@given(CHAINS)
def test_a_whole_chain_passes(chain: ChainFacts) -> None:
    assert chain.find_first_problem() is None


@given(CHAINS, DATA)
def test_a_missing_file(chain: ChainFacts, data: st.DataObject) -> None:
    assume(len(chain.files) > 1)
    index = data.draw(st.integers(0, len(chain.files) - 2))
    lost = chain.files.pop(index)
    expect(chain, lost.first_offset, "is in no file")


@given(CHAINS, DATA)
def test_a_file_that_is_there_twice(chain: ChainFacts, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(chain.files) - 1))
    chain.files.insert(index, chain.files[index])
    expect(chain, chain.files[index].first_offset, "is in two files")


@given(CHAINS, st.integers(1, 5))
def test_an_origin_before_the_first_file(chain: ChainFacts, by: int) -> None:
    assume(chain.start >= by)
    chain.start -= by
    expect(chain, chain.start, "is in no file")


@given(CHAINS, DATA)
def test_a_missing_row(chain: ChainFacts, data: st.DataObject) -> None:
    index, nth = draw_row(chain, data)
    offsets = chain.files[index].offsets
    chain.files[index] = change_facts(chain.files[index], offsets=np.delete(offsets, nth))
    expect(chain, int(offsets[nth]), "neither a row, nor rejected, nor in a gap")


@given(CHAINS, DATA)
def test_a_row_that_is_there_twice(chain: ChainFacts, data: st.DataObject) -> None:
    index, nth = draw_row(chain, data)
    offsets = chain.files[index].offsets
    chain.files[index] = change_facts(chain.files[index], offsets=np.insert(offsets, nth, offsets[nth]))
    expect(chain, int(offsets[nth]), "twice")


@given(CHAINS, DATA)
def test_a_row_out_of_order(chain: ChainFacts, data: st.DataObject) -> None:
    index, nth = draw_row(chain, data)
    offsets = chain.files[index].offsets.copy()
    assume(nth + 1 < len(offsets))
    offsets[[nth, nth + 1]] = offsets[[nth + 1, nth]]
    chain.files[index] = change_facts(chain.files[index], offsets=offsets)
    expect(chain, int(offsets[nth + 1]), "follows offset")


@given(CHAINS, DATA)
def test_a_row_that_is_rejected_as_well(chain: ChainFacts, data: st.DataObject) -> None:
    index, nth = draw_row(chain, data)
    file = chain.files[index]
    offset = int(file.offsets[nth])
    rejected = (*file.footer.rejected, OffsetRange(start=offset, end=offset + 1))
    footer = file.footer.model_copy(update={"rejected": rejected})
    chain.files[index] = change_facts(file, footer=footer)
    expect(chain, offset, "there twice")


@given(CHAINS, DATA, st.sampled_from([-1, 1]))
def test_a_wrong_end(chain: ChainFacts, data: st.DataObject, by: int) -> None:
    index = data.draw(st.integers(0, len(chain.files) - 1))
    file = chain.files[index]
    end = file.footer.end_offset
    chain.files[index] = change_facts(file, footer=file.footer.model_copy(update={"end_offset": end + by}))
    found = chain.find_first_problem()
    assert found is not None
    assert found.offset == min(end, end + by)


@given(CHAINS, DATA, st.sampled_from(sorted(Totals.model_fields)), st.sampled_from([-1, 1]))
def test_wrong_totals(chain: ChainFacts, data: st.DataObject, name: str, by: int) -> None:
    index = data.draw(st.integers(0, len(chain.files) - 1))
    file = chain.files[index]
    right = file.footer.totals
    wrong = right.model_copy(update={name: getattr(right, name) + by})
    assume(not (name in {"late", "early"} and by == 1 and len(file.offsets)))  # a row may be late or early
    chain.files[index] = change_facts(file, footer=file.footer.model_copy(update={"totals": wrong}))
    expect(chain, file.first_offset, "its footer says")


@given(CHAINS, DATA)
def test_another_topic_of_the_same_name(chain: ChainFacts, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(chain.files) - 1))
    file = chain.files[index]
    chain.files[index] = change_facts(file, footer=file.footer.model_copy(update={"topic_id": "second-life"}))
    expect(chain, file.first_offset, "second-life")


@given(CHAINS, DATA)
def test_a_row_of_another_partition(chain: ChainFacts, data: st.DataObject) -> None:
    index, nth = draw_row(chain, data)
    offset = int(chain.files[index].offsets[nth])
    chain.files[index] = change_facts(chain.files[index], stray=offset)
    expect(chain, offset, "another topic or partition")


def draw_row(chain: ChainFacts, data: st.DataObject) -> tuple[int, int]:
    rows = [(i, nth) for i, file in enumerate(chain.files) for nth in range(len(file.offsets))]
    assume(rows)
    return data.draw(st.sampled_from(rows))


def expect(chain: ChainFacts, offset: int, words: str) -> None:
    found = chain.find_first_problem()
    assert found is not None
    assert (found.offset, words in found.problem) == (offset, True), found
