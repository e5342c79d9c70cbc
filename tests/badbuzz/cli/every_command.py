"""A short run of every command: with nothing to connect to, each ends within seconds."""

from __future__ import annotations

EVERY_COMMAND = [
    ["demo", "--data", "nowhere"],
    ["produce", "replay", "tweets.csv"],
    ["produce", "live", "stdin"],
    ["produce", "live", "x", "--track", "y"],
    ["work", "--health-port", "0"],
    ["rates"],
    ["verify"],
    ["compact"],
    ["dlq", "show"],
    ["models", "list"],
    ["train", "list"],
    ["report", "--data", "nowhere"],
    ["config", "show"],
    ["config", "check"],
]
