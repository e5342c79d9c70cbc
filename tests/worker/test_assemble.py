"""Parts of :mod:`worker.assemble`; ``assemble`` itself is tested as a process, in tests/badbuzz/cli/test_work.py."""

from __future__ import annotations

import gc
from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa

from badbuzz.brands import ReloadingBrands
from badbuzz.settings import BatchSettings, KafkaSettings, ScoredSettings, Settings
from worker import assemble

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_limits_come_from_the_settings_in_seconds() -> None:
    settings = Settings(
        _env_file=None,
        kafka=KafkaSettings(start="latest", session_timeout_ms=7_000),
        batch=BatchSettings(records=11, wait_ms=250),
        scored=ScoredSettings(file_rows=13, file_seconds=17, buffer_rows=1_900),
    )
    limits = assemble.build_limits(settings)
    assert (limits.start, limits.batch_records, limits.batch_wait_s) == ("latest", 11, 0.25)
    assert (limits.file_rows, limits.file_seconds, limits.buffer_rows) == (13, 17, 1_900)
    assert limits.session_s == 7.0


def test_without_a_brand_file_no_brand_is_found() -> None:
    brands = assemble._open_brands(Settings(_env_file=None, brands=None))
    assert brands.match(pa.array(["albatros air"])).to_pylist() == [[]]


def test_a_brand_file_that_becomes_invalid_is_reported_and_the_old_brands_stay(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assemble, "ReloadingBrands", partial(ReloadingBrands, check_seconds=0.0))
    file = tmp_path / "brands.yaml"
    file.write_text("- name: albatros\n  phrases: [albatros air]\n")
    brands = assemble._open_brands(Settings(_env_file=None, brands=str(file)))
    texts = pa.array(["albatros air lost my bag"])
    assert brands.match(texts).to_pylist() == [["albatros"]]
    file.write_text("- name: [this is not a name]\n")
    assert brands.match(texts).to_pylist() == [["albatros"]]
    assert "the old brands stay in use" in caplog.text


def test_objects_of_the_start_leave_the_garbage_collector() -> None:
    frozen = gc.get_freeze_count()
    try:
        assemble._freeze_garbage_collector()
        assert gc.get_freeze_count() > frozen
    finally:
        gc.unfreeze()
