"""The store of scored rows: the folder that readers see, and beside it the folder of Bad Buzz's internal files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from obstore.store import LocalStore

from badbuzz.clients.storage import open_store, parse_local_path
from badbuzz.clients.store_probe import check_create_if_absent
from badbuzz.errors import Misconfigured

if TYPE_CHECKING:
    from pathlib import Path

    from obstore.store import ObjectStore

_SUFFIX = ".chain"
_STAGING = "staging"


@dataclass(frozen=True, slots=True)
class ScoredStore:
    """``rows`` holds only the Parquet files, in folders ``dt=YYYY-MM-DD``: any reader may read all of it.

    ``internal`` holds what only Bad Buzz reads: origins, plans of compactions, the folder's identity, and, if the store is
    local, the folder :attr:`staging`.
    """

    rows: ObjectStore
    internal: ObjectStore

    @property
    def root(self) -> Path | None:
        """The local folder of the rows; None on an object store."""
        return self.rows.prefix if isinstance(self.rows, LocalStore) else None

    @property
    def staging(self) -> Path | None:
        """The local folder for files that are being written; None on an object store."""
        prefix = self.internal.prefix if isinstance(self.internal, LocalStore) else None
        return prefix / _STAGING if prefix else None

    def check(self) -> None:
        """Check that the store honours create-if-absent.

        The probe is written to the internal store, because readers would see it among the rows. Both are on one server.

        :raises Misconfigured: if it does not.
        :raises Retry: if the storage is unavailable.
        """
        check_create_if_absent(self.internal, f"the storage of the scored rows ({self.internal})")


def open_scored_store(url: str, chain_url: str | None = None, *, silence_s: float = 15.0) -> ScoredStore:
    """Open the store of scored rows at ``url``, whose internal files are at ``chain_url``, by default ``<url>.chain``.

    :param silence_s: see :func:`badbuzz.clients.storage.open_store`.
    :raises Misconfigured: if one of both cannot be opened, if readers of the rows would see the internal files, or if both
        are local folders on different file systems.
    """
    chain_url = check_scored_urls(url, chain_url)
    scheme = urlsplit(url).scheme
    if scheme == "memory":
        return ScoredStore(open_store(url), open_store(url))
    if scheme in {"", "file"}:
        staging = parse_local_path(chain_url) / _STAGING
        return ScoredStore(open_store(url, staging=staging), open_store(chain_url, staging=staging))
    return ScoredStore(open_store(url, silence_s=silence_s), open_store(chain_url, silence_s=silence_s))


def open_existing_internal(url: str, chain_url: str | None = None) -> ObjectStore | None:
    """Open the internal files for reading; None if they are local and their folder does not exist, which is not made.

    :raises Misconfigured: as :func:`open_scored_store`.
    """
    chain_url = check_scored_urls(url, chain_url)
    if urlsplit(chain_url).scheme not in {"", "file"}:
        return open_store(chain_url)
    path = parse_local_path(chain_url)
    return LocalStore(path) if path.is_dir() else None


def check_scored_urls(url: str, chain_url: str | None = None) -> str:
    """Check both places without a request or a change. Return the URL of the internal files.

    :raises Misconfigured: as :func:`open_scored_store`.
    """
    scheme = urlsplit(url).scheme
    if scheme == "memory":
        return url
    chain_url = chain_url or _build_sibling(url)
    if scheme in {"", "file"}:
        _check_local(url, chain_url)
        return chain_url
    if urlsplit(chain_url).scheme != scheme or _is_inside(chain_url, url):
        raise Misconfigured(
            f"BADBUZZ_SCORED__CHAIN_URL {chain_url!r}: expected a place that begins with {scheme}://, outside of "
            f"BADBUZZ_SCORED__URL {url!r}"
        )
    return chain_url


def find_existing(folder: Path) -> Path:
    """Return the folder, or the nearest folder above it that exists."""
    return next(path for path in (folder, *folder.parents) if path.exists())


def _build_sibling(url: str) -> str:
    bare = url.rstrip("/")
    if not bare or (urlsplit(url).scheme and not urlsplit(bare).path.strip("/")):
        raise Misconfigured(
            f"BADBUZZ_SCORED__URL {url!r} has no place beside it for internal files: set it to a folder below, or name "
            "another place in BADBUZZ_SCORED__CHAIN_URL"
        )
    return bare + _SUFFIX


def _is_inside(url: str, other: str) -> bool:
    return f"{url.rstrip('/')}/".startswith(f"{other.rstrip('/')}/")


def _check_local(url: str, chain_url: str) -> None:
    if urlsplit(chain_url).scheme not in {"", "file"}:
        raise Misconfigured(
            f"BADBUZZ_SCORED__CHAIN_URL {chain_url!r}: expected a local folder, as BADBUZZ_SCORED__URL {url!r} is one"
        )
    root, chain = parse_local_path(url), parse_local_path(chain_url)
    if chain.is_relative_to(root):
        raise Misconfigured(
            f"BADBUZZ_SCORED__CHAIN_URL {chain_url!r}: expected a folder outside of BADBUZZ_SCORED__URL {url!r}"
        )
    if find_existing(root).stat().st_dev != find_existing(chain).stat().st_dev:
        raise Misconfigured(
            f"BADBUZZ_SCORED__URL: {str(root)!r} and {str(chain)!r} are on different file systems, so files cannot be published "
            "in one step: if the first is a mount point, set the URL to a folder inside it"
        )
