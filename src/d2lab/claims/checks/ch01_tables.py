"""Chapter 1: from a table in a file to a tensor."""

import tempfile
from pathlib import Path

import numpy as np
import torch

from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence, within


@claim(
    chapter=1,
    kind="definition",
    en="A table written as a CSV file can be read again and turned into tensors.",
    zh="写成 CSV 文件的表格可以读回来，再转换为张量。",
    scope="with Python's csv module; pandas, which the notes use, is not run",
)
def a_csv_file_becomes_a_tensor() -> Evidence:
    import csv

    houses = [("", "Pave", 127500), ("2", "", 106000), ("4", "", 178100), ("", "", 140000)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "house.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([("NumRooms", "Alley", "Price"), *houses])
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    prices = torch.tensor([float(row["Price"]) for row in rows], dtype=torch.float64)
    rooms = torch.tensor([float(row["NumRooms"] or "nan") for row in rows])
    expected = torch.tensor([price for _, _, price in houses], dtype=torch.float64)
    difference, missing = float((prices - expected).abs().max()), int(rooms.isnan().sum())
    return Evidence(
        value={"difference": difference, "missing": missing, "rows": len(rows)},
        bound="at most 0, with 2 numbers of rooms missing",
        verdict=within(difference, 0.0) if missing == 2 and len(rows) == 4 else "does not hold",
        n=len(rows),
        why_en="A CSV file holds text only: the reader decides what is a number, and an empty field must become NaN "
        "({missing} of {rows} here), not 0.",
        why_zh="CSV 文件里只有文本：是不是数字由读取的人决定，空字段应当变成 NaN（这里 {rows} 个中有 {missing} 个），"
        "而不是 0。",
    )


@claim(
    chapter=1,
    kind="definition",
    en="The prepared table, numbers beside yes-or-no columns, can be handed to torch.tensor as it stands.",
    zh="处理好的表格里数值列与是否列并存，可以原样交给 torch.tensor。",
    scope="the array of objects that pandas 2 gives for such a table; pandas itself is not run",
)
def a_mixed_table_becomes_a_tensor_as_it_stands() -> Evidence:
    table = np.empty((4, 3), dtype=object)
    table[:, 0] = [3.0, 2.0, 4.0, 3.0]
    table[:, 1] = [True, False, False, False]
    table[:, 2] = [False, True, True, True]
    try:
        refused = int(torch.tensor(table).shape != (4, 3))
    except TypeError:
        refused = 1
    converted = torch.tensor(table.astype(np.float32))
    difference = float((converted.sum(0) - torch.tensor([12.0, 1.0, 3.0])).abs().max())
    return Evidence(
        value={"refused": refused, "difference": difference},
        bound="not refused",
        verdict="does not hold" if refused else "holds",
        n=table.size,
        counterexample="torch.tensor(numpy.array([3.0, True], dtype=object))" if refused else "",
        why_en="A column of truths beside one of numbers has no common type but object, a list of Python things that "
        "torch does not read. With dtype=float first, it is a table of numbers: off by {difference:.0f}.",
        why_zh="布尔列与数值列并存时，共同的类型只有 object，也就是一串 Python 对象，torch 不认。"
        "先指定浮点 dtype，就成了数值表，误差为 {difference:.0f}。",
    )


@claim(
    chapter=1,
    kind="definition",
    en="Missing numbers are filled with the mean of their column, and a missing category gets a column of its own.",
    zh="缺失的数值用所在列的均值填补，缺失的类别则单独成为一列。",
    budget_s=10,
)
def missing_values_are_filled_or_become_a_column() -> Evidence:
    from sklearn.impute import SimpleImputer
    from sklearn.preprocessing import OneHotEncoder

    rooms = np.array([[np.nan], [2.0], [4.0], [np.nan]])
    alley = np.array([["Pave"], [None], [None], [None]], dtype=object)
    filled = SimpleImputer(strategy="mean").fit_transform(rooms)
    encoder = OneHotEncoder(sparse_output=False).fit(alley)
    ours = torch.from_numpy(rooms)
    ours = ours.where(~ours.isnan(), ours.nanmean())
    table = np.concatenate([ours.numpy(), encoder.transform(alley)], 1)
    expected = np.array([[3.0, 1, 0], [2.0, 0, 1], [4.0, 0, 1], [3.0, 0, 1]])
    difference = float(max(np.abs(table - expected).max(), np.abs(filled - ours.numpy()).max()))
    first_rows = float(SimpleImputer(strategy="mean").fit(rooms[:2]).statistics_[0])
    return Evidence(
        value={"difference": difference, "columns": len(encoder.categories_[0]), "first_rows": first_rows},
        bound="at most 0 from 3, 2, 4, 3 and the columns Pave and missing",
        verdict=within(difference, 0.0) if len(encoder.categories_[0]) == 2 else "does not hold",
        n=table.size,
        why_en="One column became {columns}, and that it is empty is now something a model can use. The mean belongs "
        "to the rows it was taken from (from the first two: {first_rows:.0f}, not 3): take it from training rows only.",
        why_zh="一列变成 {columns} 列，“缺失”本身也成了模型可用的信息。均值取决于用了哪些行（只用前两行则为 "
        "{first_rows:.0f}，不是 3），因此只能用训练集来求。",
    )
