from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import numpy as np
import obstore
import pytest
from obstore.store import S3Store

from badbuzz.clients.storage import open_store
from badbuzz.errors import Misconfigured, ModelRefused, Retry
from model_registry.package.manifest import MANIFEST, VOCABULARY, WEIGHTS
from model_registry.package.refs import ModelRef
from model_registry.store.registry import Registry
from tests.model_registry import tiny_model
from tests.model_registry.model_directory import write_directory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from obstore.store import ObjectStore

    from model_registry.package.package import Package


def test_a_registered_draft_is_loaded_unchanged(registry: Registry) -> None:
    draft = tiny_model.draft()
    ref = registry.register(draft)
    model = registry.load(ref)
    assert str(ref) == "tiny:1"
    assert model.manifest.ref == ref
    assert model.manifest.network == draft.network
    assert model.manifest.metrics == draft.metrics
    assert model.manifest.training == draft.training
    assert model.manifest.cleaning.fingerprint == draft.cleaning.fingerprint
    assert model.manifest.files.keys() == {WEIGHTS, VOCABULARY, "model_card.md"}
    assert model.vocabulary == draft.vocabulary
    for name, tensor in draft.tensors.items():
        np.testing.assert_array_equal(model.tensors[name], tensor)


def test_an_embedding_keeps_half_precision(registry: Registry) -> None:
    tensors = tiny_model.tensors()
    tensors["embedding"] = tensors["embedding"].astype(np.float16)
    model = registry.load(registry.register(tiny_model.draft(tensors=tensors)))
    assert model.tensors["embedding"].dtype == np.float16


def test_versions_count_up_for_each_model(registry: Registry) -> None:
    refs = [registry.register(tiny_model.draft(name=name)) for name in ("a", "b", "a", "a")]
    assert [str(ref) for ref in refs] == ["a:1", "b:1", "a:2", "a:3"]


def test_the_listing_sorts_versions_by_number_and_shows_their_aliases(
    registry: Registry,
) -> None:
    assert registry.list() == ()
    for seed in range(11):
        registry.register(tiny_model.draft(seed=seed))
    registry.promote(ModelRef("tiny", 10), "production")
    registry.promote(ModelRef("tiny", 10), "candidate")
    registry.promote(ModelRef("tiny", 2), "shadow")
    listed = registry.list()
    assert [one.ref.version for one in listed] == list(range(1, 12))
    assert {one.ref.version: one.aliases for one in listed if one.aliases} == {
        2: ("shadow",),
        10: ("candidate", "production"),
    }


def test_an_alias_is_resolved_to_its_version(registry: Registry) -> None:
    for seed in (1, 2):
        registry.register(tiny_model.draft(seed=seed))
    registry.promote(ModelRef("tiny", 2), "production")
    assert registry.resolve("tiny@production") == ModelRef("tiny", 2)
    assert registry.resolve("tiny:1") == ModelRef("tiny", 1)


def test_an_interrupted_registration_is_invisible_and_wastes_a_number(store: ObjectStore) -> None:
    registry = Registry(store)
    obstore.put(store, f"tiny/versions/1/{VOCABULARY}", b"user\n")
    assert registry.list() == ()
    with pytest.raises(ModelRefused, match="was never finished"):
        registry.load(ModelRef("tiny", 1))
    assert registry.register(tiny_model.draft()) == ModelRef("tiny", 2)


def test_a_missing_version_or_alias_is_reported_with_the_existing_ones(registry: Registry) -> None:
    with pytest.raises(
        Misconfigured, match="registry is empty: fill it with `badbuzz models import --bundled`"
    ):
        registry.resolve("tiny@production")
    with pytest.raises(ModelRefused, match="registry is empty"):
        registry.load(ModelRef("tiny", 1))
    registry.register(tiny_model.draft())
    with pytest.raises(Misconfigured, match="badbuzz models promote tiny:VERSION"):
        registry.resolve("tiny@production")
    with pytest.raises(ModelRefused, match="its versions: 1"):
        registry.load(ModelRef("tiny", 2))
    with pytest.raises(ModelRefused, match="its models: tiny"):
        registry.load(ModelRef("tony", 1))
    registry.promote(ModelRef("tiny", 1), "shadow")
    with pytest.raises(Misconfigured, match="its aliases: shadow"):
        registry.resolve("tiny@production")


def test_an_invalid_draft_is_not_registered(registry: Registry) -> None:
    with pytest.raises(ModelRefused, match="tensor dense/bias has the shape"):
        registry.register(
            tiny_model.draft(tensors=tiny_model.tensors() | {"dense/bias": np.zeros(5, np.float32)})
        )
    with pytest.raises(ModelRefused, match="name"):
        registry.register(tiny_model.draft(name="../tiny"))
    assert registry.list() == ()


