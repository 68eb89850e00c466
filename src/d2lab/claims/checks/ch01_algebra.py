"""Chapter 1: linear algebra."""

import math
from collections.abc import Callable

import torch
from torch.nn import functional

from d2lab.algebra import (
    frobenius_norm,
    is_orthogonal,
    matmul_inner,
    matmul_loop,
    matmul_outer,
    permutation_matrix,
    rotation,
    vector_norm,
)
from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence, within
from d2lab.core.reference import relative_difference
from d2lab.vision.geometry import rotate
from d2lab.vision.resample import resize


@claim(
    chapter=1,
    kind="identity",
    en="Dot products, matrix products, norms and sums along an axis are what their definitions say.",
    zh="点积、矩阵乘积、范数以及沿轴求和，都与各自的定义一致。",
)
def products_and_norms_are_their_definitions() -> Evidence:
    a, b = torch.randn(4, 5, dtype=torch.float64), torch.randn(5, 3, dtype=torch.float64)
    x, y = torch.randn(5, dtype=torch.float64), torch.randn(5, dtype=torch.float64)
    pairs = {
        "dot": (torch.dot(x, y), (x * y).sum()),
        "mv": (torch.mv(a, x), matmul_inner(a, x[:, None])[:, 0]),
        "mm by entries": (torch.mm(a, b), matmul_loop(a, b)),
        "mm by outer products": (torch.mm(a, b), matmul_outer(a, b)),
        "transposed product": ((a @ b).T, b.T @ a.T),
        "Hadamard with ones": (a * torch.ones_like(a), a),
        "L2": (torch.linalg.vector_norm(x), vector_norm(x)),
        "L1": (x.abs().sum(), vector_norm(x, 1.0)),
        "Frobenius": (torch.linalg.matrix_norm(a), frobenius_norm(a)),
        "all by parts": (a.sum(0).sum(), a.sum()),
        "kept axis": ((a / a.sum(1, keepdim=True)).sum(1), torch.ones(4, dtype=torch.float64)),
        "running sum": (a.cumsum(0)[-1], a.sum(0)),
    }
    difference = max(relative_difference(first, second) for first, second in pairs.values())
    return Evidence(
        value={"difference": difference, "pairs": len(pairs)},
        bound="at most 1e-12, relative",
        verdict=within(difference, 1e-12),
        n=len(pairs),
        why_en="All {pairs} pairs agree to rounding: each is the same sum, taken in another order. (torch.norm is "
        "deprecated; use torch.linalg.)",
        why_zh="{pairs} 组结果只差舍入误差：都是同一个和，只是相加的次序不同。（torch.norm 已弃用，应改用 "
        "torch.linalg。）",
    )


@claim(
    chapter=1,
    kind="identity",
    en="The vector (3, -4) has length 5 and absolute sum 7, the 4 x 9 matrix of ones has Frobenius norm 6, "
    "and a sum that keeps its axis divides every row.",
    zh="向量 (3, -4) 的 L2 范数为 5、L1 范数为 7，全 1 的 4×9 矩阵的弗罗贝尼乌斯范数为 6，保留轴的和能按行相除。",
)
def norms_of_the_examples_are_five_seven_and_six() -> Evidence:
    u = torch.tensor([3.0, -4.0], dtype=torch.float64)
    table = torch.arange(20, dtype=torch.float64).reshape(5, 4)
    kept = table.sum(1, keepdim=True)
    found = torch.stack([vector_norm(u), vector_norm(u, 1.0), frobenius_norm(torch.ones(4, 9, dtype=torch.float64))])
    difference = float((found - torch.tensor([5.0, 7.0, 6.0])).abs().max())
    shares = float(((table / kept).sum(1) - 1).abs().max())
    return Evidence(
        value={"difference": difference, "shares": shares},
        bound="at most 1e-12",
        verdict=within(max(difference, shares), 1e-12) if kept.shape == (5, 1) else "does not hold",
        n=4,
        why_en="3, 4, 5 is a right triangle, and the root of 36 ones is 6; a kept axis of length 1 broadcasts, so that "
        "rows divided by their sums add up to 1.",
        why_zh="3、4、5 构成直角三角形，36 个 1 之和开方得 6；保留下来的长度为 1 的轴会广播，"
        "各行除以行和之后加起来便是 1。",
    )


@claim(
    chapter=1,
    kind="identity",
    en="A permutation matrix puts the entries of a vector into another order.",
    zh="置换矩阵改变向量各分量的次序。",
)
def permutation_matrices_reorder_vectors() -> Evidence:
    order = torch.randperm(8)
    x = torch.randn(8, dtype=torch.float64)
    matrix = permutation_matrix(order.tolist())
    moved = float((matrix @ x - x[order]).abs().max())
    back = float((matrix.T @ (matrix @ x) - x).abs().max())
    return Evidence(
        value={"difference": max(moved, back)},
        bound="at most 0: the same numbers, moved",
        verdict=within(max(moved, back), 0.0) if is_orthogonal(matrix) else "does not hold",
        n=8,
        why_en="Every row has a single 1, which picks one entry; every column has one too, so the transpose puts each "
        "entry back.",
        why_zh="每行只有一个 1，取出一个分量；每列也只有一个 1，因此转置能把每个分量放回原位。",
    )


