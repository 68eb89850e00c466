"""The sentences that the engine of claims writes itself, in both languages."""

from collections.abc import Sequence

Said = tuple[str, str]  # English, Chinese


def number(value: float) -> str:
    """Return a number with four digits at most."""
    return f"{value:.4g}"


def stated(parts: Sequence[tuple[str, str, float, float]]) -> Said:
    """Return what was held against what: for each part its name, what is said of it, the smallest effect, the center.

    >>> stated([("gain", "at least", 0.01, 0.0)])[0]
    'gain at least 0.01: an interval above 0 shows it, one below 0.01 refutes it'
    """
    english, chinese = [], []
    for name, shape, smallest, around in parts:
        edge, center = number(smallest), number(around)
        if shape == "at least":
            english.append(f"{name} at least {edge}: an interval above 0 shows it, one below {edge} refutes it")
            chinese.append(f"{name} 不小于 {edge}：区间全在 0 以上即成立，全在 {edge} 以下即不成立")
        elif shape == "at most":
            english.append(f"{name} below {edge}: an interval below shows it, one above refutes it")
            chinese.append(f"{name} 小于 {edge}：区间全在其下即成立，全在其上即不成立")
        else:
            english.append(f"{name} within {edge} of {center}: an interval inside shows it, one outside refutes it")
            chinese.append(f"{name} 与 {center} 相差不到 {edge}：区间全在其内即成立，全在其外即不成立")
    return "; ".join(english), "；".join(chinese)


def not_decided(name: str, seeds: int, interval: tuple[float, float], smallest: float, needed: int | None) -> Said:
    """Return why the seeds decide nothing, and how many would.

    Args:
        name: of the quantity.
        seeds: that were used.
        interval: of the quantity.
        smallest: effect that the statement is about.
        needed: seeds that would decide; None where no number can be named.
    """
    low, high, edge = number(interval[0]), number(interval[1]), number(smallest)
    if interval[0] == interval[1]:
        return (
            f"All {seeds} seeds give {low}: without a spread nothing follows for other seeds.",
            f"{seeds} 个种子的结果都是 {low}：没有离散程度，就推断不了别的种子。",
        )
    english = f"{seeds} seeds can't tell: the interval of {name}, {low} to {high}, agrees with the statement and with "
    english += f"its opposite (smallest effect {edge})"
    chinese = f"{seeds} 个种子还分不出来：{name} 的区间为 {low} 到 {high}，与论断和它的反面都不矛盾（最小效应 {edge}）"
    if needed is None:
        return f"{english}.", f"{chinese}。"
    return f"{english}; about {needed:,} would.", f"{chinese}；约需 {needed:,} 个种子。"


def stuck_arms(names: Sequence[str]) -> Said:
    """Return that arms learned nothing, so that a comparison with them says nothing.

    Args:
        names: of the arms.
    """
    return (
        f"At chance level: {', '.join(names)}. What did not learn can't be compared; change how it is trained first.",
        f"停在随机猜测的水平：{'、'.join(names)}。没学起来的模型无从比较，须先改变训练方式。",
    )
