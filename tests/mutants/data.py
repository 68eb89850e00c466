"""Mistakes with images and their files: pickles, folders, caches, streams, Kaggle's tables."""

from tests.mutants.mutant import Mutant

PICKLED, CIFAR, IMAGE = "tests/data/test_pickled.py", "tests/data/test_cifar10.py", "tests/data/test_image.py"
FOLDER, IMAGES, KAGGLE = "tests/data/test_folder.py", "tests/data/test_image_folder.py", "tests/data/test_kaggle.py"
RUNS = "tests/experiments/test_folder_runs.py"
CONTEST, CONTEST_RUNS = "tests/data/test_contest.py", "tests/experiments/test_contest_runs.py"
PREPARED = "tests/experiments/test_preparation.py -x"
MUTANTS = [
    Mutant("any name is known", "data/pickled.py", "if argument not in KNOWN:", "if argument is None:", PICKLED),
    Mutant("bytes after the end go unseen", "data/pickled.py", "if end != len(program):", "if end > len(program):", PICKLED),
    Mutant("a mark is a value", "data/pickled.py", '_require(self.stack[-1] is not _MARK, "a value to keep")', "pass", PICKLED),
    Mutant("axes without end", "data/pickled.py", "len(shape) <= AXES and ", "", PICKLED + " -k axes"),
    Mutant("any type is one of bytes", "data/pickled.py", 'arguments == (b"u1", 0, 1)', "arguments", PICKLED),
    Mutant("files of a folder unchecked", "data/checksum.py", 'if answer != "ok"), "ok")', 'if answer == "missing"), "ok")', CIFAR),
    Mutant("settings not shared by like sets", "recipes/recipe.py", " or self.on.get(card.like, {})", " or {}", CIFAR),
    Mutant("jpegs in any order", "data/jpeg_archive.py", "name != wanted or ", "", CIFAR),
    Mutant("a half set is whole", "data/decoded.py", "if rows.done != rows.shape[0]:", "if rows.done > rows.shape[0]:", CIFAR),
    Mutant("sizes of the files not looked at", "data/decoded.py", "found == self.manifest and sizes == wanted", "found == self.manifest", CIFAR),
    Mutant("leftovers stay", "data/decoded.py", "shutil.rmtree(leftover, ignore_errors=True)", "pass", CIFAR),
    Mutant("the corner instead of the center", "data/image.py", "(whole.width - short) / 2, (whole.height - short) / 2", "0, 0", IMAGE),
    Mutant("photos lie on their side", "data/image.py", "image.transpose(turns[orientation]) if known else image", "image", IMAGE),
    Mutant("every format of Pillow is opened", "data/image.py", "Image.open(file, formats=FORMATS)", "Image.open(file)", IMAGE),
    Mutant("redrawn images are taken from the cache", "data/image_folder.py", '{"files": listing.stamp', '{"files": listing.digest', IMAGES),
    Mutant("parts in one case only", "data/folder.py", "name.casefold()", "name", FOLDER),
    Mutant("drafts too small", "data/image.py", "GAP * side / min(size)", "side / max(size) / 2", IMAGE),
    Mutant("the largest hashes of all classes go", "data/listing.py", "np.flatnonzero(numbers == number)", "np.flatnonzero(numbers >= number)", FOLDER),
    Mutant("a whole class is held out", "data/listing.py", ", len(members) - 1)", ", len(members))", FOLDER),
    Mutant("loops are followed", "data/listing.py", "if (here.st_dev, here.st_ino) in above:", "if len(above) > 30:", FOLDER),
    Mutant("upper case is no image", "data/listing.py", "{suffix.lower()}", "{suffix}", FOLDER),
    Mutant("sizes not in the digest", "data/listing.py", "\\0{size}\\0", "\\0", FOLDER),
    Mutant("names shift by one", "data/names.py", "self._ends[row] : self._ends[row + 1]", "self._ends[row] : self._ends[row] + 1", FOLDER),
    Mutant("a chosen subset keeps its old names", "data/names.py", "self._rows[numbers]", "self._rows[: len(numbers)]", IMAGES),
    Mutant("a changed folder is taken", "data/image_folder.py", "listing.digest != card.listing", "not listing.digest", IMAGES),
    Mutant("pages of text instead of errors", "data/stream.py", "            return error\n", "            raise\n", IMAGES + " -k worker"),
    Mutant("decoded twice", "data/decoded.py", "if self.is_whole():  # another", "if not self.folder:  # another", IMAGES),
    Mutant("ids as words", "data/kaggle.py", "key=lambda row: _in_order(row[0])", "key=lambda row: row[0]", KAGGLE),
    Mutant("written in place", "data/kaggle.py", 'growing = out.with_name(f".{out.name}.{secrets.token_hex(4)}.part")', "growing = out", KAGGLE),
    Mutant("labels that leave their folder", "data/kaggle.py", "if label.startswith(\".\") or", "if", KAGGLE),
    Mutant("a file says which code runs", "experiments/recorded.py", "return dataclasses.replace(card, module=catalog.OPENED_BY[kind])", "return card", RUNS),
    Mutant("ids of a contest as words", "data/contest_table.py", "(len(piece) if odd % 2 else 0, piece)", "(0, piece)", CONTEST),
    Mutant("paths may climb", "data/contest.py", 'not any(part.startswith(".") for part in parts)', "len(parts) > 1", CONTEST + " -k refused"),
    Mutant("rare classes hold nothing out", "data/contest.py", "max(HELD, 1 / len(mine))", "HELD", CONTEST),
    Mutant("classes in the order of the rows", "data/contest.py", "tuple(sorted({row[1] for row in table.rows}))", "tuple(dict.fromkeys(row[1] for row in table.rows))", CONTEST),
    Mutant("columns in the order of the model", "data/contest_answers.py", "[list(classes).index(name) for name in columns]", "list(range(len(columns)))", CONTEST),
    Mutant("copies by size alone", "data/same_files.py", "groups[_hash(listed[place][1])]", "groups[b'']", CONTEST),
    Mutant("the last of the best epochs", "experiments/retrain.py", "min(finite)[1]", "min(finite, key=lambda pair: (pair[0], -pair[1]))[1]", CONTEST_RUNS + " -k epoch"),
    Mutant("validation held out again", "experiments/retrain.py", '"loop.validation": 0.0, ', "", CONTEST_RUNS + " -k anew"),
    Mutant("a letterbox and a crop in one place of the cache", "data/image_folder.py", 'if fit != "crop":', "if not fit:", f"{PREPARED} -k do_not_meet"),
    Mutant("a letterbox in the corner", "data/image_fit.py", "left, top = (side - width) // 2, (side - height) // 2", "left, top = 0, 0", f"{PREPARED} -k gray_bars"),
    Mutant("examples read as crops", "data/image_files.py", "channels=self.channels, fit=self.fit)", "channels=self.channels)", f"{PREPARED} -k file_by_file"),
    Mutant("held out as crops", "data/image_files.py", "**how, fit=self.fit)", "**how)", f"{PREPARED} -k held_out"),
    Mutant("a record that forgets the bars", "experiments/plan.py", 'return settings.fit if squares(card) else "pad"', 'return "crop" if squares(card) else "pad"', f"{PREPARED} -k file_by_file"),
    Mutant("decoded small before augmenting", "experiments/plan.py", "return side if side is not None and settings.augment.idle else", "return side if side is not None else", RUNS),
]  # fmt: skip
