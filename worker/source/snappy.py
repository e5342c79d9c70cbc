"""Decompresses snappy by pyarrow, which workers have anyway; kafka-python would need a package of its own.

Java's producers and brokers write the frames of ``org.xerial.snappy.SnappyOutputStream``: a header of 16 bytes, then blocks, each
with its length. librdkafka, and clients that build on it, write one block without a frame.
"""

from __future__ import annotations

import sys
from typing import Final

import pyarrow as pa
from kafka import codec
from kafka.record import default_records, legacy_records

XERIAL_MAGIC: Final = b"\x82SNAPPY\0"
_XERIAL_HEADER_BYTES: Final = 16
_LENGTH_BYTES: Final = 4
_LONGEST_SIZE: Final = 5
_CONTINUES: Final = 0x80
_LARGEST_EXPANSION: Final = 22
"""Three bytes stand for 64 at most. A block that claims more is corrupt; without this limit, its size would be allocated."""


def register_snappy() -> None:
    """Let kafka-python read snappy."""
    codec.snappy = sys.modules[__name__]  # it only asks whether there is one
    default_records.snappy_decode = legacy_records.snappy_decode = decode_snappy


def decode_snappy(payload: bytes) -> bytes:
    """Return the decompressed bytes, with or without xerial's frame.

    :raises ValueError: if they are corrupt.
    """
    if not payload.startswith(XERIAL_MAGIC):
        return decompress(payload)
    blocks, position = [], _XERIAL_HEADER_BYTES
    while position < len(payload):
        start = position + _LENGTH_BYTES
        # Java writes big-endian lengths. Versions are not compared: some clients write them in the other byte order.
        position = start + int.from_bytes(payload[position:start], "big")
        if position > len(payload) or position == start:
            raise ValueError("a block of snappy data is cut off")
        blocks.append(decompress(payload[start:position]))
    return b"".join(blocks)


def decompress(block: bytes) -> bytes:
    """Decompress one block.

    :raises ValueError: if it is corrupt.
    """
    size = _read_size(block)
    if size > _LARGEST_EXPANSION * len(block):
        raise ValueError(f"{len(block)} bytes of snappy data cannot become {size}")
    try:
        return bytes(pa.Codec("snappy").decompress(block, size, asbytes=True))
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"corrupt snappy data: {error}") from None


def compress(data: bytes) -> bytes:
    """Compress into one block, as librdkafka does."""
    return bytes(pa.Codec("snappy").compress(data, asbytes=True))


def _read_size(block: bytes) -> int:
    """Return the decompressed size: a little-endian base-128 number at the start."""
    size = 0
    for place, byte in enumerate(block[:_LONGEST_SIZE]):
        size |= (byte % _CONTINUES) << (7 * place)
        if byte < _CONTINUES:
            return size
    raise ValueError("snappy data without a size")
