"""``python -m benchmarks.versus.prepare``: make the peers' environments, which takes minutes and the network, once."""

from __future__ import annotations

from benchmarks.versus.part import prepare


def main() -> None:
    for name, reason in prepare().items():
        print(f"{name}: {reason}")


if __name__ == "__main__":
    main()
