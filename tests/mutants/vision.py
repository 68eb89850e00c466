"""Mistakes in augmentation: the ones that still train, only on images nobody meant."""

from tests.mutants.mutant import Mutant

COLOR, GEOMETRY, CROP, MIX = (f"tests/vision/test_{name}.py" for name in ("color", "geometry", "crop", "mixup"))
AUGMENT = "tests/vision/test_augment.py"
TASK = "tests/train/test_task.py"
MUTANTS = [
    Mutant("gray is the mean of the channels", "vision/color.py", "(LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue)", "(red + green + blue).div(3)", f"{COLOR} -k torchvision"),
    Mutant("contrast about the mean of the batch", "vision/color.py", ".mean((1, 2, 3), keepdim=True)", ".mean()", f"{COLOR} -k torchvision"),
    Mutant("contrast about each channel's own mean", "vision/color.py", "to_gray(images).mean((1, 2, 3), keepdim=True)", "images.mean((2, 3), keepdim=True)", f"{COLOR} -k torchvision"),
    Mutant("colors leave 0 to 1", "vision/color.py", "(images * _each(factors, images)).clamp_(0, 1)", "(images * _each(factors, images))", f"{COLOR} -k torchvision"),
    Mutant("wheel turned the other way", "vision/color.py", "sector / 6 + turns", "sector / 6 - turns", f"{COLOR} -k hue"),
    Mutant("gray divided by no chroma", "vision/color.py", "torch.where(chroma > 0, chroma, torch.ones_like(chroma))", "chroma", f"{COLOR} -k hue"),
    Mutant("edge shown twice", "vision/geometry.py", "last - (last - place.abs()).abs()", "place.clamp(0, last)", f"{GEOMETRY} -k windows"),
    Mutant("translated the other way", "vision/geometry.py", "device=index.device) - by.unsqueeze(1)", "device=index.device) + by.unsqueeze(1)", f"{GEOMETRY} -k windows"),
    Mutant("what comes in wraps round", "vision/geometry.py", ".where((place >= 0) & (place <= last), -1)", "", f"{GEOMETRY} -k windows"),
    Mutant("rows numbered by the height", "vision/geometry.py", "width = images.shape[-1]", "width = images.shape[-2]", f"{GEOMETRY} -k windows"),
    Mutant("rotated clockwise", "vision/geometry.py", "angle = degrees.deg2rad()\n    sine, cosine = angle.sin(), angle.cos()\n    nothing", "angle = -degrees.deg2rad()\n    sine, cosine = angle.sin(), angle.cos()\n    nothing", f"{GEOMETRY} -k turn"),
    Mutant("oblong images sheared", "vision/geometry.py", "-sine * height / width, nothing", "-sine, nothing", f"{GEOMETRY} -k turn"),
    Mutant("corners of pixels taken for centers", "vision/geometry.py", "mode=mode, padding_mode=PADDING[border], align_corners=False", "mode=mode, padding_mode=PADDING[border], align_corners=True", f"{GEOMETRY} -k turn"),
    Mutant("shrunk without smoothing", "vision/resample.py", "reach = step.clamp(min=1)", "reach = torch.ones_like(step)", f"{CROP} -k torchvision"),
    Mutant("half a pixel aside", "vision/resample.py", "view(1, -1, 1) + 0.5) * step", "view(1, -1, 1)) * step", f"{CROP} -k torchvision"),
    Mutant("pixels beyond the box", "vision/resample.py", "near = near * inside", "near = near + 0 * inside", f"{CROP} -k beyond"),
    Mutant("one tap too few", "vision/resample.py", "pixels / side)) + 1", "pixels / side))", f"{CROP} -k torchvision"),
    Mutant("proportions even, not in the logarithm", "vision/crop.py", "uniform(shape, math.log(ratio[0]), math.log(ratio[1]), generator).exp()", "uniform(shape, *ratio, generator)", f"{CROP} -k law"),
    Mutant("a box too wide is clipped", "vision/crop.py", "fits = (wide > 0) & (high > 0) & (wide <= width) & (high <= height)", "wide, high = wide.clamp(1, width), high.clamp(1, height)\n    fits = wide > 0", f"{CROP} -k law"),
    Mutant("the last place never drawn", "vision/crop.py", "(place[:, 0] * (height - high + 1)).long()", "(place[:, 0] * (height - high)).long()", f"{CROP} -k edge"),
    Mutant("holes kept off the border", "vision/crop.py", "(integers(count, pixels, generator) - hole // 2)", "integers(count, max(pixels - hole, 0) + 1, generator)", f"{CROP} -k holes"),
    Mutant("numbers rounded like bytes", "vision/resample.py", "if bytes_in else smooth", "if bytes_in else smooth.round_()", f"{CROP} -k numbers"),
    Mutant("bytes cut, not rounded", "vision/resample.py", "smooth.round_().clamp_(0, 255).to(torch.uint8) if bytes_in", "smooth.clamp_(0, 255).to(torch.uint8) if bytes_in", "tests/vision/test_bytes.py"),
    Mutant("mixup's target of the other one", "vision/mixup.py", "torch.lerp(targets[partner], targets, shares.unsqueeze(1))", "torch.lerp(targets, targets[partner], shares.unsqueeze(1))", f"{MIX} -k mixup"),
    Mutant("target by the drawn share, not by the pixels", "vision/mixup.py", "left = 1 - inside.float().mean((1, 2))", "left = shares", f"{MIX} -k pixels"),
    Mutant("sides of the box, not its area", "vision/mixup.py", "length = (1 - shares).sqrt()", "length = 1 - shares", f"{MIX} -k sides"),
    Mutant("shares drawn evenly", "vision/sampling.py", "torch.lerp(quantiles[below], quantiles[below + 1], place - below)", "place / (QUANTILES - 1)", f"{MIX} -k beta"),
    Mutant("generator of the process", "vision/sampling.py", "Generator(self.device).manual_seed(derive(self.seed, \"augment\", self.step, change))", "torch.default_generator", f"{AUGMENT} -k decide"),
    Mutant("every step the same draw", "vision/sampling.py", "\"augment\", self.step, change", "\"augment\", change", f"{AUGMENT} -k decide"),
    Mutant("one generator for all changes", "vision/sampling.py", "self.step, change)", "self.step)", f"{AUGMENT} -k two_changes"),
    Mutant("one draw for the whole batch", "vision/sampling.py", "torch.rand(shape, generator=generator, device=generator.device)", "torch.rand(1, generator=generator, device=generator.device).expand(shape)", f"{AUGMENT} -k own_draw"),
    Mutant("never moved the whole way", "vision/augment.py", "2 * config.translate + 1", "2 * config.translate", f"{AUGMENT} -k offset"),
    Mutant("an oblong crop made square", "vision/joint.py", "(self.height, self.width) if self.to_size is None", "(self.height, self.height) if self.to_size is None", f"{AUGMENT} -k decide"),
    Mutant("flips twice the same image", "train/evaluate.py", "model(inputs.flip(-1))", "model(inputs)", f"{TASK} -k flips"),
    Mutant("smoothing forgotten", "train/task.py", "if not share:\n        return task", "if True:\n        return task", f"{TASK} -k smoothed"),
    Mutant("resized where it is still to be changed", "experiments/data.py", "fit_images(train, side) if experiment.settings.augment.idle else train", "fit_images(train, side)", "tests/experiments/test_images.py -k resized_once"),
]  # fmt: skip
