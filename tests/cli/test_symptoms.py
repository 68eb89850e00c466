"""The page of symptoms: found in a learner's words, every command on it exists, its output is what d2lab prints."""

import re
import shlex

import pytest
from typer.main import get_command

from d2lab.claims.catalog import CLAIMS
from d2lab.claims.glossary import course_file
from d2lab.cli.main import app
from d2lab.cli.settings import parse_settings
from d2lab.core.language import LANGUAGES
from d2lab.experiments.plan import plan
from d2lab.lessons.prose import commands
from d2lab.lessons.symptoms import CLAIM, search_symptoms, symptoms

ZH = {
    "损失不下降": "loss-stuck",
    "损失一直是2.303": "loss-stuck",
    "loss 不下降怎么办": "loss-stuck",
    "损失卡在 2.3": "loss-stuck",
    "loss 是 nan": "loss-nan",
    "损失变成nan": "loss-nan",
    "训练发散": "loss-nan",
    "梯度爆炸": "loss-nan",
    "准确率一直是0.1": "accuracy-at-chance",
    "只预测一个类别": "accuracy-at-chance",
    "准确率和瞎猜一样": "accuracy-at-chance",
    "过拟合": "overfitting",
    "训练集好测试集差": "overfitting",
    "过拟合怎么办": "overfitting",
    "损失震荡": "loss-jumps",
    "曲线抖得厉害": "loss-jumps",
    "训练不稳定": "loss-jumps",
    "验证损失先降后升": "loss-rises-again",
    "什么时候停止训练": "loss-rises-again",
    "测试准确率高于训练准确率": "held-out-better",
    "验证损失比训练损失低": "held-out-better",
    "忘了 model.eval()": "evaluate-differs",
    "训练模式和评估模式": "evaluate-differs",
    "自己的图片预测错": "predict-differs",
    "手写数字识别不出来": "predict-differs",
    "最后一个批量只有一个样本": "batch-of-one",
    "batch norm 报错": "batch-of-one",
    "矩阵形状不匹配": "shapes",
    "全连接层输入大小": "shapes",
    "标签越界": "labels-out-of-range",
    "类别数不对": "labels-out-of-range",
    "cuda 不可用": "no-cuda",
    "检测不到显卡": "no-cuda",
    "训练太慢": "slow",
    "怎么加速": "slow",
    "显存不足": "out-of-memory",
    "内存不够": "out-of-memory",
    "每次结果不一样": "runs-differ",
    "结果不可复现": "runs-differ",
    "昨天还能用": "data-changed",
    "微调后更差": "finetune-worse",
    "类别不平衡": "imbalance",
    "权重不更新": "weights-do-not-change",
    "梯度消失": "vanishing-gradient",
}
EN = {
    "loss stuck at 2.303": "loss-stuck",
    "loss not decreasing": "loss-stuck",
    "my loss does not go down": "loss-stuck",
    "loss stuck": "loss-stuck",
    "nan loss": "loss-nan",
    "why is my loss nan": "loss-nan",
    "loss explodes": "loss-nan",
    "loss inf": "loss-nan",
    "accuracy 0.1": "accuracy-at-chance",
    "accuracy stuck at 10%": "accuracy-at-chance",
    "no better than guessing": "accuracy-at-chance",
    "overfitting": "overfitting",
    "training accuracy 100% test low": "overfitting",
    "does not generalize": "overfitting",
    "loss goes up and down": "loss-jumps",
    "loss oscillates": "loss-jumps",
    "unstable training": "loss-jumps",
    "validation loss going up again": "loss-rises-again",
    "when to stop training": "loss-rises-again",
    "validation accuracy higher than training accuracy": "held-out-better",
    "test better than train": "held-out-better",
    "forgot model.eval()": "evaluate-differs",
    "evaluate differs from training": "evaluate-differs",
    "my photo is wrong": "predict-differs",
    "predict gives wrong class": "predict-differs",
    "expected more than 1 value per channel": "batch-of-one",
    "batch of one": "batch-of-one",
    "mat1 and mat2 shapes cannot be multiplied": "shapes",
    "size mismatch": "shapes",
    "target is out of bounds": "labels-out-of-range",
    "device-side assert": "labels-out-of-range",
    "cuda not available": "no-cuda",
    "gpu not found": "no-cuda",
    "training is slow": "slow",
    "gpu utilization low": "slow",
    "cuda out of memory": "out-of-memory",
    "killed": "out-of-memory",
    "different results every run": "runs-differ",
    "not reproducible": "runs-differ",
    "worked yesterday": "data-changed",
    "fine-tuning accuracy low": "finetune-worse",
    "class imbalance": "imbalance",
    "weights not updating": "weights-do-not-change",
    "forgot optimizer.step()": "weights-do-not-change",
    "vanishing gradient": "vanishing-gradient",
}
COMMANDS = sorted({line for one in symptoms().values() for text in one.bodies.values() for line in commands(text)})
SHOWN = {
    line[len("$ d2lab ") :]  # with its output, which is an error of planning where that is the symptom
    for one in symptoms().values()
    for line in one.bodies["en"].splitlines()
    if line.startswith("$ d2lab ")
}
PLANNED = {"train", "sweep", "augment"}
RERUN = ("loss-stuck", "loss-nan", "batch-of-one", "runs-differ", "weights-do-not-change", "no-cuda")


