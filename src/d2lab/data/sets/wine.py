"""Cultivar of 178 wines of one region from thirteen measurements; it comes with scikit-learn."""

from d2lab.data.card import Card

CARD = Card(
    name="wine",
    task="classification",
    en="Cultivar of 178 Italian wines (three classes) from thirteen chemical measurements.",
    zh="178 种意大利葡萄酒的十三项化学指标，判断品种（三类）。",
    shape=(13,),
    examples=(142, 36),
    classes=("class_0", "class_1", "class_2"),
    licence="CC BY 4.0",
    cite="Aeberhard, Forina 1992, Wine, UCI Machine Learning Repository",
    files=(),
    module="d2lab.tables.table_data",
)
