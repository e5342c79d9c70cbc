"""``python -m benchmarks.servers.kafka``: run one Apache Kafka broker until Ctrl-C; print its address."""

from __future__ import annotations

import argparse
import signal
import tempfile
from contextlib import suppress
from pathlib import Path

from benchmarks.servers.kafka.broker import ApacheKafka


def main() -> None:
    """Run the broker."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.servers.kafka", description=__doc__)
    parser.add_argument("--data", type=Path, help="where records are kept; default: a temporary folder")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; default: any that is free")
    parser.add_argument("--heap", default="512m", help="Java heap; default: %(default)s")
    parser.add_argument(
        "--property",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="broker property; may be repeated",
    )
    options = parser.parse_args()
    properties = dict(item.split("=", 1) for item in options.property)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt), tempfile.TemporaryDirectory(prefix="badbuzz-kafka-") as temporary:
        data = options.data or Path(temporary)
        with ApacheKafka(data, port=options.port, heap=options.heap, properties=properties) as kafka:
            print(kafka.bootstrap, flush=True)
            signal.pause()


if __name__ == "__main__":
    main()
