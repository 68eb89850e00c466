"""The explorer of covariate shift: two densities, and the importance weights of examples of the first."""

from d2lab.explore.shown import Shown

SHIFT = (
    Shown(
        name="weights",
        element="d2-weights",
        lesson="covariate-shift",
        title={"en": "Importance weights and their effective sample size", "zh": "重要性权重与有效样本数"},
        tries={
            "en": (
                "Move the means apart: at which distance are fewer than a tenth of the examples effective?",
                "Three deviations apart, draw again and again. How much does the weighted mean vary, and which way is "
                "it off?",
                "Three apart, clip at 10, then at 1. What becomes of the effective size, and what of the mean?",
                "Means together, deviation 1.5: the formula says that nothing is effective in the long run. Why do the "
                "few examples that you see not show it?",
            ),
            "zh": (
                "把均值拉开：差多少时，有效样本不到十分之一？",
                "差 3 个标准差，反复重新抽样：加权的平均变动多大，是不是总偏小？",
                "差 3 个标准差，截断在 10，再截断在 1：有效样本数怎样变，平均又怎样变？",
                "均值相同，标准差 1.5：公式说长远看没有样本有效。为什么眼前这些样本看不出来？",
            ),
        },
    ),
)
