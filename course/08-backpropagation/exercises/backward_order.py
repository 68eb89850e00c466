from d2lab.exercises import RandomInputs, exercise


def graph(draw: RandomInputs):
    n = draw.size(3, 7)
    return (n, [(i, j) for j in range(1, n) for i in range(j) if i == j - 1 or draw.boolean()])


@exercise("graphs-and-memory", order=1, zh="反向传播的次序", en="The order of the backward pass", arguments=graph)
def backward_order(nodes: int, edges: list[tuple[int, int]]) -> list[int]:
    """Order the nodes for the backward pass: each only after all that were made from it; of several that may come, the highest number first.

    排出反向的次序：一个节点要在由它算出的所有节点之后；同时可选时，编号大的在前。

    Args:
        nodes: numbered from 0; the last is the loss. 从 0 编号，最后一个是损失。
        edges: (from, to) pairs, from < to.

    >>> backward_order(3, [(0, 2), (0, 1), (1, 2)])
    [2, 1, 0]
    """
    raise NotImplementedError


@backward_order.solution(
    en="Edges lead from lower to higher numbers, so counting down will do.",
    zh="边总是从小编号指向大编号，倒着数就满足要求。",
)
def backward_order(nodes, edges):
    return list(range(nodes))[::-1]


@backward_order.mistake(en="This is the order of the forward pass.", zh="这是前向的次序。")
def forwards(nodes, edges):
    return list(range(nodes))


@backward_order.mistake(en="The loss is missing: it is where the backward pass begins.", zh="漏了损失：反向从它开始。")
def without_loss(nodes, edges):
    return list(range(nodes - 1))[::-1]


@backward_order.mistake(en="The inputs, from which all begins, are missing.", zh="漏了最前面的输入。")
def without_input(nodes, edges):
    return list(range(1, nodes))[::-1]


@backward_order.mistake(
    en="A node came twice, once for each use: it is visited once, when its gradient is complete.",
    zh="用过两次的节点出现了两次：等梯度收齐，只访问一次。",
)
def once_for_each_use(nodes, edges):
    return [nodes - 1] + [a for a, _ in sorted(edges, reverse=True)]
