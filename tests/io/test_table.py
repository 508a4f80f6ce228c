"""Tables of any separator, and of Parquet, are read by the names of their columns."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from vecgen.errors import InputError
from vecgen.io.foreign.table import read_header, read_table


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('a,"b, c"\n1,x\n,NULL\n', ([1.0, None], ["x", None])),
        ("\ufeffa;b, c;more\r\n1;x;\r\n", ([1.0], ["x"])),
        ("a\tb, c\tmore\n1\t'x'\t7\n", ([1.0], ["'x'"])),
        ('a|b, c\n1|"x\n', ([1.0], ['"x'])),
    ],
)
def test_tables_of_any_separator_are_read(text: str, expected: tuple[list[object], ...], tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8", newline="")
    assert read_header(path)[0][:2] == ["a", "b, c"]
    rows = pa.Table.from_batches(read_table(path, {"a": pa.float64(), "b, c": pa.string()}))
    assert (rows["a"].to_pylist(), rows["b, c"].to_pylist()) == expected


def test_tables_of_parquet_keep_their_types(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1, 2], "b": ["x", None]}), tmp_path / "t.parquet")
    rows = pa.Table.from_batches(read_table(tmp_path / "t.parquet", {"b": pa.string(), "a": pa.float64()}))
    assert rows.schema.field("a").type == pa.int64()
    assert rows["b"].to_pylist() == ["x", None]


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe1\n"])
def test_tables_without_a_header_are_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(InputError, match=r"t.csv: "):
        read_header(tmp_path / "t.csv")


def test_values_of_another_type_are_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a\nx\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"t.csv: got .*x.*, expected a readable csv file"):
        list(read_table(tmp_path / "t.csv", {"a": pa.float64()}))
