"""An identity provider on loopback: ``/token`` gives signed tokens to one client, ``/jwks`` the key that they are signed with."""

from __future__ import annotations

import base64
import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote_plus

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

CLIENT_ID, SECRET = "badbuzz-worker", "s3cret:/+ü"
AUDIENCE = "kafka"


def encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


class TokenServer:
    """``answer`` replaces the next answers of ``/token``: status, body, headers."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.lifetime_s = 300
        self.requests: list[dict[str, list[str]]] = []
        self.answer: tuple[int, bytes, dict[str, str]] | None = None
        self._key = rsa.generate_private_key(65_537, 2_048)

    def give_token(self, authorization: str, body: str) -> tuple[int, bytes, dict[str, str]]:
        self.requests.append(parse_qs(body))
        client_id, _, secret = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        if self.answer is not None:
            return self.answer
        if (unquote_plus(client_id), unquote_plus(secret)) != (CLIENT_ID, SECRET):
            problem = {"error": "invalid_client", "error_description": "unknown client or wrong secret"}
            return 401, json.dumps(problem).encode(), {}
        token = {"access_token": self._sign(), "token_type": "Bearer", "expires_in": self.lifetime_s}
        return 200, json.dumps(token).encode(), {}

    def list_keys(self) -> bytes:
        numbers = self._key.public_key().public_numbers()
        n, e = (encode(number.to_bytes((number.bit_length() + 7) // 8)) for number in (numbers.n, numbers.e))
        return json.dumps(
            {"keys": [{"kty": "RSA", "kid": "one", "use": "sig", "alg": "RS256", "n": n, "e": e}]}
        ).encode()

    def _sign(self) -> str:
        now = int(time.time())
        header = {"alg": "RS256", "kid": "one", "typ": "JWT"}
        claims = {
            "iss": self.url,
            "sub": CLIENT_ID,
            "aud": AUDIENCE,
            "scope": "kafka",
            "iat": now,
            "exp": now + self.lifetime_s,
            "jti": str(len(self.requests)),
        }
        signed = ".".join(encode(json.dumps(part).encode()) for part in (header, claims))
        return f"{signed}.{encode(self._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


@contextmanager
def run_token_server(context: ssl.SSLContext | None = None) -> Iterator[TokenServer]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._send(*server.give_token(self.headers["Authorization"], body))

        def do_GET(self) -> None:
            self._send(200, server.list_keys(), {})

        def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in (
                {"Content-Type": "application/json", "Content-Length": str(len(body))} | headers
            ).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        if context is not None:
            http.socket = context.wrap_socket(http.socket, server_side=True)
        server = TokenServer(http.server_address[1])
        thread = threading.Thread(target=http.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()
