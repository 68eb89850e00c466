"""Chapter 11: house prices, a table of numbers, words and holes."""

import csv
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from d2lab.claims.claim import claim
from d2lab.claims.decide import alike, at_least, decide
from d2lab.claims.evidence import Evidence, within
from d2lab.claims.training import epochs_of, train_steps
from d2lab.core.seed import derive
from d2lab.data.batches import Batches
from d2lab.data.folds import k_fold
from d2lab.data.places import data_folders
from d2lab.data.split import Split
from d2lab.metrics.paired import paired
from d2lab.models.linear import LinearConfig, LinearRegression
from d2lab.optimizers.build import build_optimizer
from d2lab.optimizers.config import OptimizerConfig
from d2lab.tables.fit import ridge

Table = NDArray[np.object_]
REAL, DRAWN = "house prices (Kaggle)", "house prices (drawn)"


def houses() -> tuple[str, Table, Tensor]:
    """Return the course's table where a data folder has it, else one drawn in its manner: name, rows, prices."""
    for folder in data_folders():
        path = folder / "kaggle_house" / "kaggle_house_pred_train.csv"
        if path.is_file():
            with path.open(newline="", encoding="utf-8") as file:
                rows = np.array(list(csv.reader(file))[1:], dtype=object)
            table = rows[:, 1:-1]
            for column in table.T:  # views: numbers where all that is known is a number, else words
                if all(value == "NA" or value.replace(".", "").isdigit() for value in column):
                    column[:] = [float("nan") if value == "NA" else float(value) for value in column]
            return REAL, table, torch.tensor(rows[:, -1].astype(np.float32))
    draw, count = np.random.default_rng(11), 1460
    area, age, quality = draw.lognormal(7.2, 0.35, count), draw.uniform(0, 100, count), draw.integers(1, 11, count)
    words = draw.integers(0, 6, (count, 40))  # about as many columns of words as the real table has
    worth = draw.normal(0, 0.02, (40, 6))[np.arange(40), words].sum(1)
    logarithm = 7.7 + 0.6 * np.log(area) - 0.003 * age + 0.05 * quality + worth + draw.normal(0, 0.1, count)
    area[draw.random(count) < 0.1] = np.nan
    table = np.empty((count, 43), dtype=object)
    table[:, 0], table[:, 1], table[:, 2] = area.tolist(), age.tolist(), (1.0 * quality).tolist()
    table[:, 3:] = [[f"kind {number}" for number in row] for row in words]
    return DRAWN, table, torch.tensor(np.exp(logarithm), dtype=torch.float32)


def prepared(table: Table, known: Tensor) -> Tensor:
    """Normalize numbers (a hole becomes 0, the mean) and return each word a column, as the known rows teach."""
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = [k for k, column in enumerate(table.T) if all(isinstance(value, float) for value in column)]
    words = [k for k in range(table.shape[1]) if k not in numbers]
    prepare = make_column_transformer(
        (make_pipeline(StandardScaler(), SimpleImputer(strategy="constant", fill_value=0.0)), numbers),
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), words),
    )
    return torch.tensor(prepare.fit(table[known.numpy()]).transform(table), dtype=torch.float32)


def trained(features: Tensor, targets: Tensor, config: OptimizerConfig, epochs: int, seed: int) -> LinearRegression:
    """Train the notes' linear model, in batches of 64."""
    torch.manual_seed(derive(seed, "weights"))
    model = LinearRegression(LinearConfig(inputs=features.shape[1]))
    optimizer = build_optimizer(config, model.parameters())
    batches = Batches(Split(features, targets[:, None]), batch_size=64, seed=seed, device=torch.device("cpu"))
    train_steps(model, optimizer, epochs_of(batches, epochs), functional.mse_loss)
    return model.requires_grad_(False)


def log_error(predicted: Tensor, prices: Tensor) -> float:
    """Root of the mean squared difference of logarithms; prices below 1 count as 1, what is no number as infinite."""
    error = float((predicted.clamp(min=1).log() - prices.log()).square().mean().sqrt())
    return error if np.isfinite(error) else float("inf")


@claim(
    chapter=11,
    kind="identity",
    budget_s=2,
    en="For prices the error of the logarithm is the right one: it weighs a tenth of a cheap house's price like a "
    "tenth of an expensive one's, and does not change with the currency.",
    zh="房价应当比较对数误差：便宜房与贵房各差一成，分量相同；换一种货币，误差也不变。",
)
def log_error_weighs_shares_of_the_price() -> Evidence:
    prices = 10 ** (4 + 2 * torch.rand(1000, dtype=torch.float64))  # 10,000 to 1,000,000
    predicted = prices * (0.3 * torch.randn(1000, dtype=torch.float64)).exp()

    currency = abs(log_error(7.2 * predicted, 7.2 * prices) - log_error(predicted, prices))
    cheap, expensive = prices[prices < 1e5], prices[prices >= 1e5]
    tenth = abs(log_error(1.1 * cheap, cheap) - log_error(1.1 * expensive, expensive))
    plain = float((functional.mse_loss(1.1 * expensive, expensive) / functional.mse_loss(1.1 * cheap, cheap)).sqrt())
    return Evidence(
        value={"difference": max(currency, tenth), "plain": plain},
        bound="at most 1e-12",
        verdict=within(max(currency, tenth), 1e-12),
        n=len(prices),
        why_en="A factor becomes a summand under the logarithm, and cancels in the difference; in plain units a tenth "
        "of the expensive houses weighs {plain:.0f} times as much as a tenth of the cheap ones.",
        why_zh="取对数后，倍数变成加数，作差即消去；若用原始单位，贵房差一成的误差是便宜房的 {plain:.0f} 倍。",
    )


