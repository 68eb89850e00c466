"""Former ids of claims: what a claim was called before it got its name of today.

An id that changed is written here, and nowhere else: `d2lab check` and `d2lab claims` still understand the old one, and
the check still draws the random numbers that it drew under its first id, so that evidence from before can be compared.
"""

OLD_IDS: dict[str, str] = {  # old -> new
    "a-big-net-with-dropout-beats-a-small-one": "a-big-network-with-dropout-beats-a-small-one",
    "a-net-with-dropout-keeps-its-mean": "a-network-with-dropout-keeps-its-mean",
    "a-start-may-be-scaled-behind-parameter": "initial-values-may-be-scaled-outside-parameter",
    "batch-norm-cannot-learn-from-one-picture": "batch-norm-cannot-learn-from-one-image",
    "batch-norm-helps-more-in-deeper-nets": "batch-norm-helps-more-in-deeper-networks",
    "calling-a-net-runs-forward-and-hooks": "calling-a-module-runs-forward-and-hooks",
    "centered-layer-works-in-a-net": "centered-layer-works-in-a-model",
    "convolution-is-a-sum-of-pictures": "convolution-is-a-sum-over-input-channels",
    "deep-nets-learn-layer-by-layer": "deep-networks-learn-layer-by-layer",
    "deep-nets-train-more-easily-than-wide-ones": "deep-networks-train-more-easily-than-wide-ones",
    "default-start-depends-on-both-sizes": "default-initialization-depends-on-both-sizes",
    "dense-connections-carry-slopes": "dense-connections-carry-gradients",
    "fashion-mnist-has-six-thousand-pictures-of-each-kind": "fashion-mnist-has-six-thousand-images-of-each-class",
    "gray-pictures-lose-information": "gray-images-lose-information",
    "larger-batches-calm-the-curve": "larger-batches-reduce-training-noise",
    "learned-kernels-do-not-mind-the-turn": "learned-kernels-absorb-the-flip",
    "linear-net-prices-houses": "linear-model-prices-houses",
    "matched-start-and-activation-keep-the-signal": "matched-initialization-and-activation-keep-the-signal",
    "one-seed-fixes-all-luck": "one-seed-fixes-all-randomness",
    "predicting-ignores-the-batch-mates": "prediction-ignores-the-rest-of-the-batch",
    "search-by-slope-beats-plain-trials": "search-by-gradient-beats-plain-trials",
    "shortcuts-alone-keep-slopes-in-bounds": "shortcuts-alone-keep-gradients-in-bounds",
    "shortcuts-carry-slopes-through-1000-layers": "shortcuts-carry-gradients-through-1000-layers",
    "skip-adds-the-identity-to-the-slope": "skip-adds-the-identity-to-the-jacobian",
    "slope-is-mean-minus-observation-in-exponential-families": (
        "gradient-is-mean-minus-observation-in-exponential-families"
    ),
    "slope-of-cross-entropy-is-softmax-minus-target": "gradient-of-cross-entropy-is-softmax-minus-target",
    "slopes-of-sigmoid-tanh-and-relu": "derivatives-of-sigmoid-tanh-and-relu",
    "smaller-rates-calm-the-curve": "smaller-learning-rates-reduce-training-noise",
    "smaller-steps-give-better-slopes": "smaller-steps-give-better-derivatives",
    "the-dropout-makes-the-big-net-better": "the-dropout-makes-the-big-network-better",
    "tied-layers-add-their-slopes": "tied-layers-add-their-gradients",
    "very-wide-shallow-nets-overfit": "very-wide-shallow-networks-overfit",
}


def first_id(name: str) -> str:
    """Return the id that a claim was first recorded under, which seeds its random numbers.

    Args:
        name: the id of today.
    """
    return {new: old for old, new in OLD_IDS.items()}.get(name, name)
