"""What a learner is told when an exercise is not right yet, in both languages: where to look, never the answer."""

import traceback
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from d2lab.core.language import Language
from d2lab.exercises.exercise import Exercise, Text

SHOWN = 6  # numbers of a tensor that a hint shows
LINE = 160  # characters of one value


def unfinished(name: str) -> Text:
    """The stub as it was given."""
    return {
        "en": f"{name} still raises NotImplementedError: write its body, and take that line out.",
        "zh": f"{name} 还在抛出 NotImplementedError：写好函数体，再删掉那一行。",
    }


def failed(error: BaseException, file: str, arguments: str) -> Text:
    """The code raised an error: say where, without a trace."""
    place = where(error, file)
    said = f"{type(error).__name__}: {one_line(_safe(str, error))}".rstrip(": ")
    at = {"en": f" in line {place[0]} ({place[1]})", "zh": f"，出错在第 {place[0]} 行（{place[1]}）"} if place else None
    meaning = _meaning(error)
    return {
        "en": f"It stops with {said}{at['en'] if at else ''}, for {arguments}.{meaning['en']}",
        "zh": f"运行时报错 {said}{at['zh'] if at else ''}，当时的输入是 {arguments}。{meaning['zh']}",
    }


def changed() -> Text:
    """The values are right, and an argument was changed in place."""
    return {
        "en": "The result is right, but an argument is changed in place: whoever calls it loses the input. "
        "Look for methods that end in an underscore, for += and for assignments to x[...].",
        "zh": "结果对了，但是函数就地改掉了输入，调用者的数据就丢了。找一找以下划线结尾的方法、+= 和对 x[...] 的赋值。",
    }


def nothing() -> Text:
    """It returned None."""
    return {
        "en": "It returns None. Is there a return, and is it reached? print shows a value and returns none.",
        "zh": "它返回了 None。有没有写 return？走得到那里吗？print 只是显示，并不会把值交回来。",
    }


def constant(value: Any) -> Text:  # noqa: ANN401
    """The same answer came for every input."""
    return {
        "en": f"It returns {show(value)} for every input: that answer is hard-coded, not computed from the arguments.",
        "zh": f"不论输入是什么，它都给出 {show(value)}：这是写死的答案，没有用参数来算。",
    }


def kind(got: Any, need: Any) -> Text:  # noqa: ANN401
    """A list came where a tensor is asked for, or the like."""
    return {
        "en": f"It returns {kind_of(got, 'en')}; {kind_of(need, 'en')} is asked for.",
        "zh": f"它给出的是{kind_of(got, 'zh')}，要求的是{kind_of(need, 'zh')}。",
    }


def shape(got: object, need: object, arguments: str) -> Text:
    """The shape is not that of the right answer."""
    return {
        "en": f"The shape is {got} where {need} is asked for, with {arguments}. Which axis goes, which one stays?",
        "zh": f"形状是 {got}，应当是 {need}，输入是 {arguments}。想想哪个轴该消失，哪个该留下。",
    }


def not_finite(value: Any, arguments: str) -> Text:  # noqa: ANN401
    """Inf or nan came out."""
    return {
        "en": f"It returns {show(value)} for {arguments}, where the right answer is finite. "
        "Which step divides by zero, takes the logarithm of 0, or overflows?",
        "zh": f"输入是 {arguments} 时它给出 {show(value)}，而正确答案是有限的数。"
        "哪一步除以了零、对 0 取了对数，或者溢出了？",
    }


def wrong(value: Any, arguments: str, right: int, tried: int, *, examples: bool) -> Text:  # noqa: ANN401
    """Nothing that is known explains it: show the smallest trial that fails."""
    also = {"en": "", "zh": ""}
    if examples:
        also["en"] = " The examples of the task come out right: does it hold for other numbers, or only for those?"
        also["zh"] = " 题目里的例子倒是都对：换一组数还对吗？是不是只对那几个数成立？"
    return {
        "en": f"Right for {right} of {tried} random inputs. For {arguments} it returns {show(value)}, "
        f"which is not right: work this one out by hand.{also['en']}",
        "zh": f"{tried} 组随机输入中对了 {right} 组。输入是 {arguments} 时它给出 {show(value)}，"
        f"不对：先用手算一遍这一组。{also['zh']}",
    }


def endless(line: int | None, seconds: float | int) -> Text:
    """It did not come back in time."""
    at = {"en": f" Line {line} was running." if line else "", "zh": f"停下时正在执行第 {line} 行。" if line else ""}
    return {
        "en": f"It had not come back after {seconds:g} s and was stopped.{at['en']} "
        "Is there a loop whose condition never changes, or a call of itself that never ends?",
        "zh": f"{seconds:g} 秒还没有结束，已经停掉。{at['zh']}是不是有一个条件永远不变的循环，或者没有出口的递归？",
    }


def too_large(gibibytes: float | int) -> Text:
    """It took more memory than it may."""
    return {
        "en": f"It took more than {gibibytes:g} GiB of memory and was stopped. Which tensor or list grows, "
        "and does it have to hold everything at once?",
        "zh": f"占用的内存超过 {gibibytes:g} GiB，已经停掉。哪个张量或列表在变大？一定要一次装下全部吗？",
    }


def missing(name: str) -> Text:
    """The file has run, and the function is not among its names."""
    return {
        "en": f"The file does not define {name} when it runs: is it deleted, or defined only under a condition?",
        "zh": f"文件运行之后没有 {name}：是不是被删掉了，或者只在某个条件下才定义？",
    }


