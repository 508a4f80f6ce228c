"""`python -m tests.equivalence.power_of_types`: how many cases find each mistake about a fraud type, as Markdown.

A mistake is found if samples of three seeds out of three are rejected, by the test of the type that is named. Two
profiles whose customers all suffer fraud of the one type.
"""

from __future__ import annotations

from tests.equivalence.test_wrong_types import WRONG
from tests.equivalence.typed_worlds import WrongType

SEEDS = (1, 2, 3)
CASES = (10, 20, 50, 100, 200, 500, 1000, 2000)


def find_fewest(wrong: WrongType) -> tuple[int | None, set[str]]:
    """Return in how few cases a mistake is found with every seed, and the tests that find it then."""
    for cases in CASES:
        common = set.intersection(*(wrong.find(cases, seed) for seed in SEEDS))
        if common:
            return cases, common
    return None, set()


def main() -> None:
    """Print the table."""
    print("| type | mistake | cases | found by |\n|---|---|---|---|")  # noqa: T201
    for name, (wrong, _, _) in WRONG.items():
        cases, laws = find_fewest(wrong)
        told = sorted({law.removesuffix(f" ({wrong.true.name})") for law in laws})
        print(f"| {wrong.true.name} | {name} | {cases or 'none'} | {', '.join(told)} |", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
