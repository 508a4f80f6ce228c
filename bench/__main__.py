"""`python -m bench COMMAND`: measure, print, and keep the raw result beside the code."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from bench.contenders.commands import CONTENDERS, ORIGINAL_COMMAND, Setting
from bench.harness.measure import RunError
from bench.harness.results import RESULTS, merge, save
from bench.studies.bits import BATTERIES, STREAMS, measure_bits
from bench.studies.boosting import CUSTOMERS as BOOSTING_CUSTOMERS
from bench.studies.boosting import format_boosting, measure_boosting
from bench.studies.ceiling import CUSTOMERS as CEILING_CUSTOMERS
from bench.studies.ceiling import SERIES, format_ceilings, measure_ceilings
from bench.studies.chart import draw_chart
from bench.studies.common_points import CUSTOMERS as POINT_CUSTOMERS
from bench.studies.common_points import format_common_points, measure_common_points
from bench.studies.compare import compare, format_table
from bench.studies.draws import measure_draws
from bench.studies.fitted import CUSTOMERS as FITTED_CUSTOMERS
from bench.studies.fitted import format_fitted, measure_fitted
from bench.studies.power import CUSTOMERS as POWER_CUSTOMERS
from bench.studies.power import format_power, measure_power
from bench.studies.privacy import EPSILONS, SIZES, format_privacy, measure_privacy
from bench.studies.reading import COMMANDS as READERS
from bench.studies.reading import ROWS as READ_ROWS
from bench.studies.reading import format_reading, measure_reading
from bench.studies.scale import CUSTOMERS as SCALE_CUSTOMERS
from bench.studies.scale import format_scale, measure_scale
from bench.studies.simulate import Disturbance, format_simulation, simulate
from bench.studies.sizes import FORMS, format_sizes, measure_sizes
from bench.studies.sizes import ROWS as SIZE_ROWS
from bench.studies.stages import CUSTOMERS as STAGE_CUSTOMERS
from bench.studies.stages import format_stages, measure_stages
from bench.studies.start import COMMANDS as STARTS
from bench.studies.start import CUSTOMERS as START_CUSTOMERS
from bench.studies.start import format_starts, measure_starts
from bench.studies.verification import ROWS as VERIFIED_ROWS
from bench.studies.verification import measure_verification
from bench.studies.versions import measure_versions
from vecgen.errors import VecgenError
from vecgen.plan.request import Request

_PAIRS = ("seeds", "alarm_customers", "alarms")
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def main(arguments: list[str] | None = None) -> int:
    """Run one measurement and save it."""
    options = _make_parser().parse_args(arguments)
    try:
        options.run(options)
    except (RunError, VecgenError) as error:
        print(f"python -m bench: {error}", file=sys.stderr)
        return 2
    return 0


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    draws = commands.add_parser("draws", help="transactions and customers drawn by one core")
    draws.add_argument("--customers", type=int, default=5_000, metavar="N", help="whose transactions are drawn (5000)")
    draws.add_argument("--people", type=int, default=100_000, metavar="N", help="customers drawn (100000)")
    draws.set_defaults(run=_draws)
    against = commands.add_parser("compare", help="all contenders in turn, each a process of its own")
    names = [contender.name for contender in CONTENDERS]
    against.add_argument("--rows", type=int, default=50_000_000, metavar="N", help="slow contenders get fewer (5e7)")
    against.add_argument("--spark-rows", type=int, metavar="N", help="of Spark files, whose start must pay (as --rows)")
    some = _some_of(names)
    against.add_argument("--only", type=some, default=names, metavar="NAMES", help=f"some of {','.join(names)}")
    against.add_argument("--original", type=Path, metavar="DIR", help="a checkout of the original, run as it stands")
    against.add_argument("--original-command", default=ORIGINAL_COMMAND, metavar="COMMAND")
    against.set_defaults(run=_compare)
    grow = commands.add_parser("scale", help="time and memory by customers, processes and engine")
    counts = _join(SCALE_CUSTOMERS)
    grow.add_argument("--customers", type=_numbers, default=counts, metavar="NUMBERS", help=f"({counts})")
    grow.set_defaults(run=_scale)
    parts = commands.add_parser("stages", help="ns a row by stage (draw, assemble, encode, write) and by column")
    parts.add_argument("--customers", type=int, default=STAGE_CUSTOMERS, metavar="N", help=f"({STAGE_CUSTOMERS})")
    parts.set_defaults(run=_stages)
    verify = commands.add_parser("verify", help="time and memory of `vecgen verify` by rows")
    sizes = _join(VERIFIED_ROWS)
    verify.add_argument("--rows", type=_numbers, default=sizes, metavar="NUMBERS", help=f"({sizes})")
    verify.add_argument("--processes", type=int, default=2, metavar="N", help="(2)")
    verify.set_defaults(run=_verify)
    best = commands.add_parser("ceiling", help="how well fraud can be detected at best, by rate, stealth or type")
    best.add_argument("--by", choices=SERIES, default="rate", help="(rate)")
    best.add_argument("--customers", type=int, default=CEILING_CUSTOMERS, metavar="N", help=f"({CEILING_CUSTOMERS})")
    best.add_argument("--processes", type=int, default=2, metavar="N", help="(2)")
    best.set_defaults(run=_ceiling)
    for add in (
        _add_boosting,
        _add_common_points,
        _add_fitted,
        _add_privacy,
        _add_simulation,
        _add_reading,
        _add_sizes,
        _add_power,
    ):
        add(commands)
    versions = commands.add_parser("versions", help="the same run of several checkouts of vecgen")
    versions.add_argument("checkouts", type=Path, nargs="+", metavar="DIR", help="the first is what others are held to")
    versions.add_argument("--options", default="--customers 20000 --processes 1", metavar="TEXT", help="of the run")
    versions.set_defaults(run=_versions)
    start = commands.add_parser("start", help="what commands take, start-up included")
    start.add_argument("--customers", type=int, default=START_CUSTOMERS, metavar="N", help=f"({START_CUSTOMERS})")
    start.add_argument("--only", type=_some_of([*STARTS]), default=[*STARTS], help=f"some of {','.join(STARTS)}")
    start.set_defaults(run=_start)
    bits = commands.add_parser("bits", help="the random bits under TestU01's batteries")
    bits.add_argument("--battery", choices=BATTERIES, default="small", help="(small)")
    for option, choices in (("--streams", list(STREAMS)), ("--bits", ["forward", "reversed"])):
        some = _some_of(choices)
        bits.add_argument(option, type=some, default=choices, metavar="NAMES", help=f"some of {','.join(choices)}")
    bits.set_defaults(run=_bits)
    for command in (draws, against, grow, versions, start):
        command.add_argument("--repeats", type=int, default=3, metavar="N", help="of which the median counts (3)")
    for command in commands.choices.values():
        command.add_argument("--results", type=Path, default=RESULTS, metavar="DIR")
    return parser


def _add_boosting(commands: Commands) -> None:
    boost = commands.add_parser("boosting", help="a tuned gradient boosting beside the ceilings")
    boost.add_argument("--customers", type=int, default=BOOSTING_CUSTOMERS, metavar="N", help=f"({BOOSTING_CUSTOMERS})")
    boost.add_argument("--fraud-rate", type=float, default=0.5, metavar="P", help="(0.5)")
    boost.set_defaults(run=_boosting)


def _add_common_points(commands: Commands) -> None:
    points = commands.add_parser("common-points", help="how well compromised merchants are found by their customers")
    counts = _join(POINT_CUSTOMERS)
    points.add_argument("--customers", type=_numbers, default=POINT_CUSTOMERS, metavar="NUMBERS", help=f"({counts})")
    points.set_defaults(run=_common_points)


def _add_fitted(commands: Commands) -> None:
    fitted = commands.add_parser("fitted", help="a dataset beside one of the profiles that were fitted to it")
    fitted.add_argument("--customers", type=int, default=FITTED_CUSTOMERS, metavar="N", help=f"({FITTED_CUSTOMERS})")
    fitted.add_argument("--learn", type=int, default=2_000_000, metavar="N", help="rows of each at most (2000000)")
    fitted.add_argument("--processes", type=int, default=2, metavar="N", help="(2)")
    fitted.set_defaults(run=_fitted)


def _add_privacy(commands: Commands) -> None:
    privacy = commands.add_parser("privacy", help="errors of what is fitted with differential privacy")
    privacy.add_argument(
        "--customers", type=_numbers, default=_join(SIZES), metavar="NUMBERS", help=f"({_join(SIZES)})"
    )
    privacy.add_argument("--repeats", type=int, default=5, metavar="N", help="of the noise (5)")
    privacy.add_argument("--processes", type=int, default=2, metavar="N", help="(2)")
    privacy.set_defaults(run=_privacy)


def _add_reading(commands: Commands) -> None:
    reading = commands.add_parser("reading", help="time and memory of the commands that read a dataset")
    reading.add_argument("--rows", type=int, default=READ_ROWS, metavar="N", help=f"({READ_ROWS})")
    reading.add_argument(
        "--only", type=_some_of([*READERS]), default=[*READERS], metavar="NAMES", help=f"some of {','.join(READERS)}"
    )
    reading.add_argument("--processes", type=int, default=2, metavar="N", help="(2)")
    reading.add_argument("--columns", default="", metavar="NAMES", help="of the transactions (all)")
    reading.set_defaults(run=_reading)


def _add_sizes(commands: Commands) -> None:
    sizes = commands.add_parser("sizes", help="bytes a row by format, compression and encoding")
    sizes.add_argument("--rows", type=int, default=SIZE_ROWS, metavar="N", help=f"({SIZE_ROWS})")
    sizes.set_defaults(run=_sizes)


def _add_power(commands: Commands) -> None:
    power = commands.add_parser("power", help="which differences `vecgen compare` finds, by size, and false alarms")
    sizes = _join(POWER_CUSTOMERS)
    power.add_argument("--customers", type=_numbers, default=sizes, metavar="NUMBERS", help=f"({sizes})")
    power.add_argument("--seeds", type=int, default=20, metavar="N", help="pairs of each size and difference (20)")
    power.add_argument("--alarm-customers", type=int, default=300, metavar="N", help="of pairs that are alike (300)")
    power.add_argument("--alarms", type=int, default=400, metavar="N", help="pairs that are alike (400)")
    power.set_defaults(run=_power)


def _add_simulation(commands: Commands) -> None:
    many = commands.add_parser("simulate", help="the balance of a plan's batches on many cores")
    many.add_argument("--customers", type=int, default=10**9, metavar="N", help="(1000000000)")
    many.add_argument("--cores", type=int, default=1000, metavar="N", help="(1000)")
    many.add_argument("--noise", type=float, default=0.1, metavar="S", help="relative deviation of a batch (0.1)")
    many.add_argument("--stragglers", type=float, default=0.01, metavar="P", help="share of slow batches (0.01)")
    many.add_argument("--slowdown", type=float, default=3.0, metavar="X", help="times as slow as the others (3)")
    many.set_defaults(run=_simulate)


def _numbers(text: str) -> list[int]:
    """Return the numbers of a list such as "10,400", in rising order."""
    try:
        numbers = sorted(int(number) for number in text.split(","))
    except ValueError:
        numbers = []
    if not numbers or numbers[0] < 1:
        raise argparse.ArgumentTypeError(f"got {text!r}, expected whole numbers from 1, separated by commas")
    return numbers


def _some_of(names: Sequence[str]) -> Callable[[str], list[str]]:
    """Return the parser of a list of some of these names."""

    def parse(text: str) -> list[str]:
        chosen = text.split(",")
        if unknown := [name for name in chosen if name not in names]:
            raise argparse.ArgumentTypeError(f"got {unknown[0]!r}, expected some of {','.join(names)}")
        return chosen

    return parse


def _draws(options: argparse.Namespace) -> None:
    result = measure_draws(options.repeats, options.customers, options.people)
    print(json.dumps(result, indent=2))
    save("draws", result, options.results)


def _ceiling(options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        result = measure_ceilings(Path(scratch), options.by, options.customers, options.processes)
    merge("ceiling", options.by, result, options.results)
    print(format_ceilings(result))


def _boosting(options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        result = measure_boosting(Path(scratch), options.customers, options.fraud_rate)
    save("boosting", {"fraud_rate": options.fraud_rate, **result}, options.results)
    print(format_boosting(result))


def _common_points(options: argparse.Namespace) -> None:
    result = measure_common_points(options.customers)
    save(f"common-points --customers {_join(options.customers)}", result, options.results)
    print(format_common_points(result))


def _fitted(options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        result, picture = measure_fitted(Path(scratch), options.customers, options.learn, options.processes)
    save("fitted", result, options.results)
    (options.results / "fitted.png").write_bytes(picture)
    print(format_fitted(result))


def _privacy(options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        result = measure_privacy(Path(scratch), options.customers, EPSILONS, options.repeats, options.processes)
    save("privacy", result, options.results)
    print(format_privacy(result))


def _power(options: argparse.Namespace) -> None:
    def keep(result: dict[str, Any]) -> None:
        asked = ("customers", _join(options.customers)), *((name, getattr(options, name)) for name in _PAIRS)
        words = [f"--{name.replace('_', '-')} {value}" for name, value in asked]
        save(f"power {' '.join(words)}", result, options.results)

    with tempfile.TemporaryDirectory() as scratch:
        sizes = options.customers, options.seeds, options.alarm_customers, options.alarms
        result = measure_power(Path(scratch), *sizes, keep)
    print(format_power(result))


def _compare(options: argparse.Namespace) -> None:
    chosen = [contender for contender in CONTENDERS if contender.name in options.only]
    asked = {"spark_files": options.spark_rows or options.rows}
    rows = {contender.name: min(asked.get(contender.name, options.rows), contender.most) for contender in chosen}
    with tempfile.TemporaryDirectory() as scratch:
        setting = Setting(Path(scratch), original=options.original, original_command=options.original_command)
        result = compare(chosen, setting, rows, options.repeats, keep=lambda so_far: _keep(so_far, options))
    print(format_table(result))
    try:
        draw_chart(result, options.results / "compare.png")
    except ImportError:
        print("no chart: Matplotlib is not installed (pip install matplotlib)")


def _scale(options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        result = measure_scale(
            Setting(Path(scratch)), options.customers, options.repeats, lambda so_far: _save_scale(so_far, options)
        )
    _save_scale(result, options)
    print(format_scale(result))


def _save_scale(result: dict[str, object], options: argparse.Namespace) -> None:
    save(f"scale --customers {_join(options.customers)} --repeats {options.repeats}", result, options.results)


def _stages(options: argparse.Namespace) -> None:
    result = measure_stages(options.customers)
    print(format_stages(result))
    save(f"stages --customers {options.customers}", result, options.results)


def _verify(options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        result = measure_verification(Path(scratch), options.rows, options.processes)
    print(json.dumps(result, indent=2))
    save(f"verify --rows {_join(options.rows)} --processes {options.processes}", result, options.results)


def _reading(options: argparse.Namespace) -> None:
    def keep(result: dict[str, Any]) -> None:
        words = f" --only {','.join(options.only)}" if options.only != [*READERS] else ""
        words += f" --columns {options.columns}" if options.columns else ""
        save(f"reading --rows {options.rows} --processes {options.processes}{words}", result, options.results)

    with tempfile.TemporaryDirectory() as scratch:
        asked = options.only, options.rows, options.processes
        result = measure_reading(Path(scratch), *asked, keep, options.columns)
    print(format_reading(result))


def _sizes(options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        result = measure_sizes(Path(scratch), [*FORMS], options.rows)
    save(f"sizes --rows {options.rows}", result, options.results)
    print(format_sizes(result))


def _simulate(options: argparse.Namespace) -> None:
    disturbance = Disturbance(options.noise, options.stragglers, options.slowdown)
    result = simulate(Request(customers=options.customers), options.cores, disturbance)
    print(format_simulation(result))
    asked = " ".join(f"--{name} {getattr(options, name)}" for name in ("customers", "cores", *vars(disturbance)))
    save(f"simulate {asked}", result, options.results)


def _versions(options: argparse.Namespace) -> None:
    def keep(result: dict[str, object]) -> None:
        save(f"versions --options '{options.options}' --repeats {options.repeats}", result, options.results)

    result = measure_versions(options.checkouts, shlex.split(options.options), options.repeats, keep)
    for name, own in result.items():
        print(f"{own['cpu_of_first']:.2f} x CPU time, {own['wall_seconds']:.2f} s: {name}")


def _start(options: argparse.Namespace) -> None:
    def keep(result: dict[str, object]) -> None:
        merge("start", f"{options.customers} customers", result, options.results)

    print(format_starts(measure_starts(options.only, options.customers, options.repeats, keep)))


def _bits(options: argparse.Namespace) -> None:
    def keep(outcome: dict[str, object]) -> None:
        print(json.dumps(outcome))
        merge("bits", "{battery}, {stream}, {bits}".format(**outcome), outcome, options.results)

    measure_bits(options.battery, options.streams, options.bits, keep)


def _join(numbers: Sequence[int]) -> str:
    return ",".join(map(str, numbers))


def _keep(result: dict[str, object], options: argparse.Namespace) -> None:
    spark = f" --spark-rows {options.spark_rows}" if options.spark_rows else ""
    save(f"compare --rows {options.rows}{spark} --repeats {options.repeats}", result, options.results)


if __name__ == "__main__":
    sys.exit(main())