def test_a_directory_is_imported_once(registry: Registry, package: Package, tmp_path: Path) -> None:
    directory = tmp_path / "model"
    write_directory(package, directory)
    registry.register(tiny_model.draft(seed=99))
    ref = registry.import_directory(directory)
    assert ref == ModelRef("tiny", 2)
    assert registry.load(ref).manifest.files == package.manifest.files
    assert registry.import_directory(directory) == ref
    assert len(registry.list()) == 2


def test_a_version_damaged_in_the_store_is_refused(store: ObjectStore) -> None:
    registry = Registry(store)
    ref = registry.register(tiny_model.draft())
    path = f"tiny/versions/1/{WEIGHTS}"
    content = bytearray(bytes(obstore.get(store, path).bytes()))
    content[-1] ^= 1
    obstore.put(store, path, bytes(content))
    with pytest.raises(ModelRefused, match="SHA-256"):
        registry.load(ref)
    with pytest.raises(ModelRefused, match="SHA-256"):
        registry.promote(ref, "production")
    assert registry.history("tiny") == {}

    obstore.put(store, path, bytes(content[:-1]))
    with pytest.raises(ModelRefused, match="is cut off or was replaced"):
        registry.load(ref)

    obstore.put(store, path, bytes(content) * 2)
    with pytest.raises(ModelRefused, match="at most"):
        registry.load(ref)

    obstore.delete(store, path)
    with pytest.raises(ModelRefused, match=f"lacks {WEIGHTS}"):
        registry.load(ref)


def test_a_file_that_does_not_belong_to_a_version_is_refused(store: ObjectStore) -> None:
    registry = Registry(store)
    ref = registry.register(tiny_model.draft())
    obstore.put(store, "tiny/versions/1/sub/hook.py", b"import os")
    with pytest.raises(ModelRefused, match=r"holds 'sub/hook\.py'"):
        registry.load(ref)


def test_a_version_copied_by_hand_is_refused(store: ObjectStore) -> None:
    registry = Registry(store)
    registry.register(tiny_model.draft())
    for name in (WEIGHTS, VOCABULARY, "model_card.md", MANIFEST):
        obstore.copy(store, f"tiny/versions/1/{name}", f"tiny/versions/2/{name}")
    with pytest.raises(ModelRefused, match="its manifest belongs to tiny:1"):
        registry.load(ModelRef("tiny", 2))


def test_the_listing_shows_why_a_version_is_refused(store: ObjectStore) -> None:
    registry = Registry(store)
    registry.register(tiny_model.draft())
    registry.register(tiny_model.draft(seed=2))
    obstore.put(store, f"tiny/versions/1/{MANIFEST}", b"{")
    first, second = registry.list()
    assert isinstance(first.manifest, ModelRefused)
    assert not isinstance(second.manifest, ModelRefused)


def test_concurrent_registrations_get_different_versions(racing_store: ObjectStore) -> None:
    rivals = 8
    drafts = [tiny_model.draft(seed=seed) for seed in range(rivals)]
    with ThreadPoolExecutor(rivals) as pool:
        refs = list(pool.map(lambda draft: Registry(racing_store).register(draft), drafts))
    assert {ref.version for ref in refs} == set(range(1, rivals + 1))
    registry = Registry(racing_store)
    for ref, draft in zip(refs, drafts, strict=True):
        np.testing.assert_array_equal(registry.load(ref).tensors["embedding"], draft.tensors["embedding"])


@contextmanager
def s3_that_answers(status: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_PUT = do_HEAD = do_GET  # noqa: N815 - the base class looks for these names

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        for name, value in {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "nobody",
            "AWS_SECRET_ACCESS_KEY": "hush",
            "AWS_REGION": "us-east-1",
        }.items():
            monkeypatch.setenv(name, value)
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield Registry(S3Store("bucket", retry_config={"max_retries": 0}))
        finally:
            server.shutdown()


ASKING: dict[str, Callable[[Registry], object]] = {
    "list": lambda registry: registry.list(),
    "resolve": lambda registry: registry.resolve("tiny@production"),
    "load": lambda registry: registry.load(ModelRef("tiny", 1)),
    "register": lambda registry: registry.register(tiny_model.draft()),
}


@pytest.mark.parametrize("ask", ASKING.values(), ids=ASKING.keys())
@pytest.mark.parametrize(("status", "error"), [(401, Misconfigured), (403, Misconfigured), (503, Retry)])
def test_wrong_credentials_are_a_misconfiguration_and_an_unavailable_store_is_not(
    monkeypatch: pytest.MonkeyPatch, status: int, error: type[Exception], ask: Callable[[Registry], object]
) -> None:
    with s3_that_answers(status, monkeypatch) as registry, pytest.raises(error) as refused:
        ask(registry)
    assert "bucket" in str(refused.value)
    assert "hush" not in str(refused.value)


@pytest.mark.usefixtures("s3")
def test_a_missing_bucket_is_a_misconfiguration() -> None:
    registry = Registry(open_store("s3://no-such-bucket"))
    with pytest.raises(Misconfigured, match="no-such-bucket"):
        registry.list()
    with pytest.raises(Misconfigured, match="no-such-bucket"):
        registry.register(tiny_model.draft())
