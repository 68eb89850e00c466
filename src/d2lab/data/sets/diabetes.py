"""Progression of diabetes in a year from ten measurements of 442 patients; it comes with scikit-learn."""

from d2lab.data.card import Card

CARD = Card(
    name="diabetes",
    task="regression",
    en="Progression of diabetes after a year (25 to 346) from ten measurements of 442 patients.",
    zh="442 名患者的十项指标，预测一年后的病情进展（25 到 346）。",
    shape=(10,),
    examples=(354, 88),
    classes=(),
    licence="BSD-3-Clause (comes with scikit-learn)",
    cite="Efron, Hastie, Johnstone, Tibshirani 2004, Least Angle Regression",
    files=(),
    module="d2lab.tables.table_data",
)
