"""Try every deliberate mistake and print how many the tests catch. Run: python -m tests.mutants."""

import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.mutants.every import MUTANTS
from tests.mutants.mutant import Mutant, survives


def caught(mutant: Mutant) -> bool:
    """Try one mistake."""
    with tempfile.TemporaryDirectory() as folder:
        return not survives(mutant, Path(folder))


def main() -> int:
    """Try all, as many at a time as there are cores; name the survivors."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        verdicts = list(pool.map(caught, MUTANTS))
    for mutant, verdict in zip(MUTANTS, verdicts, strict=True):
        if not verdict:
            print(f"survived: {mutant.id}")
    print(f"{sum(verdicts)} of {len(MUTANTS)} mistakes caught")
    return 0 if all(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
