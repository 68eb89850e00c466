"""What `d2lab shift` says, in both languages."""

from d2lab.core.language import Language

HELP: dict[str, dict[Language, str]] = {
    "train": {"en": "Training table (CSV), or folder:PATH of images.",
        "zh": "训练表格（CSV），或图像文件夹 folder:PATH。"},
    "test": {"en": "Table or folder from where the model is used.", "zh": "使用模型时的表格或图像文件夹。"},
    "target": {"en": "Column of classes: estimate their shares in use.", "zh": "类别所在的列：估计使用时各类的比例。"},
    "drop": {"en": "Column to leave out, such as a row number; may be repeated.",
        "zh": "不参加比较的列，例如行号；可重复使用。"},
    "weights": {"en": "File for the weights of the training rows (CSV).", "zh": "保存训练样本权重的文件（CSV）。"},
    "json": {"en": "File for everything that was found.", "zh": "保存全部结果的 JSON 文件。"},
    "permutations": {"en": "Permutations of the test.", "zh": "置换检验的次数。"},
    "seed": {"en": "Decides folds, permutations and samples.", "zh": "决定分折、置换和抽样的随机种子。"},
    "shift": {
        "en": "Test whether new data still are those of the training, column by column; weigh and count what moved.\n\n"
        "For example:  d2lab shift train.csv test.csv --target species --weights weights.csv",
        "zh": "检验新数据与训练数据的分布是否相同，逐列比较；给出权重和各类比例的修正。\n\n"
        "例如：  d2lab shift train.csv test.csv --target species --weights weights.csv",
    },
}  # fmt: skip
SAID: dict[str, dict[Language, str]] = {
    "read": {
        "en": "{train}: {n:,} rows  {test}: {m:,} rows  {columns:,} columns compared",
        "zh": "{train}：{n:,} 行  {test}：{m:,} 行  比较 {columns:,} 列",
    },
    "images": {
        "en": "features of an image: its size, light, color and sharpness, and {count} principal components of its "
        "pixels at 16 x 16; not what it shows",
        "zh": "图像的特征：尺寸、亮度、颜色、清晰度，以及 16×16 像素的 {count} 个主成分；不是图像的内容",
    },
    "only": {"en": "left out, in one table only: {names}", "zh": "只在一个表中，不比较：{names}"},
    "apart": {"en": "can be told apart: {found}", "zh": "两者能否区分：{found}"},
    "yes": {"en": "yes", "zh": "能"},
    "no": {"en": "not by this test", "zh": "本检验未能区分"},
    "auc": {
        "en": "AUC {auc:.3f} [{low:.3f}, {high:.3f}], p = {p:.3g} ({rows} rows, {count} permutations)",
        "zh": "AUC {auc:.3f} [{low:.3f}, {high:.3f}]，p = {p:.3g}（{rows} 行，{count} 次置换）",
    },
    "shared": {
        "en": "AUC is below 0.5: the two have rows in common, which a classifier learns with the wrong label",
        "zh": "AUC 低于 0.5：两者有相同的行，分类器学到的正是相反的标签",
    },
    "moved": {
        "en": "columns that moved: {count} of {tests} tests (Holm, 5 %)",
        "zh": "发生变化的列：{tests} 个检验中有 {count} 个（Holm 校正，5 %）",
    },
    "more": {"en": "and {count} more; all are in --json", "zh": "另有 {count} 个；--json 中有全部结果"},
    "leave": {
        "en": "{name} alone tells the two apart: if it numbers the rows, leave it out with --drop",
        "zh": "仅凭 {name} 一列就能区分两者：如果它是行号，请用 --drop 去掉",
    },
    "covariate": {
        "en": "covariate shift: weights of the training rows have an effective size of {size:,.0f} of {n:,} "
        "({share:.0f} %), mean {mean:.2f}",
        "zh": "协变量偏移：训练样本的权重，有效样本量 {size:,.0f} / {n:,}（{share:.0f} %），均值 {mean:.2f}",
    },
    "few": {
        "en": "warning: reweighting is of little use here: too few training rows would count",
        "zh": "警告：此处重加权用处不大，真正起作用的训练样本太少",
    },
    "uncovered": {
        "en": "warning: no overlap: most of the new rows lie where there are next to no training rows; weights can't "
        "replace them",
        "zh": "警告：没有重叠，新数据大多落在几乎没有训练样本的地方，权重无法弥补",
    },
    "labels": {
        "en": "label shift: shares of {target}, if p(x|y) is the same (classifier right for {accuracy:.1f} %)",
        "zh": "标签偏移：{target} 各类的比例，假设 p(x|y) 不变（分类器准确率 {accuracy:.1f} %）",
    },
    "negative": {
        "en": "a share came out below 0 and was set to 0: noise, or not a label shift",
        "zh": "有的比例估计为负，已设为 0：说明有噪声，或者不是标签偏移",
    },
    "failed": {"en": "label shift: not estimated. {problem}", "zh": "标签偏移：无法估计。{problem}"},
    "concept": {
        "en": "concept shift, a change of p(y|x), can't be seen without labels of the new rows",
        "zh": "没有新数据的标签，看不出概念偏移（p(y|x) 的变化）",
    },
    "labelled": {
        "en": "the new rows have labels: the classifier is right for {there:.1f} % of them, {here:.1f} % of held-out "
        "training rows; what reweighting doesn't mend may be concept shift",
        "zh": "新数据有标签：分类器在其上的准确率为 {there:.1f} %，在留出的训练样本上为 {here:.1f} %；"
        "重加权无法弥补的部分可能是概念偏移",
    },
}  # fmt: skip
