"""Chapter 1: looking things up from within Python."""

import importlib
import inspect
import pydoc
import types

import torch

import d2lab
from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence


@claim(
    chapter=1,
    kind="definition",
    en="What a library offers can be looked up from code: every public name of d2lab's rooms says what it is.",
    zh="库里有什么，可以直接在代码中查到：d2lab 各部分的每个公开名称都带有说明。",
)
def public_names_can_be_looked_up() -> Evidence:
    rooms = [
        importlib.import_module(f"d2lab.{room}")
        for room in ("algebra", "engine", "inspection", "layers", "models", "optimizers", "parallel", "plot", "tables")
    ]
    things = {f"{room.__name__}.{name}": getattr(room, name) for room in rooms for name in room.__all__}
    named = {name: thing for name, thing in things.items() if inspect.isfunction(thing) or inspect.isclass(thing)}
    silent = [name for name, thing in named.items() if not inspect.getdoc(thing)]
    page = pydoc.plain(pydoc.render_doc(d2lab.tables.medical_test))
    shown = "medical_test(prevalence" in page and "positive tests" in page
    return Evidence(
        value={"silent": len(silent), "names": len(named)},
        bound="0 without a description, and a page of help that shows arguments and text",
        verdict="holds" if not silent and shown else "does not hold",
        n=len(named),
        counterexample=", ".join(silent),
        why_en="A docstring is part of the object, so help() needs no network: {silent} of {names} public functions "
        "and classes have none.",
        why_zh="文档字符串是对象的一部分，help() 不需要联网：{names} 个公开的函数和类中，没有说明的有 {silent} 个。",
    )


@claim(
    chapter=1,
    kind="definition",
    en="dir(module) lists exactly the functions and classes that the module offers.",
    zh="dir(模块) 列出的正是该模块提供的全部函数和类。",
    covers=("names that begin with an underscore are internal: a convention, which none of these lists breaks",),
)
def dir_lists_what_a_module_offers() -> Evidence:
    module = torch.distributions
    listed = {name for name in dir(module) if not name.startswith("_")}
    offered = set(module.__all__)
    extra, internal = listed - offered, sum(name.startswith("_") for name in offered)
    lazy = types.ModuleType("lazy")
    lazy.__getattr__ = {"room": len}.__getitem__  # type: ignore[method-assign]  # as modules do that import late
    missing = int(lazy.room is len and "room" not in dir(lazy))
    fails = bool(extra) or bool(missing)
    return Evidence(
        value={"extra": len(extra), "missing": missing, "internal": internal},
        bound="0 names more than __all__ of torch.distributions, 0 missing of a module that imports late",
        verdict="does not hold" if fails else "holds",
        n=len(listed),
        counterexample=f"torch.distributions.{min(extra)} is listed and not offered" if extra else "",
        why_en="dir() shows the names bound so far: {extra} of torch.distributions are its own files and what they "
        "import. A name that is made when first asked for is missing, unless the module defines __dir__, as d2lab "
        "does. __all__ is the promise.",
        why_zh="dir() 只显示当前已绑定的名字：torch.distributions 多出 {extra} 个（自身的文件和导入的模块）；"
        "按需生成的名字则不会列出，除非像 d2lab 那样定义了 __dir__。__all__ 才是承诺。",
    )


@claim(
    chapter=1,
    kind="definition",
    en="help(torch.ones) shows its signature and its description.",
    zh="help(torch.ones) 会显示它的签名和说明。",
    covers=("a question mark after a name shows the same in a notebook",),
)
def help_shows_signature_and_description() -> Evidence:
    page = pydoc.plain(pydoc.render_doc(torch.ones))
    words = ("ones(*size", "out=None", "dtype=None", "requires_grad=False", "Returns a tensor filled with")
    missing = [word for word in words if word not in page]
    return Evidence(
        value={"missing": len(missing), "words": len(words), "lines": len(page.splitlines())},
        bound="0 missing",
        verdict="does not hold" if missing else "holds",
        n=len(words),
        counterexample=", ".join(missing),
        why_en="torch writes signature and text into the docstring of its compiled functions, for help() to find: "
        "{missing} of {words} words are missing.",
        why_zh="torch 把签名和说明写进了编译函数的文档字符串，help() 因此查得到：{words} 处中缺 {missing} 处。",
    )


@claim(
    chapter=1,
    kind="definition",
    en="Two question marks show the source of any function.",
    zh="两个问号能显示任何函数的源代码。",
    scope="functions that torch itself names; tried by inspect.getsource, which ?? calls",
)
def source_can_be_shown_for_any_function() -> Evidence:
    names = [name for name in dir(torch) if callable(getattr(torch, name)) and not name.startswith("_")]
    functions = [name for name in names if inspect.isroutine(getattr(torch, name))]
    without = []
    for name in functions:
        try:
            inspect.getsourcefile(getattr(torch, name))
        except TypeError:
            without.append(name)
    own = inspect.getsource(d2lab.tables.medical_test)
    share = len(without) / len(functions)
    return Evidence(
        value={"share": share, "without": len(without), "functions": len(functions)},
        bound="0 of torch's functions without source",
        verdict="does not hold" if "ones" in without and "def medical_test" in own else "holds",
        n=len(functions),
        counterexample="torch.ones" if "ones" in without else "",
        why_en="{share:.0%} of torch's functions are compiled C++, of which Python holds no text; functions written in "
        "Python show theirs.",
        why_zh="torch 的函数有 {share:.0%} 是编译好的 C++，Python 里没有它们的源代码；用 Python 写的函数才看得到。",
    )
