"""Settings as they stand on a command line."""

from d2lab.core.errors import ConfigError


def parse_settings(pairs: list[str]) -> dict[str, object]:
    """Split KEY=VALUE pairs.

    Raises:
        ConfigError: a pair without a key or an equals sign.
    """
    changes: dict[str, object] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            raise ConfigError("--set", got=pair, need="KEY=VALUE", fix="For example --set learning_rate=0.1.")
        changes[key.strip()] = value.strip()
    return changes
