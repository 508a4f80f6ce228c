"""How far are figures that are fitted with differential privacy from those of the model that made the data?

What noise hides stays as in the usual profiles. These are made dull here (all weights equal, all amounts alike), so
that a figure that was not fitted is wrong; errors are medians over the profiles that have 5 % of the customers or more.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np

from bench.harness.command import Command, add_number_option, add_numbers_option, add_processes_option
from bench.harness.results import save
from bench.studies.verification import run_vecgen
from vecgen.config.loader import DEFAULT_DEMOGRAPHICS, DEFAULT_PROFILES, load_profiles
from vecgen.config.profile import SUFFIX, AmountDistribution, Profile
from vecgen.fit.estimate import LEAST_CUSTOMERS
from vecgen.fit.private.private_fit import PrivateFit, fit_privately
from vecgen.fit.write import spell_profile
from vecgen.model.date_weights import date_weights
from vecgen.model.params import Period
from vecgen.process.progress import ignore
from vecgen.process.workers import Workers
from vecgen.sampling.arrays import Bools
from vecgen.verify.without_model.count_bounded import count_bounded

SIZES: Final = (5_000, 50_000)
EPSILONS: Final = (0.1, 1.0, 10.0)
PERIOD: Final = Period(date(2023, 1, 1), date(2023, 12, 31))
_LEAST_SHARE: Final = 0.05


def measure_privacy(
    scratch: Path, sizes: Iterable[int], epsilons: Sequence[float], repeats: int, processes: int
) -> dict[str, Any]:
    """Return mean errors by number of customers and epsilon.

    Raises:
        RunError: A command that failed.
    """
    usual = {"profiles": _make_dull(scratch / "dull"), "demographics": DEFAULT_DEMOGRAPHICS}
    result: dict[str, Any] = {}
    for size in sizes:
        data = _generate(scratch, size, processes)
        stated = {"start": PERIOD.start, "end": PERIOD.end, **usual}
        counts = count_bounded(data, stated, (), Workers(processes), ignore)
        shutil.rmtree(data)
        people = counts.tables.rates.sum(axis=1)
        is_large = people >= _LEAST_SHARE * people.sum()
        for epsilon in epsilons:
            how, runs = PrivateFit(epsilon, LEAST_CUSTOMERS), []
            for _ in range(repeats):
                told = fit_privately(counts, usual, scratch / "mine", None, how).statement["profiles"]
                runs.append(_measure_errors(scratch / "mine", told, is_large))
            means = {name: float(np.mean([run[name] for run in runs])) for name in runs[0]}
            result[f"{size} customers, epsilon {epsilon:g}"] = means
    return result


def _generate(scratch: Path, customers: int, processes: int) -> Path:
    data = scratch / str(customers)
    words = ["generate", "--customers", str(customers), "--processes", str(processes), "--output", str(data), "--quiet"]
    run_vecgen([*words, "--start", str(PERIOD.start), "--end", str(PERIOD.end)], scratch, scratch / "log")
    return data


def _make_dull(directory: Path) -> Path:
    """Write the shipped profiles with figures that say nothing."""
    shutil.copytree(DEFAULT_PROFILES, directory)
    for profile in load_profiles(DEFAULT_PROFILES).regular:
        dull = dataclasses.replace(
            profile,
            min_per_day=0,
            max_per_day=10,
            weekday_weights=(100.0,) * 7,
            seasons=(),
            category_weights=(100.0,) * len(profile.categories),
            amounts=(AmountDistribution(50.0, 50.0),) * len(profile.categories),
            day_part_weights=(50.0, 50.0),
        )
        (directory / f"{profile.name}{SUFFIX}").write_text(json.dumps(spell_profile(dull)), encoding="utf-8")
    return directory


def _measure_errors(output: Path, told: Mapping[str, Any], is_large: Bools) -> dict[str, float]:
    """Return median errors of the large profiles that were fitted, and the share of those kept; remove them.

    Args:
        told: What the fit states of each profile.
    """
    mine = load_profiles(output / "profiles").regular
    shutil.rmtree(output)
    pairs = zip(load_profiles(DEFAULT_PROFILES).regular, mine, is_large, strict=True)
    errors = [_compare(truth, own) for truth, own, large in pairs if large]
    medians = {name: float(np.median([own[name] for own in errors])) for name in errors[0]}
    return medians | {"profiles kept": float(np.mean(["kept" in told[own.name] for own in mine]))}


def _compare(truth: Profile, own: Profile) -> dict[str, float]:
    """Return errors of a profile: of shares as total variation, of amounts as the median of their ratios."""
    shares = [_share(profile.categories, profile.category_weights) for profile in (truth, own)]
    parts = [_share(profile.day_parts, profile.day_part_weights) for profile in (truth, own)]
    dates = [date_weights(profile, PERIOD) for profile in (truth, own)]
    amounts = [dict(zip(profile.categories, profile.amounts, strict=True)) for profile in (truth, own)]
    ratios = np.array([[amounts[1][n].mean / a.mean, amounts[1][n].stdev / a.stdev] for n, a in amounts[0].items()])
    mean, stdev = np.median(np.exp(np.abs(np.log(ratios))) - 1.0, axis=0).tolist()
    return {
        "categories": sum(abs(share - shares[1].get(name, 0.0)) for name, share in shares[0].items()) / 2.0,
        "day part": abs(parts[0]["AM"] - parts[1]["AM"]),
        "dates": float(np.abs(dates[0] / dates[0].sum() - dates[1] / dates[1].sum()).sum()) / 2.0,
        "mean amount": mean,
        "its deviation": stdev,
        "rates wrong": float((truth.min_per_day, truth.max_per_day) != (own.min_per_day, own.max_per_day)),
    }


def _share(names: Sequence[str], weights: Sequence[float]) -> dict[str, float]:
    return dict(zip(names, (np.array(weights) / sum(weights)).tolist(), strict=True))


def format_privacy(result: Mapping[str, Any]) -> str:
    """Return the table of the README."""
    names = [*next(iter(result.values()))]
    lines = [f"| {' | '.join(['error', *names])} |", "|---" * (len(names) + 1) + "|"]
    for name, own in result.items():
        lines.append(f"| {' | '.join([name, *(f'{_spell(value)}' for value in own.values())])} |")
    return "\n".join(lines)


def _spell(share: float) -> str:
    percent = 100.0 * share
    return f"{percent:.0f} %" if percent >= 10.0 else f"{percent:.2g} %"


def _add_options(parser: ArgumentParser) -> None:
    add_numbers_option(parser, "--customers", SIZES)
    add_number_option(parser, "--repeats", 5, "of the noise")
    add_processes_option(parser)


def _run(options: Namespace) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        result = measure_privacy(Path(scratch), options.customers, EPSILONS, options.repeats, options.processes)
    save("privacy", result, options.results)
    print(format_privacy(result))


COMMAND: Final = Command(_add_options, _run)