@claim(
    chapter=11,
    kind="identity",
    budget_s=2,
    en="After standardizing, writing 0 into a hole is the same as having filled it with the column's mean before.",
    zh="先标准化、再把缺失值填成 0，与先用该列均值填补、再作同样的标准化，结果相同。",
)
def zero_fills_a_hole_with_the_mean() -> Evidence:
    columns = 5 + 3 * torch.randn(1000, 4, dtype=torch.float64)
    holes = torch.rand(1000, 4) < 0.2
    columns[holes] = float("nan")
    mean = columns.nanmean(0)
    deviation = (columns - mean).square().nanmean(0).sqrt()  # of what is there
    afterwards = ((columns - mean) / deviation).nan_to_num(0.0)
    filled = torch.where(holes, mean, columns)
    difference = float((afterwards - (filled - mean) / deviation).abs().max())
    spread = float((filled.std(0, correction=0) / deviation).mean())
    return Evidence(
        value={"difference": difference, "spread": spread},
        bound="at most 1e-12",
        verdict=within(difference, 1e-12),
        n=columns.numel(),
        why_en="The mean is what standardizing moves to 0. Mind the order all the same: a deviation taken after the "
        "holes are filled is {spread:.2f} times the true one, since every filled row sits at the mean.",
        why_zh="标准化正是把均值移到 0。但次序仍要留意：先填补再求标准差，得到的只有真实值的 {spread:.2f} 倍，"
        "因为填进去的都是均值。",
    )


@claim(
    chapter=11,
    kind="experiment",
    en="A plain linear model on the prepared table already prices houses far better than one price for all.",
    zh="表格处理好之后，单个线性层的预测就远胜于给所有房子报同一个价。",
    scope="the real table; the drawn one, with fewer columns, needs more than 100 epochs at this rate",
    covers=("numbers are standardized, words become a column each",),
    budget_s=35,
    smoke={"seeds": range(2), "epochs": 1},
)
def linear_model_prices_houses(
    seeds: Sequence[int] = range(5), epochs: int = 100, smallest_effect: float = 0.1
) -> Evidence:
    name, table, prices = houses()
    model_errors, guesses, exact = [], [], []
    for seed in seeds:
        known, judged = k_fold(len(prices), 5, seed=seed)[0]
        features = prepared(table, known)
        model = trained(features[known], prices[known], OptimizerConfig(name="adam", learning_rate=5.0), epochs, seed)
        model_errors.append(log_error(model(features[judged])[:, 0], prices[judged]))
        guesses.append(log_error(prices[known].median().expand(len(judged)), prices[judged]))
        fit = ridge(features[known].double(), prices[known].double(), 10.0)
        exact.append(log_error(fit.predict(features[judged].double()), prices[judged].double()))
    gain = paired(guesses, model_errors)
    value = {"gain": gain.mean, "model": float(np.mean(model_errors)), "guess": float(np.mean(guesses))}
    return Evidence(
        value={**value, "ridge": float(np.mean(exact))},
        decision=decide(at_least(gain, smallest_effect, "gain"), scoped=True),
        n=len(seeds),
        seeds=tuple(seeds),
        data=name,
        stand_in=name != REAL,
        why_en="Log error on a held-out fifth: {model:.3f} for the model, {guess:.3f} for the median price, "
        "{ridge:.3f} for ridge regression in closed form: most of a price is a sum over properties.",
        why_zh="留出五分之一来评判，对数误差：线性网络 {model:.3f}，一律报中位数 {guess:.3f}，岭回归的闭式解 "
        "{ridge:.3f}。房价大体就是各项属性之和。",
    )


@claim(
    chapter=11,
    kind="experiment",
    en="Standardizing training and test rows together is a leak, yet it makes no difference worth mentioning here.",
    zh="把训练集和测试集放在一起标准化会泄漏信息，但在这张表上影响微乎其微。",
    scope="linear fit of some 1,000 houses",
    budget_s=15,
    smoke={"seeds": range(2)},
)
def scaling_with_the_test_rows_is_harmless(seeds: Sequence[int] = range(10), smallest_effect: float = 0.01) -> Evidence:
    name, table, prices = houses()
    together: list[float] = []
    apart: list[float] = []
    for seed in seeds:
        known, judged = k_fold(len(prices), 5, seed=seed)[0]
        for errors, rows in ((together, torch.arange(len(prices))), (apart, known)):
            features = prepared(table, rows).double()
            fit = ridge(features[known], prices[known].double(), 10.0)
            errors.append(log_error(fit.predict(features[judged]), prices[judged].double()))
    leak = paired(together, apart)
    return Evidence(
        value={"difference": leak.mean, "error": float(np.mean(apart))},
        decision=decide(alike(leak, smallest_effect, "difference"), scoped=True),
        n=len(seeds),
        seeds=tuple(seeds),
        data=name,
        stand_in=name != REAL,
        why_en="Only means and deviations leak, no price, and a fifth of the rows hardly moves them: {difference:+.0e} "
        "on an error of {error:.3f}.",
        why_zh="泄漏的只有均值与标准差，没有房价，而且五分之一的样本几乎不改变它们：误差 {error:.3f}，差别 "
        "{difference:+.0e}。",
    )
