from __future__ import annotations

import re
from pathlib import Path

import pytest

from badbuzz.cli.config.variables import find_unknown, list_names

ROOT = Path(__file__).parents[4]

pytestmark = pytest.mark.usefixtures("clean_environment")


def test_the_names_include_sections_live_and_azure() -> None:
    expected = {
        "BADBUZZ_KAFKA",
        "BADBUZZ_KAFKA__TOPIC",
        "BADBUZZ_BRANDS",
        "BADBUZZ_X_BEARER_TOKEN",
        "BADBUZZ_AZURE__KEY",
    }
    assert expected <= list_names()


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("BADBUZZ_BRAND", "BADBUZZ_BRANDS"),
        ("BADBUZZ_MODLE", "BADBUZZ_MODEL"),
        ("badbuzz_modle", "BADBUZZ_MODEL"),
        ("BADBUZZ_KAFKA__BOOTSTARP", "BADBUZZ_KAFKA__BOOTSTRAP"),
        ("BADBUZZ_KAFKA_BOOTSTRAP", "BADBUZZ_KAFKA__BOOTSTRAP"),
        ("BADBUZZ_TOPIC", "BADBUZZ_KAFKA__TOPIC"),
        ("BADBUZZ_X_BEARER_TOKN", "BADBUZZ_X_BEARER_TOKEN"),
        ("BADBUZZ_AZURE_KEY", "BADBUZZ_AZURE__KEY"),
        ("BADBUZZ_HEALTH_PORT", "BADBUZZ_HEALTH__PORT"),
        ("BADBUZ_BRANDS", "BADBUZZ_BRANDS"),
        ("BABDUZZ_BRANDS", "BADBUZZ_BRANDS"),
        ("BAD_BUZZ_BRANDS", "BADBUZZ_BRANDS"),
        ("BADBUZZBRANDS", "BADBUZZ_BRANDS"),
        ("BADBUZZ__BRANDS", "BADBUZZ_BRANDS"),
        ("badbuz_brand", "BADBUZZ_BRANDS"),
        ("BADBUZZZ_KAFKA__TOPIC", "BADBUZZ_KAFKA__TOPIC"),
        ("BADBUZZ_BRANDS_FILE", "BADBUZZ_BRANDS"),
        ("BADBUZZ_BRAND_FILE", "BADBUZZ_BRANDS"),
        ("BADBUZZ_MY_BRANDS", "BADBUZZ_BRANDS"),
        ("BADBUZZ_BRANDS__FILE", "BADBUZZ_BRANDS"),
        ("BADBUZZ_WORKER_THREADS", "BADBUZZ_THREADS"),
    ],
)
def test_a_misspelt_variable_is_found_with_what_it_should_be(name: str, meant: str) -> None:
    (unknown,) = find_unknown({name: "x"})
    assert (unknown.name, unknown.meant, unknown.is_ours) == (name.upper(), meant, True)


def test_an_unknown_variable_of_our_section_is_ours() -> None:
    (unknown,) = find_unknown({"BADBUZZ_KAFKA__ZZZ": "x"})
    assert (unknown.meant, unknown.is_ours) == (None, True)


def test_a_variable_like_no_setting_may_belong_to_another_program() -> None:
    (unknown,) = find_unknown({"BADBUZZ_DASHBOARD_COLOUR": "x"})
    assert (unknown.meant, unknown.is_ours) == (None, False)


@pytest.mark.parametrize("name", ["BADBUZZ_REDIS_HOST", "BADBUZ_KAFKA__ZZZ"])
def test_a_name_of_a_section_without_a_setting_is_ours(name: str) -> None:
    (unknown,) = find_unknown({name: "x"})
    assert (unknown.meant, unknown.is_ours) == (None, True)


@pytest.mark.parametrize(
    "name", ["BRANDS", "KAFKA_TOPIC", "BADGE_BRANDS", "BUZZ_MODEL", "BADBUZ_COLOUR", "BADBUZZ", "B", ""]
)
def test_variables_with_another_prefix_are_left_alone(name: str) -> None:
    assert find_unknown({name: "x"}) == []


def test_variables_of_kubernetes_and_of_the_tests_are_left_alone() -> None:
    foreign = {
        "BADBUZZ_SERVICE_HOST": "10.0.0.1",
        "BADBUZZ_SERVICE_PORT": "9464",
        "BADBUZZ_SERVICE_PORT_METRICS": "9464",
        "BADBUZZ_PORT": "tcp://10.0.0.1:9464",
        "BADBUZZ_HEALTH_PORT": "tcp://10.0.0.1:9464",
        "BADBUZZ_PORT_9464_TCP": "tcp://10.0.0.1:9464",
        "BADBUZZ_PORT_9464_TCP_ADDR": "10.0.0.1",
        "BADBUZZ_REDIS_SERVICE_HOST": "10.0.0.2",
        "BADBUZZ2_SERVICE_HOST": "10.0.0.1",
        "BADBUZZ_TEST_BROKER": "maven",
        "BADBUZZ_SHARED": "x",
    }
    assert find_unknown(foreign) == []


def test_the_env_file_is_searched_too() -> None:
    Path(".env").write_text("BADBUZZ_MODLE=x\nOTHER=y\n")
    assert [unknown.name for unknown in find_unknown({})] == ["BADBUZZ_MODLE"]


def test_an_unreadable_env_file_is_left_to_the_settings() -> None:
    Path(".env").write_bytes(b"BADBUZZ_MODLE=\xff\n")
    assert find_unknown({}) == []


@pytest.mark.parametrize("pattern", ["docker-compose.yml", "deploy/*", "README.md", "docs/*.md"])
def test_every_variable_of_the_compose_file_and_the_documents_is_known(pattern: str) -> None:
    texts = [path.read_text(encoding="utf-8") for path in ROOT.glob(pattern) if path.is_file()]
    assert texts
    named = {name for text in texts for name in re.findall(r"BADBUZZ_[A-Z_]+[A-Z]", text)}
    assert find_unknown(dict.fromkeys(named, "x")) == []