def changes_checker(name: str) -> Text:
    """The file put something else in place of a function of the checker."""
    return {
        "en": f"The file replaces {name} of the checker: change your own function only.",
        "zh": f"文件替换了检查程序的 {name}：请只改自己的函数。",
    }


def printing() -> Text:
    """It wrote without end."""
    return {
        "en": "It printed more than a megabyte and was stopped. Is there a print in a loop that does not end?",
        "zh": "打印的内容超过一兆字节，已经停掉。是不是在一个不结束的循环里 print？",
    }


def died(code: int) -> Text:
    """The process ended by itself."""
    return {
        "en": f"Python itself ended (code {code}) before the check was done. "
        "Look for exit(), os._exit() and for recursion without an end.",
        "zh": f"检查还没做完，Python 自己就退出了（退出码 {code}）。找一找 exit()、os._exit() 和没有出口的递归。",
    }


def unreadable(error: BaseException, file: str) -> Text:
    """The file can't be read as Python, or fails before any function is called."""
    if isinstance(error, SyntaxError):
        said = f"{error.msg}: {(error.text or '').strip()}"
        return {
            "en": f"Python can't read line {error.lineno} ({said}). Look for a missing bracket, colon or indent, "
            "in that line and the one before.",
            "zh": f"Python 读不懂第 {error.lineno} 行（{said}）。看看这一行和上一行，是不是少了括号、冒号或缩进。",
        }
    return failed(error, file, "the file itself")


def where(error: BaseException, file: str) -> tuple[int, str] | None:
    """Find the last line of the learner's own file that the error came through, and its text; None if it has none."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    return (frames[-1].lineno or 0, frames[-1].line or "") if frames else None


def named(exercise: Exercise, arguments: Sequence[Any]) -> str:
    """Show arguments by their names: x = [1.0, 2.0], rate = 0.1."""
    code = getattr(exercise.stub, "__code__", None)
    names = code.co_varnames[: code.co_argcount] if code is not None else ()
    if len(names) != len(arguments):
        return ", ".join(show(one) for one in arguments)
    return ", ".join(f"{name} = {show(one)}" for name, one in zip(names, arguments, strict=True))


def show(value: Any) -> str:  # noqa: ANN401
    """Show a value in a few characters: small tensors whole, large ones by their shape."""
    if isinstance(value, Tensor):
        return str(_rounded(value.tolist())) if value.numel() <= SHOWN else f"a {_shape(value)} tensor"
    if isinstance(value, torch.nn.Module):
        return type(value).__name__
    if isinstance(value, list | tuple):
        return f"[{', '.join(show(part) for part in value)}]"[:LINE]
    if callable(value):
        return getattr(value, "__name__", "a function")
    return one_line(_safe(repr, _rounded(value)))


def _safe(to_text: Callable[[Any], str], value: Any) -> str:  # noqa: ANN401
    """Write a value of a learner's class, whose own way to write itself may fail."""
    try:
        return str.__str__(to_text(value))
    except Exception:
        return type(value).__name__


def one_line(text: str) -> str:
    """Put a text into one short line."""
    flat = " ".join(text.split())
    return flat if len(flat) <= LINE else flat[: LINE - 1] + "…"


def _rounded(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, list):
        return [_rounded(part) for part in value]
    return float(f"{value:.5g}") if isinstance(value, float) else value


def _shape(value: Tensor) -> str:
    return " x ".join(str(side) for side in value.shape)


def kind_of(value: Any, language: Language) -> str:  # noqa: ANN401
    """Return a description of the type of a value."""
    names = {
        Tensor: ("a tensor", "张量"),
        bool: ("True or False", "True 或 False"),
        int: ("an integer", "整数"),
        float: ("a number", "一个数"),
        str: ("a text", "字符串"),
        list: ("a list or tuple", "列表或元组"),
        tuple: ("a list or tuple", "列表或元组"),
        dict: ("a dictionary", "字典"),
        torch.nn.Module: ("a module", "模块"),
    }
    found = next((words for known, words in names.items() if isinstance(value, known)), None)
    return (found or (f"a {type(value).__name__}", f" {type(value).__name__} "))[0 if language == "en" else 1]


def _meaning(error: BaseException) -> Text:
    """Say what usually stands behind a kind of error."""
    text = _safe(str, error)
    known: list[tuple[bool, str, str]] = [
        (isinstance(error, NameError), "Is the name written as it was given, and imported?",
         "名字拼对了吗？导入了吗？"),
        ("shapes cannot be multiplied" in text or "size of tensor" in text or "must match" in text,
         "Print the shapes of both sides before that line.", "在这一行之前，把两边的形状打印出来。"),
        (isinstance(error, IndexError), "Which is the last index that exists?", "最后一个存在的下标是多少？"),
        (isinstance(error, RecursionError), "Where does it stop calling itself?", "递归在哪里停下？"),
        (isinstance(error, MemoryError) or "can't allocate" in text,
         "How large is the tensor that is asked for?", "要分配的张量有多大？"),
        (isinstance(error, EOFError), "Nobody is there to answer input(): take the arguments.",
         "这里没有人回答 input()：请使用参数。"),
        (isinstance(error, SystemExit), "Leave exit() out: the check goes on after the call.",
         "不要写 exit()：调用之后检查还要继续。"),
    ]  # fmt: skip
    found = next(((en, zh) for is_so, en, zh in known if is_so), ("", ""))
    return {"en": f" {found[0]}".rstrip(), "zh": found[1]}
