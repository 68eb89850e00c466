"""Claims: every statement of the notes, with a program that checks it and evidence that anyone can repeat."""

from d2lab.claims.catalog import CLAIMS, find_claim
from d2lab.claims.claim import Claim, claim
from d2lab.claims.evidence import Evidence, Verdict

__all__ = ["CLAIMS", "Claim", "Evidence", "Verdict", "claim", "find_claim"]
