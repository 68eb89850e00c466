"""Suppression of boxes inside an exported file: ONNX has an operator for it, and a detector's file may end with it."""

from d2lab.core.errors import ConfigError
from d2lab.train.detection import SuppressionConfig

FOUND = ("selected", "found_scores", "found_boxes", "found_masks")  # outputs that are added; masks where there are any


def with_suppression(content: bytes, suppression: SuppressionConfig) -> bytes:
    """Return the file of a detector, `images -> (scores, boxes)` and maybe masks, with outputs for what is detected.

    `selected` `[found, 3]` holds image, class and box of each detection, image by image and class by class, by falling
    score; `found_scores`, `found_boxes` and `found_masks` are theirs. At most `most` of each class are kept, and a
    score has to lie above `min_score`.

    Args:
        content: of the ONNX file.
        suppression: settings; only those that suppress in each class alone can be stated in ONNX.

    Raises:
        ConfigError: classes are suppressed together.
    """
    import onnx
    from onnx import TensorProto, helper

    if not suppression.per_class:
        raise ConfigError("--suppress", got="suppression.per_class=false", need="true: ONNX suppresses class by class")
    model = onnx.load_from_string(content)
    graph = model.graph
    numbers = {
        "suppress_most": helper.make_tensor("suppress_most", TensorProto.INT64, [], [suppression.most]),
        "suppress_iou": helper.make_tensor("suppress_iou", TensorProto.FLOAT, [], [suppression.iou_threshold]),
        "suppress_score": helper.make_tensor("suppress_score", TensorProto.FLOAT, [], [suppression.min_score]),
        "image_and_box": helper.make_tensor("image_and_box", TensorProto.INT64, [2], [0, 2]),
    }
    graph.initializer.extend(numbers.values())
    given = ["boxes", "class_scores", "suppress_most", "suppress_iou", "suppress_score"]
    graph.node.extend(
        [
            helper.make_node("Transpose", ["scores"], ["class_scores"], perm=[0, 2, 1]),  # image class box
            helper.make_node("NonMaxSuppression", given, ["selected"]),  # of each: image, class, box
            helper.make_node("GatherND", ["class_scores", "selected"], ["found_scores"]),
            helper.make_node("Gather", ["selected", "image_and_box"], ["selected_boxes"], axis=1),
            helper.make_node("GatherND", ["boxes", "selected_boxes"], ["found_boxes"]),
        ]
    )
    kinds = [TensorProto.INT64, *[TensorProto.FLOAT] * 3]
    shapes: list[list[str | int | None]] = [["found", 3], ["found"], ["found", 4]]
    if any(output.name == "masks" for output in graph.output):
        order = helper.make_tensor("image_box_class", TensorProto.INT64, [3], [0, 2, 1])
        graph.initializer.append(order)
        graph.node.append(helper.make_node("Gather", ["selected", "image_box_class"], ["selected_masks"], axis=1))
        graph.node.append(helper.make_node("GatherND", ["masks", "selected_masks"], ["found_masks"]))
        shapes.append(["found", "rows", "columns"])
    for name, kind, shape in zip(FOUND, kinds, shapes, strict=False):
        graph.output.append(helper.make_tensor_value_info(name, kind, shape))
    onnx.checker.check_model(model)
    whole: bytes = model.SerializeToString()
    return whole
