"""Sequential seeds: as many as the verdict needs, up to a stated maximum, honest about having looked before."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from d2lab.claims.decide import Decision, Part, decide, looks_of, spending

Runs = dict[str, list[float]]


def by_looks(
    measure: Callable[[Sequence[int]], Mapping[str, Sequence[float]]],
    judge: Callable[[Runs], Sequence[Part]],
    seeds: Sequence[int],
    *,
    scoped: bool = False,
    stuck: Callable[[Runs], Iterable[str]] = lambda runs: (),
    differs: Sequence[Sequence[str]] = (),
) -> tuple[Runs, Decision]:
    """Run seeds until the verdict is decided: after 5 of them, after 10, 20 and so on, and after the last.

    Every look is judged at the level that `spending` leaves to it, so that all of them together err as one would.

    Args:
        measure: seeds -> a number for each of them, by the name of the arm.
        judge: all numbers so far -> the parts of the statement.
        seeds: at most these, in this order.
        scoped: holds within the claim's scope only.
        stuck: all numbers so far -> arms at the level of chance.
        differs: what differs between the arms, as `compare` lists it.
    """
    looks = looks_of(len(seeds))
    runs: Runs = {}
    done = 0
    for count, alpha in zip(looks, spending(looks), strict=True):
        for name, values in measure(seeds[done:count]).items():
            runs.setdefault(name, []).extend(values)
        done = count
        decision = decide(*judge(runs), scoped=scoped, alpha=alpha, stuck=stuck(runs), differs=differs)
        if decision.verdict != "not decided":
            break
    return runs, replace(decision, looks=looks, seeds=tuple(seeds[:done]))
