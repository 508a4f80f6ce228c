"""Checksums of files are those of their bytes, whatever the size of blocks."""

from __future__ import annotations

from pathlib import Path

import pytest
import xxhash

from vecgen.stores.checksum import checksum_bytes, checksum_file


@pytest.mark.parametrize("size", [0, 1, 3_000_001])
def test_a_file_has_the_checksum_of_its_bytes(tmp_path: Path, size: int) -> None:
    data = bytes(i % 251 for i in range(size))
    (tmp_path / "file").write_bytes(data)
    assert checksum_file(tmp_path / "file") == checksum_bytes(data) == xxhash.xxh3_128_hexdigest(data)


def test_one_changed_byte_changes_it() -> None:
    assert checksum_bytes(b"a" * 1000) != checksum_bytes(b"a" * 999 + b"b")
