"""Mistakes in reading and preparing tables."""

from tests.mutants.mutant import Mutant

FRAME, FILE = "tests/tables/test_frame.py -x", "tests/tables/test_table_file.py -x"
PREPARATION, LEAKS = "tests/tables/test_table_preparation.py -x", "tests/tables/test_leaks.py -x"
MUTANTS = [
    Mutant("underscores in numbers", "tables/frame.py", 'if "_" in text or not text.isascii():', "if False:", FRAME),
    Mutant("missing categories count as the last word", "tables/frame.py", "None if code == MISSING else", "None if code == -2 else", FRAME),
    Mutant("days without their time", "tables/frame.py", '.replace(" ", "T"), "s")', '.replace(" ", "T"), "D")', FRAME),
    Mutant("infinite numbers", "tables/frame.py", "if np.isinf(numbers).any():", "if False:", FRAME),
    Mutant("a byte order mark in the header", "tables/table_file.py", 'encoding="utf-8-sig"', 'encoding="utf-8"', FILE),
    Mutant("rows of any length", "tables/table_file.py", "if len(row) != width:", "if len(row) > width:", FILE),
    Mutant("lines without end", "tables/table_file.py", "if len(line) == MOST_LINE:", "if False:", FILE),
    Mutant("a word after many numbers", "tables/table_file.py", 'wanted[word.column] = "category"', 'wanted[word.column] = "number"', FILE),
    Mutant("days to the end because of days so far", "tables/table_file.py", 'elif found.kind == "category":\n            self.kind = "category"', "else:\n            self.kind = found.kind", FILE),
    Mutant("delimiters inside quotation marks", "tables/table_file.py", """header.split('"')[::2]""", """header.split('"')""", FILE),
    Mutant("a mean for the median", "tables/preparation.py", "np.median(there)", "np.mean(there)", PREPARATION),
    Mutant("no flag of what was missing", "tables/preparation.py", "flagged = bool(missing.any())", "flagged = False", PREPARATION),
    Mutant("one row more for a word", "tables/preparation.py", "if found[word] >= least)", "if found[word] > least)", PREPARATION),
    Mutant("new words are the missing one", "tables/preparation.py", "for level in (*column.levels, NO_WORD)]", "for level in (NO_WORD, *column.levels)]", PREPARATION),
    Mutant("constants divided by rounding", "tables/preparation.py", "if spread > 1e-12 * max", "if spread > 0 * max", PREPARATION),
    Mutant("leaks on the rows themselves", "tables/leaks.py", "cross_val_predict(DecisionTreeRegressor(**how), x, y, cv=folds)", "DecisionTreeRegressor(**how).fit(x, y).predict(x)", LEAKS),
    Mutant("rows alike in their first column", "tables/leaks.py", "return list(zip(*columns, strict=True))", "return list(zip(*columns[:1], strict=True))", LEAKS),
    Mutant("all rows of a long table", "tables/leaks.py", "if len(rows) > MOST_ROWS:", "if False:", "tests/tables/test_leaks.py -k long"),
]  # fmt: skip
