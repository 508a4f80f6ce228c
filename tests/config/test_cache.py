"""Kept tables: the same values as compiled ones, whatever happens to their files."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from vecgen.config import faker_lists
from vecgen.config.cache import Array, find_directory, load_or_make, pack_json, read_package_files, unpack_json
from vecgen.config.faker_lists import compile_word_lists, load_word_lists
from vecgen.config.fingerprint import fingerprint
from vecgen.config.loader import DEFAULT_DEMOGRAPHICS, load_demographics
from vecgen.errors import InputError
from vecgen.model.amounts import load_amounts
from vecgen.sampling.gamma import compile_amounts


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "cache"
    monkeypatch.setenv("VECGEN_CACHE", str(directory))
    return directory


def load(value: float, origin: bytes = b"origin") -> tuple[float, bool]:
    """Return a number from the cache, and whether it was made now."""
    made: list[bool] = []

    def make() -> float:
        made.append(True)
        return value

    return load_or_make("number", lambda: [origin], make, _pack, _unpack), bool(made)


def _pack(value: float) -> dict[str, Array]:
    return {"value": np.array([value]), "text": pack_json(["é", ""])}


def _unpack(arrays: Mapping[str, Array]) -> float:
    assert unpack_json(arrays["text"]) == ["é", ""]
    return float(arrays["value"][0])


def only_file(directory: Path) -> Path:
    (path,) = directory.iterdir()
    return path


def test_a_value_is_made_once_for_each_origin(cache: Path) -> None:
    assert load(1.5) == (1.5, True)
    assert load(2.5) == (1.5, False)
    assert load(2.5, b"another") == (2.5, True)
    assert len(list(cache.iterdir())) == 2


def cut(content: bytes) -> bytes:
    return content[:-1]


def flip(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


@pytest.mark.parametrize("damage", [cut, flip, lambda content: b"", lambda content: content + b"0"])
def test_a_damaged_file_is_made_again(cache: Path, damage: Callable[[bytes], bytes]) -> None:
    load(1.5)
    path = only_file(cache)
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    assert load(2.5) == (2.5, True)
    assert load(3.5) == (2.5, False)
    path.write_bytes(whole)
    assert load(3.5) == (1.5, False)


def test_a_file_under_the_name_of_another_is_made_again(cache: Path) -> None:
    load(1.5)
    first = only_file(cache)
    load(2.5, b"another")
    second = next(path for path in cache.iterdir() if path != first)
    second.write_bytes(first.read_bytes())
    assert load(3.5, b"another") == (3.5, True)


def test_objects_are_not_kept(cache: Path) -> None:
    array = np.array([{"a": 1}], dtype=object)
    with pytest.raises(TypeError, match="objects are not kept"):
        load_or_make("number", lambda: [b""], lambda: 0, lambda value: {"value": array}, lambda arrays: 0)
    assert not cache.exists()


def test_a_place_that_cannot_be_used_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("VECGEN_CACHE", str(tmp_path / "file" / "below"))
    assert [load(1.5), load(2.5)] == [(1.5, True), (2.5, True)]
    monkeypatch.setenv("VECGEN_CACHE", "")
    assert find_directory() is None
    assert [load(1.5), load(2.5)] == [(1.5, True), (2.5, True)]
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_the_usual_place_is_the_users_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VECGEN_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert find_directory() == tmp_path / "vecgen"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find_directory() == tmp_path / ".cache" / "vecgen"


def test_old_files_of_a_kind_go(cache: Path) -> None:
    for number in range(12):
        load(number, bytes([number]))
    assert len(list(cache.iterdir())) == 8
    assert load(0, bytes([11])) == (11, False)


def test_kept_tables_are_those_that_are_compiled(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # As in a fresh process: a Faker that is imported is asked itself.
    monkeypatch.setattr(faker_lists, "sys", _Modules())
    laws = [(70.0, 30.0), (1.5, 4.0)]
    demographics = fingerprint(load_demographics(DEFAULT_DEMOGRAPHICS))
    expected = [fingerprint(compile_word_lists()), fingerprint(compile_amounts(laws)), demographics]
    for _ in ("made", "kept"):
        kept = [load_word_lists(), load_amounts(laws), load_demographics(DEFAULT_DEMOGRAPHICS)]
        assert [fingerprint(value) for value in kept] == expected
    assert sorted(path.name.split("-")[0] for path in cache.iterdir()) == ["amounts", "demographics", "words"]


class _Modules:
    modules = {name: module for name, module in sys.modules.items() if name != "faker"}  # noqa: RUF012 - a stand-in


def test_changed_demographics_are_read_anew(cache: Path, demographics: Path, tmp_path: Path) -> None:
    directory = tmp_path / "mine"
    directory.mkdir()
    for path in demographics.iterdir():
        (directory / path.name).write_bytes(path.read_bytes())
    before = fingerprint(load_demographics(directory))
    with (directory / "age_gender.csv").open("a") as file:
        file.write("F,99,0.001\n")
    assert fingerprint(load_demographics(directory)) != before
    (directory / "merchants.csv").write_text("category,name\nhome,\n")
    for _ in range(2):  # what is refused is not kept
        with pytest.raises(InputError):
            load_demographics(directory)


def test_files_of_a_package_are_found_without_importing_it(cache: Path) -> None:
    assert b"version" in read_package_files("scipy", ["version.py"])[0]
    with pytest.raises(FileNotFoundError):
        read_package_files("no_such_package", ["version.py"])
    with pytest.raises(FileNotFoundError):
        read_package_files("scipy", ["no_such_file.py"])


def test_commands_write_the_same_rows_with_and_without_a_cache(cache: Path, tmp_path: Path) -> None:
    # Three at once fill the cache, one finds it filled, one has none.
    def start(number: int, place: str) -> subprocess.Popen[str]:
        small = [
            "--customers",
            "20",
            "--processes",
            "1",
            "--end",
            "2023-01-20",
            "--output",
            str(tmp_path / str(number)),
        ]
        words = [sys.executable, "-m", "vecgen", "generate", *small]
        environment = {**os.environ, "VECGEN_CACHE": place}
        return subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, text=True)

    def digest(process: subprocess.Popen[str]) -> str:
        output, _ = process.communicate(timeout=120)
        assert process.returncode == 0
        return next(line for line in output.splitlines() if line.startswith("digest "))

    first = [digest(process) for process in [start(number, str(cache)) for number in range(3)]]
    assert len(list(cache.iterdir())) == 3
    second = digest(start(3, str(cache)))
    assert {*first, second} == {digest(start(4, ""))}
