"""What the servers of the tests can do besides sending messages."""

from __future__ import annotations


class CutConnection:
    """Close the connection in the middle of a message or without a closing handshake."""


class SendNothing:
    """Send nothing more until the server is closed."""
