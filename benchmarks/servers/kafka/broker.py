"""One Apache Kafka broker, which can be frozen and killed."""

from __future__ import annotations

import base64
import shutil
import subprocess
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from badbuzz.embedded.loopback_port import LoopbackPort
from badbuzz.system.child_process import ServerProcess
from benchmarks.servers.kafka.jars import JarsMissingError, kafka_jars

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LOG4J = Path(__file__).with_name("log4j2.properties")
_STARTED = "] Kafka Server started"
_START_TIMEOUT_S = 180.0
_STOP_TIMEOUT_S = 20.0

_DEFAULTS: Final = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "INTERNAL",
    # Clients must not create missing topics.
    "auto.create.topics.enable": "false",
    # One broker has the only replica; few partitions, so that the first group starts at once.
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "4",
    "group.initial.rebalance.delay.ms": "0",
    # Tests of dead members need shorter sessions than the default minimum of 6 s.
    "group.min.session.timeout.ms": "1000",
    # A killed broker can only return when its old session has ended: after 9 s by default.
    "broker.session.timeout.ms": "5000",
    "broker.heartbeat.interval.ms": "500",
    # The default takes 128 MB of the heap.
    "log.cleaner.dedupe.buffer.size": "4194304",
}


@dataclass(frozen=True, slots=True)
class Detour:
    """A second listener for clients, without users, at ``address``. Clients reach it through ``proxy``."""

    address: str
    proxy: str


class ApacheKafka:
    """One broker in KRaft mode with its controller, on 127.0.0.1, with its records in ``data_dir``.

    It holds its ports from construction to :meth:`close`, so it restarts at the same address after :meth:`stop` or
    :meth:`kill`. ``properties`` may be changed while it is down. The clients' listener is called ``CLIENT``: certificates
    and users go into ``properties`` (``listener.name.client.…``), SCRAM users into ``format_options`` (``--add-scram …``).

    :param data_dir: new or from an earlier broker. It also has the broker's log, ``kafka.log``.
    :param port: the port of the clients' listener; 0 for any free one.
    :param security_protocol: of the clients' listener: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL.
    :param detour: a second listener, called ``PROXIED``.
    :param properties: added to, or replacing, the broker's properties.
    :param heap: the value of ``-Xmx``.
    :raises JarsMissingError: if Java or the jars are missing.
    """

    def __init__(  # noqa: PLR0913 - each is independent and has a default
        self,
        data_dir: Path,
        *,
        port: int = 0,
        security_protocol: str = "PLAINTEXT",
        detour: Detour | None = None,
        properties: Mapping[str, str] | None = None,
        format_options: Sequence[str] = (),
        heap: str = "512m",
    ) -> None:
        self._java = _java(kafka_jars(), heap)
        self._data_dir = data_dir.absolute()
        self._data_dir.mkdir(parents=True, exist_ok=True)
        self._format_options = list(format_options)
        self._client, self._internal, self._controller = LoopbackPort(port), LoopbackPort(), LoopbackPort()
        self.properties: dict[str, str] = {
            **_DEFAULTS,
            **self._addresses(security_protocol, detour),
            "log.dirs": str(self._data_dir / "records"),
            **(properties or {}),
        }
        self._properties_file = self._data_dir / "server.properties"
        self._server = ServerProcess(
            "Apache Kafka",
            [*self._java, "kafka.Kafka", str(self._properties_file)],
            log=self._data_dir / "kafka.log",
        )

    @property
    def bootstrap(self) -> str:
        """``127.0.0.1:port`` of the clients' listener."""
        return self._client.address

    @property
    def pid(self) -> int:
        """The process id of the Java machine."""
        return self._server.pid

    def start(self) -> None:
        """Start the broker, formatting a new data folder first. Return when it serves clients.

        :raises badbuzz.errors.DependencyDown: if it does not start; the message ends with its log.
        """
        lines = (f"{key}={value}\n" for key, value in self.properties.items())
        self._properties_file.write_text("".join(lines), encoding="utf-8")
        if not (self._data_dir / "records" / "meta.properties").exists():
            self._format()
        self._server.start(lambda: _STARTED in self._server.output(), timeout_s=_START_TIMEOUT_S)

    def stop(self) -> None:
        """Shut the broker down."""
        self._server.stop(timeout_s=_STOP_TIMEOUT_S)

    def kill(self) -> None:
        """Kill the broker."""
        self._server.kill()

    def pause(self) -> None:
        """Freeze the broker: connections stay open but get no answer."""
        self._server.pause()

    def resume(self) -> None:
        """Undo :meth:`pause`."""
        self._server.resume()

    def close(self) -> None:
        """Stop the broker and release its ports."""
        self.stop()
        for port in (self._client, self._internal, self._controller):
            port.release()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _addresses(self, security_protocol: str, detour: Detour | None) -> dict[str, str]:
        client, internal = f"CLIENT://{self._client.address}", f"INTERNAL://{self._internal.address}"
        listeners, advertised = [client, internal], [client, internal]
        if detour is not None:
            listeners.append(f"PROXIED://{detour.address}")
            advertised.append(f"PROXIED://{detour.proxy}")
        return {
            "controller.quorum.voters": f"1@{self._controller.address}",
            "listeners": ",".join([*listeners, f"CONTROLLER://{self._controller.address}"]),
            "advertised.listeners": ",".join(advertised),
            "listener.security.protocol.map": (
                f"CLIENT:{security_protocol},PROXIED:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT"
            ),
        }

    def _format(self) -> None:
        cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        options = [
            f"--cluster-id={cluster_id}",
            "--config",
            str(self._properties_file),
            *self._format_options,
        ]
        subprocess.run(  # noqa: S603 - a fixed command
            [*self._java, "kafka.tools.StorageTool", "format", *options],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
        )


def _java(jars: Path, heap: str) -> list[str]:
    program = shutil.which("java")
    if program is None:
        raise JarsMissingError("Apache Kafka needs java on the PATH: install Java 17 or later")
    # The serial collector has no threads that compete with the workers for the cores.
    machine = [f"-Xmx{heap}", "-XX:+UseSerialGC", f"-Dlog4j2.configurationFile={_LOG4J}"]
    return [program, *machine, "-cp", f"{jars}/*"]
