"""The number of pixels that belong to no class: not drawn to a class, never counted, as in Pascal VOC."""

VOID = 255
