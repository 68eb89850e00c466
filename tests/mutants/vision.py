"""Mistakes in augmentation: the ones that still train, only on images nobody meant."""

from tests.mutants.mutant import Mutant

COLOR, PLACE, CROP, MIX = (f"tests/vision/test_{name}.py" for name in ("color", "place", "crop", "mix"))
AUGMENT = "tests/vision/test_augment.py"
TASK = "tests/train/test_task.py"
MUTANTS = [
    Mutant("gray is the mean of the channels", "vision/color.py", "(LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue)", "(red + green + blue).div(3)", f"{COLOR} -k torchvision"),
    Mutant("contrast about the mean of the batch", "vision/color.py", ".mean((1, 2, 3), keepdim=True)", ".mean()", f"{COLOR} -k torchvision"),
    Mutant("contrast about each channel's own mean", "vision/color.py", "to_gray(images).mean((1, 2, 3), keepdim=True)", "images.mean((2, 3), keepdim=True)", f"{COLOR} -k torchvision"),
    Mutant("colors leave 0 to 1", "vision/color.py", "(images * _each(factors, images)).clamp_(0, 1)", "(images * _each(factors, images))", f"{COLOR} -k torchvision"),
    Mutant("wheel turned the other way", "vision/color.py", "sector / 6 + turns", "sector / 6 - turns", f"{COLOR} -k hue"),
    Mutant("gray divided by no chroma", "vision/color.py", "torch.where(chroma > 0, chroma, torch.ones_like(chroma))", "chroma", f"{COLOR} -k hue"),
    Mutant("edge shown twice", "vision/place.py", "last - (last - place.abs()).abs()", "place.clamp(0, last)", f"{PLACE} -k windows"),
    Mutant("moved the other way", "vision/place.py", "device=lines.device) - by.unsqueeze(1)", "device=lines.device) + by.unsqueeze(1)", f"{PLACE} -k windows"),
    Mutant("what comes in wraps round", "vision/place.py", ".where((place >= 0) & (place <= last), -1)", "", f"{PLACE} -k windows"),
    Mutant("rows numbered by the height", "vision/place.py", "width = images.shape[-1]", "width = images.shape[-2]", f"{PLACE} -k windows"),
    Mutant("turned with the clock", "vision/turn.py", "angle = degrees.deg2rad()", "angle = -degrees.deg2rad()", f"{PLACE} -k turn"),
    Mutant("oblong images sheared", "vision/turn.py", "-sine * height / width, nothing", "-sine, nothing", f"{PLACE} -k turn"),
    Mutant("corners of pixels taken for centers", "vision/turn.py", "padding_mode=PADDING[border], align_corners=False", "padding_mode=PADDING[border], align_corners=True", f"{PLACE} -k turn"),
    Mutant("shrunk without smoothing", "vision/resample.py", "reach = step.clamp(min=1)", "reach = torch.ones_like(step)", f"{CROP} -k torchvision"),
    Mutant("half a pixel aside", "vision/resample.py", "view(1, -1, 1) + 0.5) * step", "view(1, -1, 1)) * step", f"{CROP} -k torchvision"),
    Mutant("pixels beyond the box", "vision/resample.py", "near = near * inside", "near = near + 0 * inside", f"{CROP} -k beyond"),
    Mutant("one tap too few", "vision/resample.py", "pixels / side)) + 1", "pixels / side))", f"{CROP} -k torchvision"),
    Mutant("proportions even, not in the logarithm", "vision/crop.py", "uniform(shape, math.log(ratio[0]), math.log(ratio[1]), draw).exp()", "uniform(shape, *ratio, draw)", f"{CROP} -k law"),
    Mutant("a box too wide is clipped", "vision/crop.py", "fits = (wide > 0) & (high > 0) & (wide <= width) & (high <= height)", "wide, high = wide.clamp(1, width), high.clamp(1, height)\n    fits = wide > 0", f"{CROP} -k law"),
    Mutant("the last place never drawn", "vision/crop.py", "(place[:, 0] * (height - high + 1)).long()", "(place[:, 0] * (height - high)).long()", f"{CROP} -k edge"),
    Mutant("holes kept off the border", "vision/crop.py", "(whole(count, pixels, draw) - hole // 2)", "whole(count, max(pixels - hole, 0) + 1, draw)", f"{CROP} -k holes"),
    Mutant("numbers rounded like bytes", "vision/scale.py", "if bytes_in else smooth", "if bytes_in else smooth.round_()", f"{CROP} -k numbers"),
    Mutant("bytes cut, not rounded", "vision/scale.py", "smooth.round_().clamp_(0, 255)", "smooth.clamp_(0, 255)", "tests/vision/test_bytes.py"),
    Mutant("mixup's target of the other one", "vision/mix.py", "torch.lerp(targets[partner], targets, shares.unsqueeze(1))", "torch.lerp(targets, targets[partner], shares.unsqueeze(1))", f"{MIX} -k mixup"),
    Mutant("target by the drawn share, not by the pixels", "vision/mix.py", "left = 1 - inside.float().mean((1, 2))", "left = shares", f"{MIX} -k pixels"),
    Mutant("sides of the box, not its area", "vision/mix.py", "length = (1 - shares).sqrt()", "length = 1 - shares", f"{MIX} -k sides"),
    Mutant("shares drawn evenly", "vision/draw.py", "torch.lerp(quantiles[below], quantiles[below + 1], place - below)", "place / (QUANTILES - 1)", f"{MIX} -k beta"),
    Mutant("luck of the process", "vision/augment.py", "Generator(self.device).manual_seed(derive(self.seed, \"augment\", self.step, change))", "torch.default_generator", f"{AUGMENT} -k decide"),
    Mutant("every step the same luck", "vision/augment.py", "\"augment\", self.step, change", "\"augment\", change", f"{AUGMENT} -k decide"),
    Mutant("one stream for all changes", "vision/augment.py", "self.step, change)", "self.step)", f"{AUGMENT} -k two_changes"),
    Mutant("one luck for the whole batch", "vision/draw.py", "torch.rand(shape, generator=draw, device=draw.device)", "torch.rand(1, generator=draw, device=draw.device).expand(shape)", f"{AUGMENT} -k fork_rng"),
    Mutant("never moved the whole way", "vision/augment.py", "2 * config.translate + 1", "2 * config.translate", f"{AUGMENT} -k offset"),
    Mutant("an oblong crop made square", "vision/augment.py", "(height, width) if self.side is None", "(height, height) if self.side is None", f"{AUGMENT} -k decide"),
    Mutant("flips twice the same image", "train/evaluate.py", "model(inputs.flip(-1))", "model(inputs)", f"{TASK} -k flips"),
    Mutant("smoothing forgotten", "train/task.py", "if not share:\n        return task", "if True:\n        return task", f"{TASK} -k smoothed"),
    Mutant("resized where it is still to be changed", "recipes/examples.py", "fit_images(train, side) if experiment.settings.augment.idle else train", "fit_images(train, side)", "tests/recipes/test_images.py -k resized_once"),
]  # fmt: skip