@claim(
    chapter=1,
    kind="identity",
    en="A symmetric matrix has real eigenvectors at right angles, which it stretches and does not turn.",
    zh="对称矩阵总有两两正交的实特征向量，只被拉伸而不改变方向。",
    covers=("eigenvectors are the directions that a matrix leaves alone",),
)
def symmetric_matrices_have_real_eigenvectors() -> Evidence:
    square = torch.randn(6, 6, dtype=torch.float64)
    symmetric = square + square.T
    values, vectors = torch.linalg.eigh(symmetric)
    difference = relative_difference(symmetric @ vectors, vectors * values)
    turn = float(torch.linalg.eigvals(rotation(math.pi / 2)).imag.abs().min())
    return Evidence(
        value={"difference": difference, "imaginary": turn},
        bound="at most 1e-12, relative, and orthogonal; a quarter turn of the plane has no real eigenvalue",
        verdict=within(difference, 1e-12) if is_orthogonal(vectors) and turn > 0.5 else "does not hold",
        n=6,
        why_en="Symmetry is what does it: a quarter turn, which is not symmetric, leaves no direction alone, and its "
        "eigenvalues are imaginary (size {imaginary:.0f}).",
        why_zh="关键在于对称：旋转四分之一圈的矩阵并不对称，没有不变的方向，特征值是虚数（大小为 {imaginary:.0f}）。",
    )


@claim(
    chapter=1,
    kind="identity",
    en="Cyclic shifts, mirrorings and quarter turns of an image are permutation matrices on its pixels.",
    zh="图像的循环平移、翻转和四分之一圈旋转，都相当于用置换矩阵作用于像素。",
)
def shifts_mirrors_and_quarter_turns_are_permutations() -> Evidence:
    image = torch.rand(8, 8, dtype=torch.float64)
    numbers = torch.arange(64).reshape(8, 8)
    changes: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
        "shifted": lambda pixels: pixels.roll((1, 3), (0, 1)),
        "mirrored": lambda pixels: pixels.flip(1),
        "turned": lambda pixels: pixels.rot90(),
    }
    difference = 0.0
    for change in changes.values():
        matrix = permutation_matrix(change(numbers).flatten().tolist())
        wrong = matrix @ image.flatten() - change(image).flatten()
        difference = max(difference, float(wrong.abs().max()))
    return Evidence(
        value={"difference": difference, "changes": len(changes)},
        bound="at most 0",
        verdict=within(difference, 0.0),
        n=len(changes) * image.numel(),
        why_en="In these {changes} cases every pixel of the new image is one whole pixel of the old one, and none is "
        "used twice.",
        why_zh="这 {changes} 种变换中，新图的每个像素恰是旧图的一个完整像素，而且没有像素被用两次。",
    )


@claim(
    chapter=1,
    kind="identity",
    en="A permutation matrix can also enlarge an image, or turn it by any angle.",
    zh="置换矩阵也能放大图像，或把图像旋转任意角度。",
)
def permutations_scale_and_turn_images() -> Evidence:
    image = torch.rand(1, 1, 8, 8, dtype=torch.float64)
    changed = {
        "enlarged": resize(image, 16)[..., 4:12, 4:12],
        "turned": rotate(image, torch.tensor([30.0], dtype=torch.float64), "zeros"),
        "quarter": rotate(image, torch.tensor([90.0], dtype=torch.float64), "zeros"),
    }
    before = image.flatten().sort().values
    apart = {name: float((pixels.flatten().sort().values - before).abs().max()) for name, pixels in changed.items()}
    twice = functional.interpolate(torch.tensor([[[0.0, 1.0]]]), scale_factor=2)[..., :2].flatten().tolist()
    fails = min(apart["enlarged"], apart["turned"]) > 0.01
    return Evidence(
        value=apart,
        bound="at most 0.01 of white: a permutation keeps the sorted brightnesses",
        verdict="does not hold" if fails else "holds",
        n=image.numel(),
        counterexample=f"two pixels (0, 1), enlarged from the left, are {tuple(map(int, twice))}" if fails else "",
        why_en="A permutation keeps every value as often as it was. Enlarging (off by {enlarged:.2f}) drops pixels and "
        "repeats others, a turn by 30 degrees ({turned:.2f}) mixes neighbours; a quarter turn ({quarter:.0e}) does "
        "neither.",
        why_zh="置换不会改变每个值出现的次数。放大（相差 {enlarged:.2f}）会丢掉一些像素、重复另一些，旋转 30 度"
        "（相差 {turned:.2f}）会把相邻像素混合；旋转四分之一圈（{quarter:.0e}）则都不会。",
    )
