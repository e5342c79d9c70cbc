"""docker-compose.yml and the Dockerfile, checked without Docker, and by Docker Compose if it is installed."""

from __future__ import annotations

import re
import shutil
import subprocess
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Final

import click
import pytest
import yaml

from badbuzz.cli.app import app
from badbuzz.settings import Settings, load_settings
from benchmarks.servers.kafka import KAFKA_VERSION
from producer.topic import PARTITIONS

ROOT: Final = Path(__file__).parents[1]
FILE: Final = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: Final[dict[str, dict[str, Any]]] = FILE["services"]
OURS: Final = {name: service for name, service in SERVICES.items() if "build" in service}
WORKERS: Final = {name: service for name, service in OURS.items() if service["command"] == ["work"]}
DOCKERFILE: Final = (ROOT / "deploy" / "Dockerfile").read_text()
STAGES: Final = {
    name: source for source, name in re.findall(r"^FROM (\S+) AS (\S+)$", DOCKERFILE, re.MULTILINE)
}
"""Each build stage and its base."""


def _interpolated(value: object) -> str:
    """Insert the defaults: ``${NAME:-default}`` → ``default``."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", str(value))


def _environment(service: dict[str, Any]) -> dict[str, str]:
    variables = service.get("environment", {})
    return {name: _interpolated(value) for name, value in variables.items() if name.startswith("BADBUZZ_")}


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_unprivileged(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.get("privileged")
    assert service.get("user") != "root"


@pytest.mark.parametrize("name", [*OURS, "redis"])
def test_file_systems_are_read_only_except_volumes_and_tmp(name: str) -> None:
    assert SERVICES[name]["read_only"] is True
    assert SERVICES[name]["tmpfs"] == ["/tmp"]  # noqa: S108 - a file system of its own


@pytest.mark.parametrize("name", WORKERS)
def test_workers_can_be_scaled(name: str) -> None:
    assert not {"container_name", "ports", "hostname"} & WORKERS[name].keys()


@pytest.mark.parametrize("name", SERVICES)
def test_ports_are_published_on_loopback_only(name: str) -> None:
    assert all(str(port).startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))


@pytest.mark.parametrize("name", ["kafka", "redis", *WORKERS])
def test_every_server_has_a_healthcheck(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    assert check["test"][0] in {"CMD", "CMD-SHELL"}
    assert {"interval", "timeout", "retries"} <= check.keys()


@pytest.mark.parametrize("name", SERVICES)
def test_services_wait_for_their_dependencies(name: str) -> None:
    for other, need in SERVICES[name].get("depends_on", {}).items():
        serves = "healthcheck" in SERVICES[other]
        assert need["condition"] == ("service_healthy" if serves else "service_completed_successfully")
    if name in WORKERS:
        assert SERVICES[name]["depends_on"].keys() == {"kafka", "redis", "topics", "models"}


@pytest.mark.parametrize("name", OURS)
def test_every_command_exists_with_its_options(name: str) -> None:
    command: click.Command = app
    arguments = [_interpolated(argument) for argument in SERVICES[name]["command"]]
    while isinstance(command, click.Group):
        sub_command = arguments.pop(0)
        found = command.get_command(click.Context(command), sub_command)
        assert found is not None, f"no sub-command {sub_command!r}"
        command = found
    _, left_over, _ = command.make_parser(click.Context(command)).parse_args(arguments)
    assert left_over == []


@pytest.mark.parametrize("name", OURS)
def test_every_variable_is_a_setting_with_a_valid_value(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in _environment(SERVICES[name]).items():
        fields = Settings.model_fields
        for step in variable.removeprefix("BADBUZZ_").lower().split("__"):
            assert step in fields, f"{variable} is no setting"
            fields = getattr(fields[step].annotation, "model_fields", {})
        monkeypatch.setenv(variable, value)
    load_settings()


@pytest.mark.parametrize("name", WORKERS)
def test_workers_keep_everything_in_volumes(name: str) -> None:
    mounts = [volume.rsplit(":", 1) for volume in WORKERS[name]["volumes"]]
    named = {target for source, target in mounts if source in FILE["volumes"]}
    environment = _environment(WORKERS[name])
    assert environment["BADBUZZ_REGISTRY__URL"] in named
    # Internal files are beside the folder of the rows, so the volume holds both.
    assert str(Path(environment["BADBUZZ_SCORED__URL"]).parent) in named
    assert "BADBUZZ_SCORED__CHAIN_URL" not in environment


@pytest.mark.parametrize("name", WORKERS)
def test_the_healthcheck_of_a_worker_uses_its_port(name: str) -> None:
    port = _environment(WORKERS[name])["BADBUZZ_HEALTH__PORT"]
    assert f"http://127.0.0.1:{port}/readyz" in WORKERS[name]["healthcheck"]["test"][-1]


def test_only_the_gpu_profile_reserves_a_gpu() -> None:
    worker = SERVICES["worker-gpu"]
    (device,) = worker["deploy"]["resources"]["reservations"]["devices"]
    assert worker["profiles"] == ["gpu"]
    assert device["capabilities"] == ["gpu"]
    assert _environment(worker)["BADBUZZ_ENGINE"] == "tensorflow"
    assert all("deploy" not in service for name, service in SERVICES.items() if name != "worker-gpu")


def test_topics_are_created_like_those_of_the_producer() -> None:
    settings = Settings(_env_file=None).kafka
    (script,) = SERVICES["topics"]["command"]
    tweets = (
        f"--topic {settings.topic} --partitions {PARTITIONS} --config message.timestamp.type=LogAppendTime"
    )
    assert tweets in script
    assert f"--topic {settings.dead_letter_topic} " in script


def test_kafka_is_the_version_that_tests_run_against() -> None:
    assert {SERVICES[name]["image"] for name in ("kafka", "topics")} == {f"apache/kafka:{KAFKA_VERSION}"}


def test_default_mounts_exist() -> None:
    (brands,) = (volume for volume in SERVICES["worker"]["volumes"] if volume.endswith(":/etc/badbuzz:ro"))
    assert (ROOT / _interpolated(brands).split(":")[0] / "brands.yaml").is_file()
    producer = SERVICES["producer"]
    (tweets,) = producer["volumes"]
    assert (
        ROOT / _interpolated(tweets).split(":")[0] / Path(_interpolated(producer["command"][2])).name
    ).is_file()


@pytest.mark.parametrize("name", OURS)
def test_images_run_as_an_unprivileged_user(name: str) -> None:
    build = SERVICES[name]["build"]
    assert build["dockerfile"] == "deploy/Dockerfile"
    assert STAGES[build["target"]] == "base"
    base = DOCKERFILE.split(" AS base\n")[1].split("\nFROM ")[0]
    user = re.findall(r"^USER (\d+):(\d+)$", base, re.MULTILINE)
    assert user
    assert "0" not in user[0]
    assert "\nUSER " not in DOCKERFILE.split("\nENTRYPOINT ")[1]


def test_images_are_built_from_existing_files_that_are_not_ignored() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    admitted = [
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")
    ]
    for source in " ".join(copied).split():
        assert (ROOT / source).exists()
        assert any(fnmatch(source, pattern) for pattern in admitted), f".dockerignore hides {source}"


def test_dependencies_come_from_locks_with_hashes_only() -> None:
    installs = [line for line in DOCKERFILE.replace("\\\n", "").splitlines() if "pip install" in line]
    assert installs
    assert all("--require-hashes" in line or "--no-deps /wheels/" in line for line in installs)


def test_docker_compose_accepts_the_file() -> None:
    compose = [shutil.which("docker") or "docker", "compose", "--file", str(ROOT / "docker-compose.yml")]
    if not _succeeds(*compose, "version"):
        pytest.skip("needs docker compose, found none")
    assert _succeeds(*compose, "--profile", "gpu", "config", "--quiet")


def _succeeds(*command: str) -> bool:
    try:
        return not subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode  # noqa: S603 - ours
    except FileNotFoundError:
        return False
