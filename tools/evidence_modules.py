"""Bring old records of claims to today's form: python -m tools.evidence_modules [--part 0/2] [ID ...].

A record of format 1 has one hash of the check and of the files that it names; one of format 2 has the hash of each
module that the check used. Where the old hash still matches, nothing that it covers changed since: the values stay, the
check runs at its small sizes to see which modules it uses, and their hashes of now are written. What the old hash did
not cover may have changed before: where that matters, record anew. A record that is stale is named and left alone.
"""

import argparse
import sys

from d2lab.claims.catalog import CLAIMS, find_claim
from d2lab.claims.claim import Claim
from d2lab.claims.record import FORMAT, is_stale, recorded
from d2lab.claims.used import module_hash, used_modules
from d2lab.core.atomic import write_json


def bring(claim: Claim) -> str:
    """Rewrite the record of a claim where it is old and fresh; return a line where it can't be done."""
    found = recorded(claim)
    if found is not None and found.content["format"] == FORMAT:
        return ""
    if found is None or is_stale(claim):
        return f"{claim.id}: record it anew, d2lab check {claim.id} --record"
    claim.run(**claim.smoke)
    new = {"format": FORMAT, "code": claim.code_hash()}
    new["modules"] = {name: module_hash(name) for name in used_modules(claim)}
    content: dict[str, object] = {}
    for name, value in found.content.items():
        content[name] = new.get(name, value)
        if name == "code":
            content["modules"] = new["modules"]
    write_json(found.path, content)
    return ""


def main() -> int:
    """Bring the named claims, or all of them, or one part of all; exit code 1 where one has to be recorded anew."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("ids", nargs="*", metavar="ID")
    parser.add_argument("--part", default="0/1", help="every second from the first: 0/2")
    words = parser.parse_args()
    first, step = map(int, words.part.split("/"))
    chosen = [find_claim(name) for name in words.ids] or list(CLAIMS.values())[first::step]
    left = [line for line in map(bring, chosen) if line]
    print("\n".join([*left, f"{len(chosen) - len(left)} of {len(chosen)} records are of format {FORMAT}."]))
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
