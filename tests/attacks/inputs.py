"""Hostile inputs: files and command lines that are damaged or made to harm, each given to the commands that read it."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import signal
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Final

from tests.attacks.command_lines import SECRET, draw_command
from tests.attacks.mutants import MUTATORS, Draws, change_json, cut_file, flip_byte_of, spoil_json
from tests.attacks.outcome import Outcome, split_advice
from tests.attacks.targets import Contents, list_differences, read_contents
from tests.attacks.text_mutants import TEXT_MUTATORS
from tests.support.datasets import data_files
from vecgen.cli.main import main
from vecgen.records.receipt import PROGRESS

LONGEST_LINE = 640
MOST_REFUSED, MOST_READ = 1024, 2048
"""MiB that a command may take that refuses its input, or reads it."""
HANG_SECONDS = 120
Command = list[str]


@dataclass(frozen=True)
class Samples:
    """What is damaged.

    Attributes:
        parquet, csv: Datasets.
        broken_off: What a run that was killed has left, and `whole`, the data files it would have written.
        profiles, demographics: Directories.
        request: Options of every run.
    """

    parquet: Path
    csv: Path
    broken_off: Path
    whole: Contents
    profiles: Path
    demographics: Path
    request: tuple[str, ...]


@dataclass(frozen=True)
class Sandbox:
    """Where one input is attacked with: `input` is damaged, `output` may be written, nothing else.

    Attributes:
        samples: What is damaged.
        root: Working directory of the commands.
        draws: Of this input.
    """

    samples: Samples
    root: Path
    draws: Draws

    def __post_init__(self) -> None:
        (self.root / "stranger").mkdir(parents=True)
        (self.root / "stranger" / "notes.txt").write_text("mine", encoding="utf-8")
        (self.root / "output").mkdir()

    @property
    def output(self) -> str:
        """A new place in what may be written."""
        return str(self.root / "output" / "o")

    def copy(self, sample: Path) -> Path:
        """Return a copy to damage."""
        return Path(shutil.copytree(sample, self.root / "input"))

    def read_others(self) -> Contents:
        """Return what no command may change; a command line may name a new file beside it as its output."""
        return {name: data for name, data in read_contents(self.root).items() if not name.startswith("output/")}


def damage_parquet(box: Sandbox) -> list[Command]:
    """Damage a file, a column, a value or the receipt of a dataset."""
    directory = box.copy(box.samples.parquet)
    box.draws.pick(MUTATORS)(directory, box.draws)
    return read_dataset(directory, box)


def damage_csv(box: Sandbox) -> list[Command]:
    """Damage a CSV file of a dataset, with or without the receipt."""
    directory = box.copy(box.samples.csv)
    box.draws.pick(TEXT_MUTATORS)(box.draws.pick(data_files(directory)), box.draws)
    expectation = []
    if box.draws.below(2):
        for name in ("_vecgen.json", "_vecgen_files.jsonl"):
            (directory / name).unlink()
        expectation = ["--start", "2023-12-20", "--end", "2024-01-20", "--profiles", str(box.samples.profiles)]
    return read_dataset(directory, box, *expectation)


def read_dataset(directory: Path, box: Sandbox, *expectation: str) -> list[Command]:
    """Return the commands that read a dataset."""
    few = ["--processes", "1", "--quiet"]
    return [
        ["digest", str(directory)],
        ["verify", str(directory), *expectation, *few],
        ["report", str(directory), *expectation, *few, "--output", box.output],
    ]


def damage_records(box: Sandbox) -> list[Command]:
    """Damage what a killed run has left: records, finished files, or what lies in their place."""
    output = Path(shutil.copytree(box.samples.broken_off, box.output))
    records = sorted((output / PROGRESS).glob("*.json"))
    kind, record = box.draws.below(8), box.draws.pick(records)
    if kind < 3:
        change_json(record, box.draws)
    elif kind == 3:
        spoil_json(record, box.draws)
    elif kind == 4:
        box.draws.pick((flip_byte_of, cut_file))(record, box.draws)
    elif kind == 5:
        box.draws.pick((flip_byte_of, cut_file))(box.draws.pick(data_files(output)), box.draws)
    elif kind == 6:
        record.unlink()
        record.symlink_to(box.root / "stranger" / "notes.txt")
    else:
        chosen = box.draws.pick([output / "transactions", output / "customers", output / PROGRESS])
        shutil.rmtree(chosen, ignore_errors=True)
        chosen.symlink_to(box.root / "stranger")
    return [["generate", *box.samples.request, "--quiet", "--resume", "--output", box.output]]


def damage_customers_csv(box: Sandbox) -> list[Command]:
    """Damage a customers file in CSV."""
    directory = box.copy(box.samples.csv / "customers")
    path = data_files(directory)[0]
    box.draws.pick(TEXT_MUTATORS)(path, box.draws)
    return [generate_from(path, box)]


def damage_customers_parquet(box: Sandbox) -> list[Command]:
    """Damage a customers file in Parquet."""
    directory = box.copy(box.samples.parquet / "customers")
    (directory / "_vecgen.json").write_text("{}", encoding="utf-8")  # which a mutator may damage instead
    box.draws.pick(MUTATORS[:6])(directory, box.draws)
    return [generate_from(data_files(directory)[0], box)]


def generate_from(path: Path, box: Sandbox) -> Command:
    """Return the command that writes the transactions of a customers file."""
    rest = ["--start", "2023-12-20", "--end", "2024-01-20", "--profiles", str(box.samples.profiles), "--processes", "1"]
    rest += ["--demographics", str(box.samples.demographics), "--quiet", "--partition-by", "", "--output", box.output]
    return ["generate", "--customers-file", str(path), *rest]


def damage_profiles(box: Sandbox) -> list[Command]:
    """Damage one of the profiles, or the file that says whom they are for."""
    directory = box.copy(box.samples.profiles)
    path = box.draws.pick(sorted(directory.glob("*.json")))
    box.draws.pick((change_json, change_json, change_json, spoil_json, flip_byte_of, cut_file))(path, box.draws)
    plan = ["generate", "--plan", "--customers", "20", "--profiles", str(directory)]
    return [
        ["profiles", "check", str(directory)],
        ["profiles", "show", path.stem, str(directory)],
        [*plan, "--demographics", str(box.samples.demographics)],
    ]


def damage_demographics(box: Sandbox) -> list[Command]:
    """Damage places, ages or merchants."""
    directory = box.copy(box.samples.demographics)
    box.draws.pick(TEXT_MUTATORS)(box.draws.pick(data_files(directory)), box.draws)
    plan = ["generate", "--plan", "--customers", "20", "--demographics", str(directory)]
    return [[*plan, "--profiles", str(box.samples.profiles)]]


def spell_command(box: Sandbox) -> list[Command]:
    """Draw a command line of hostile words."""
    os.mkfifo(box.root / "pipe")
    (box.root / "loop").symlink_to("loop")
    return [draw_command(box.draws, box.samples.request, box.samples.parquet)]


Attack = Callable[[Sandbox], list[Command]]
SHARES: Final[dict[str, tuple[Attack, int]]] = {
    "Parquet datasets": (damage_parquet, 4),
    "CSV datasets": (damage_csv, 2),
    "runs that broke off": (damage_records, 2),
    "customers files (CSV)": (damage_customers_csv, 6),
    "customers files (Parquet)": (damage_customers_parquet, 6),
    "profiles": (damage_profiles, 3),
    "demographics": (damage_demographics, 1),
    "command lines": (spell_command, 8),
}
"""Kinds of inputs, and how many of 32 are of each."""


def attack_with_inputs(
    kind: str, samples: Samples, directory: Path, outcome: Outcome, number: int, seed: int
) -> Outcome:
    """Give `number` inputs of a kind to the commands that read them; judge each by all of them."""
    for each in range(seed, seed + number):
        box = Sandbox(samples, directory / "box", Draws(each))
        with working_in(box.root):
            commands = SHARES[kind][0](box)
            faults = [fault for command in commands for fault in judge_command(command, box, outcome)]
        outcome.judge(f"{kind} {each}", faults)
        shutil.rmtree(box.root)
    return outcome


@contextlib.contextmanager
def working_in(directory: Path) -> Iterator[None]:
    """Work in a directory while the block runs."""
    before = Path.cwd()
    os.chdir(directory)
    try:
        yield
    finally:
        os.chdir(before)


def judge_command(command: Command, box: Sandbox, outcome: Outcome) -> list[str]:
    """Run a command; return which promises it breaks."""
    before = box.read_others()
    forget_peak()
    status, out, error = run(command)
    peak = read_peak()
    outcome.notes[f"status {status}"] += 1
    outcome.notes["commands"] += 1
    outcome.peak = max(outcome.peak, peak)
    faults = judge_words(command, status, out, error)
    if peak > (MOST_REFUSED if status == 2 else MOST_READ):
        faults.append(f"{peak} MiB")
    after = box.read_others()
    if any(after.get(name) != content for name, content in before.items()) or (status and len(after) > len(before)):
        faults.append("it has written outside its output")
    if status == 0 and command[0] == "generate" and "--resume" in command:
        faults += list_differences(Path(box.output), box.samples.whole)
    return [f"`{' '.join(command)[:300]}` {fault}" for fault in faults]


def judge_words(command: Command, status: int, out: str, error: str) -> list[str]:
    """Return what is wrong with a status and with what was said."""
    lines, _ = split_advice(error)
    faults = []
    if status not in ((0, 1, 2) if command[0] == "verify" else (0, 2)):
        faults.append(f"ends with status {status}: {error[-300:]!r}")
    elif (status == 2) != bool(lines) or (len(lines) > 1 and command[:2] != ["profiles", "check"]):
        faults.append(f"ends with status {status} and {len(lines)} lines: {error[-300:]!r}")
    if long := [line for line in lines if len(line) > LONGEST_LINE]:
        faults.append(f"says {len(long[0])} characters: {long[0][:300]!r}")
    if "Traceback" in error:
        faults.append(f"traceback: {error[-300:]!r}")
    if any(unicodedata.category(character) == "Cc" for character in (out + error).replace("\n", "")):
        faults.append("prints a control character")
    if SECRET in out + error:
        faults.append(f"prints a secret: {error[-300:]!r}")
    return faults


def run(command: Command) -> tuple[int, str, str]:
    """Run a command in this process; return its status, -1 where it raises or hangs, and what it says."""
    out, error = io.StringIO(), io.StringIO()

    def give_up(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"a command that takes more than {HANG_SECONDS} seconds")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(HANG_SECONDS)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
            status = main(command)
    except BaseException as raised:  # the very thing that is looked for
        return -1, out.getvalue(), f"{error.getvalue()}{type(raised).__name__}: {raised}"
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    return status, out.getvalue(), error.getvalue()


def forget_peak() -> None:
    """Let the kernel begin anew to watch how much memory this process takes at most."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def read_peak() -> int:
    """Return the largest resident memory since then, in MiB."""
    found = re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text(encoding="ascii"))
    return int(found[1]) >> 10 if found else 0
