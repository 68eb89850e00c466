import torch

from d2lab.exercises import RandomInputs, exercise

NAMES = ("cat", "deer", "dog", "frog", "owl")


def answers_of_images(draw: RandomInputs):
    count, kinds = draw.size(4, 6), draw.size(3, 5)
    numbers = {draw.size(1, 9), draw.size(1, 9), *(draw.size(10, 130) for _ in range(count))}
    ids = sorted(map(str, numbers), key=lambda name: name[::-1])
    answers = draw.uniform(len(ids), kinds, low=0.1)
    return ids, answers / answers.sum(1, keepdim=True), list(NAMES[:kinds])


@exercise("kaggle-pictures", order=3, zh="提交文件的行", en="Rows of a submission", arguments=answers_of_images)
def submission_rows(ids: list[str], probabilities: torch.Tensor, classes: list[str]) -> list[str]:
    """Write the rows of a submission: the most probable class of each image, ids counted up.

    写出提交文件的各行：每张图片最可能的类别，编号从小到大。

    Args:
        ids: of the images, whole numbers as text, in the order of the folder. 图片的编号，写成文字的整数，次序与文件夹一致。
        probabilities: (n, K), a row for each id. 每个编号一行。
        classes: names of the K classes. K 个类别的名字。

    Returns:
        "id,class" for each image, ids as numbers rising. 每张图片一个 "编号,类别"，编号按数值从小到大。

    >>> submission_rows(["10", "9"], torch.tensor([[0.9, 0.1], [0.2, 0.8]]), ["cat", "dog"])
    ['9,dog', '10,cat']
    """
    raise NotImplementedError


@submission_rows.solution(
    en="Pair each id with its answer first, sort the pairs afterwards, and by the number: as text 10 comes before 9.",
    zh="先把编号和答案配成对，再按数值排序：按文字排，10 在 9 前面。",
)
def submission_rows(ids, probabilities, classes):
    answers = [classes[number] for number in probabilities.argmax(1).tolist()]
    pairs = sorted(zip(ids, answers), key=lambda pair: int(pair[0]))
    return [f"{name},{answer}" for name, answer in pairs]


@submission_rows.mistake(
    en="Ids were sorted as text: 10 comes before 9.",
    zh="编号按文字排了：10 排到了 9 前面。",
)
def sorted_as_text(ids, probabilities, classes):
    answers = [classes[number] for number in probabilities.argmax(1).tolist()]
    return [f"{name},{answer}" for name, answer in sorted(zip(ids, answers))]


@submission_rows.mistake(
    en="Ids were sorted and the answers were not: every answer must move with its id.",
    zh="只排了编号，没有排答案：答案要跟着自己的编号走。",
)
def answers_left_behind(ids, probabilities, classes):
    answers = [classes[number] for number in probabilities.argmax(1).tolist()]
    return [f"{name},{answer}" for name, answer in zip(sorted(ids, key=int), answers)]


@submission_rows.mistake(
    en="The least probable class was named.",
    zh="写的是最不可能的类别。",
)
def least_probable(ids, probabilities, classes):
    answers = [classes[number] for number in probabilities.argmin(1).tolist()]
    pairs = sorted(zip(ids, answers), key=lambda pair: int(pair[0]))
    return [f"{name},{answer}" for name, answer in pairs]


@submission_rows.mistake(
    en="Rows are in the order of the folder: count the ids up.",
    zh="各行还是文件夹的次序：编号要从小到大。",
)
def order_of_the_folder(ids, probabilities, classes):
    answers = [classes[number] for number in probabilities.argmax(1).tolist()]
    return [f"{name},{answer}" for name, answer in zip(ids, answers)]


@submission_rows.mistake(
    en="The number of the class stands there: the contest wants its name.",
    zh="写的是类别的编号：竞赛要的是名字。",
)
def number_for_name(ids, probabilities, classes):
    pairs = sorted(zip(ids, probabilities.argmax(1).tolist()), key=lambda pair: int(pair[0]))
    return [f"{name},{number}" for name, number in pairs]


@submission_rows.mistake(
    en="Names were taken from the wrong end of the list.",
    zh="名字是从列表的另一头取的。",
)
def names_reversed(ids, probabilities, classes):
    answers = [classes[-1 - number] for number in probabilities.argmax(1).tolist()]
    pairs = sorted(zip(ids, answers), key=lambda pair: int(pair[0]))
    return [f"{name},{answer}" for name, answer in pairs]
