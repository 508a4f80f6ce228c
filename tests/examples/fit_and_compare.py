"""Make data like yours, and show that it is like it: fitted, generated, compared.

    python tests/examples/fit_and_compare.py compared.html

The first part stands for data of your own: a directory in its place works as well (see README, "Fit"). The second fits
profiles to it and generates customers and transactions from them that nobody has ever been. The third sets both side by
side: each share with a test, a classifier that tries to part them, a fraud model that is trained on one and tested on
the other. The page shows all that in pictures. Needs scikit-learn and Matplotlib; a minute.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import vecgen


def fit_and_generate(theirs: Path, ours: Path, customers: int) -> None:
    """Fit profiles to a dataset and generate another from them."""
    mine = vecgen.fit_dataset(theirs, output=ours.with_name("mine"), quiet=True)
    told = json.loads((mine / "fit.json").read_text(encoding="utf-8"))
    print(f"fitted to {told['rows']:,} transactions: a fraud rate of {told['fraud_rate']['value']:.3f}, and so on")
    vecgen.write_dataset(
        customers=customers,
        seed=2,  # other customers than those of the first part
        profiles=mine / "profiles",
        demographics=mine / "demographics",
        output=ours,
        quiet=True,
        **told["options"],
    )


def main() -> None:
    """Run the three parts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("page", type=Path, help="page to write")
    parser.add_argument("--customers", type=int, default=400)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        theirs, ours = Path(scratch) / "theirs", Path(scratch) / "ours"
        vecgen.write_dataset(customers=options.customers, fraud_rate=0.5, seed=1, output=theirs, quiet=True)
        fit_and_generate(theirs, ours, options.customers)
        found = vecgen.compare_datasets(theirs, ours, output=options.page, quiet=True)
    failed = ", ".join(found.different) or "none"
    print(f"{found.outcome}; of {len(found.findings)} tests of shares, failed: {failed}")
    furthest = max(found.findings, key=lambda finding: finding.effect - finding.by_chance)
    print(f"furthest: {furthest.name}, {furthest.effect:.4f} of the shares; {furthest.by_chance:.4f} by chance")
    if found.parting:
        print(f"classifier: AUC {found.parting.auc:.3f}, from {found.parting.low:.3f} to {found.parting.high:.3f}")
    if fraud := found.transfer:
        print(f"fraud model: average precision {fraud.at_home:.3f}, trained on ours {fraud.from_other:.3f}")
    print(f"{options.page}: pictures of both")


if __name__ == "__main__":
    main()