def options_of(line):
    """Parse a command as the command line does; give its verb and its options."""
    verb, *words = shlex.split(line.partition(")")[0])
    group = get_command(app)
    assert verb in group.commands, line
    command = group.commands[verb]
    if hasattr(command, "commands"):
        if not words:
            return verb, {}
        command, words = command.commands[words[0]], words[1:]
    return verb, command.make_context(verb, words).params


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_on_the_page_has_its_verb_options_and_settings(line):
    verb, options = options_of(line)
    if verb in PLANNED and line not in SHOWN and not str(options["data"]).startswith("folder:"):
        pairs = options["setting"] or []
        if verb == "sweep":  # each setting with the first of its values
            pairs = [re.split("[|]" if "|" in pair else ",", pair)[0] for pair in pairs]
        plan(options["recipe"], data=options["data"], changes=parse_settings(pairs), device="cpu")


@pytest.mark.parametrize("line", ["train mlp --set lrate=1", "train nlp", "explode", "train mlp --fast"])
def test_a_command_that_does_not_exist_is_found(line):
    with pytest.raises(BaseException):  # noqa: B017, PT011 (of whatever library finds it)
        test_every_command_on_the_page_has_its_verb_options_and_settings(line)


@pytest.mark.parametrize(("language", "queries"), [("zh", ZH), ("en", EN)])
def test_what_learners_see_finds_its_symptom(language, queries):
    assert len(queries) >= 40
    found = {query: search_symptoms(query).names for query in queries}
    assert {query: found[query][:2] for query, name in queries.items() if name not in found[query][:2]} == {}
    first = sum(found[query][0] == name for query, name in queries.items())
    assert first >= 0.9 * len(queries)


def test_each_symptom_shows_output_causes_checks_lessons_and_claims():
    assert len(symptoms()) >= 18
    for one in symptoms().values():
        blocks = [re.findall(r"^```text\n(.+?)^```", one.bodies[language], re.M | re.S) for language in LANGUAGES]
        assert blocks[0] == blocks[1], one.id
        assert blocks[0], one.id
        for language in LANGUAGES:
            body = one.bodies[language]
            assert one.said(language), one.id
            assert len(re.findall(r"^\d\. ", body, re.M)) >= 2, one.id
            assert len(re.findall(r"^- `d2lab ", body, re.M)) >= 2, one.id
            assert all((course_file("") / link).is_file() for link in re.findall(r"\]\(([^)]+\.md)\)", body)), one.id
            assert set(CLAIM.findall(body)) <= set(CLAIMS), one.id
            assert CLAIM.search(body), one.id


@pytest.mark.parametrize(("language", "title"), [("en", "The loss becomes nan or inf"), ("zh", "损失变成 nan 或 inf")])
def test_the_terminal_shows_what_the_page_says(language, title, d2lab, monkeypatch):
    monkeypatch.setenv("D2LAB_LANGUAGE", language)
    code, out, _ = d2lab("symptoms", "nan", "loss")
    assert (code, out.splitlines()[0]) == (0, title)
    assert "got nan, need a finite number" in out
    assert "d2lab learn nan-and-inf" in out
    assert "{claim}" not in out
    assert d2lab("symptoms")[1].count("\n") == len(symptoms())
    assert "No symptom is near" in d2lab("symptoms", "qqqq")[1]
    assert "The nearest" in d2lab("symptoms", "nan", "xylophone")[1]


@pytest.mark.slow
@pytest.mark.parametrize("name", RERUN)
def test_the_output_on_the_page_is_what_the_commands_print(name, d2lab, tmp_path, monkeypatch):
    monkeypatch.setenv("D2LAB_RUNS", str(tmp_path))
    block = re.findall(r"^```text\n(.+?)^```", symptoms()[name].bodies["en"], re.M | re.S)[0]
    for part in re.split(r"^\$ d2lab ", block, flags=re.M)[1:]:
        line, *shown = part.strip().splitlines()
        _, out, err = d2lab(*shlex.split(line))
        printed = [re.sub(r"\d[\d.,e+-]*", "#", text) for text in (out + err).splitlines()]
        assert [text for text in shown if re.sub(r"\d[\d.,e+-]*", "#", text) not in printed] == []
