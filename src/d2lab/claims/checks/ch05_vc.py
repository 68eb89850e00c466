"""Chapter 5: what a straight border can tell apart, counted by linear programs."""

import itertools
from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float

from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence
from d2lab.models.xor import XorNet


def labelings(points: Float[np.ndarray, "point feature"]) -> list[tuple[int, ...]]:
    """List the ways to call points +1 or -1 that some w and b bring about: sign (w . x + b) >= 1, a linear program."""
    from scipy.optimize import linprog

    inputs = np.column_stack([points, np.ones(len(points))])
    found = []
    for signs in itertools.product((1, -1), repeat=len(points)):
        nothing, needs = np.zeros(inputs.shape[1]), -np.array(signs)[:, None] * inputs
        if linprog(nothing, A_ub=needs, b_ub=-np.ones(len(points)), bounds=(None, None)).status == 0:
            found.append(signs)
    return found


@claim(
    chapter=5,
    kind="identity",
    en="A perceptron with N inputs has VC dimension N + 1: it labels some N + 1 points in every way, but no N + 2.",
    zh="N 个输入的感知机，VC 维是 N + 1：总有 N + 1 个点可任意标注，而 N + 2 个点则不行。",
    scope="N from 1 to 4, points drawn at random",
    covers=("the VC dimension is the size of the largest set that can be labeled in every way",),
)
def a_perceptron_of_n_inputs_has_vc_dimension_n_plus_one(inputs: Sequence[int] = (1, 2, 3, 4)) -> Evidence:
    draw, wrong, most = np.random.default_rng(0), 0, 0
    for n in inputs:
        able = len(labelings(draw.standard_normal((n + 1, n))))
        unable = len(labelings(draw.standard_normal((n + 2, n))))
        wrong += able != 2 ** (n + 1) or unable != 2 ** (n + 2) - 2
        most = unable
    return Evidence(
        value={"wrong": wrong, "most": most},
        bound="all 2^(N+1) labelings of N + 1 points, and 2^(N+2) - 2 of N + 2 points, for every N",
        verdict="holds" if wrong == 0 else "does not hold",
        n=len(inputs),
        why_en="N + 2 points always fall into two groups whose hulls meet (Radon), which no border parts: of 64 "
        "labelings of six points in four dimensions {most} are left, the partition and its reverse are not.",
        why_zh="N + 2 个点总能分成凸包相交的两组（Radon 定理），任何平面都分不开：四维空间六个点的 64 种标注中，"
        "能实现 {most} 种，缺的正是这一分法及其反标。",
    )


@claim(
    chapter=5,
    kind="identity",
    en="A perceptron can give any three points of the plane any labels.",
    zh="平面上任意三个点，感知机都能任意标注。",
)
def any_three_points_of_a_plane_can_be_shattered() -> Evidence:
    corner = len(labelings(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])))
    straight = len(labelings(np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]])))
    return Evidence(
        value={"straight": straight, "corner": corner},
        bound="all 8 labelings of every three points",
        verdict="holds" if straight == corner == 8 else "does not hold",
        n=3,
        counterexample="(0, 0), (1, 0), (2, 0): the middle one against both others",
        why_en="A VC dimension of 3 asks for one set that works: a corner has {corner} labelings, but of three points "
        "on a line the middle one can't be parted from both others ({straight}).",
        why_zh="VC 维等于 3 只要求存在一组可行的点：不共线的三点有 {corner} 种标注；三点共线时，"
        "中间那个无法与两侧同时分开，只剩 {straight} 种。",
    )


@claim(
    chapter=5,
    kind="opinion",
    en="Some multilayer perceptrons with N weights have a VC dimension of the order of N log N.",
    zh="某些含 N 个参数的多层感知机，VC 维可达 N log N 量级。",
)
def the_vc_dimension_of_some_mlps_is_n_log_n() -> Evidence:
    square = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    one = labelings(square)
    bits = torch.tensor(square, dtype=torch.float32)
    different = tuple(int(sign) for sign in 2 * XorNet("threshold")(bits) - 1)
    both = set(one) | {different, tuple(-sign for sign in different)}
    return Evidence(
        value={"two": len(both), "one": len(one)},
        bound="none: the order of growth is a theorem about all sizes, which no finite count can show",
        verdict="not checkable",
        n=16,
        why_en="Baum and Haussler 1989 prove the upper bound and Maass 1994 that some models reach it; what a count "
        "shows is the first step: one neuron labels four corners in {one} of 16 ways, two hidden units in all {two}.",
        why_zh="上界由 Baum 与 Haussler（1989）证明，可以达到则由 Maass（1994）证明；计数只能看到第一步："
        "正方形四个顶点的 16 种标注，单个神经元能实现 {one} 种，加上两个隐藏单元便是全部 {two} 种。",
    )
