"""Groups of parameters that an optimizer treats apart."""

from typing import Any

from torch import nn

EMBEDDING_LR_SCALE = 5.0  # rate of embeddings over that of the other weights of Muon's AdamW part


def embeddings_apart(model: nn.Module) -> list[dict[str, Any]] | None:
    """Return two groups, embeddings and the rest, for Muon; None where the model has no embedding.

    Each step changes few rows of an embedding, so its gradient has no use for orthogonalization: AdamW takes it, at a
    higher rate than the head's.

    Source: Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks" (embedding and head by AdamW).
    """
    tables = [module.weight for module in model.modules() if isinstance(module, nn.Embedding)]
    trained = [weight for weight in tables if weight.requires_grad]
    if not trained:
        return None
    rest = [p for p in model.parameters() if p.requires_grad and all(p is not table for table in trained)]
    # The embeddings first: Muon takes the last matrix of all for the head.
    return [{"params": trained, "lr_scale": EMBEDDING_LR_SCALE, "adamw": True}, {"params": rest}]
