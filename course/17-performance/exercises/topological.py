from d2lab.exercises import RandomInputs, exercise


def edges_of_a_graph(draw: RandomInputs):
    names = [f"{letter}" for letter in "abcdefgh"[: draw.size(5, 7)]]
    order = list(names)
    for n in range(len(order) - 1, 0, -1):
        m = draw.size(0, n)
        order[n], order[m] = order[m], order[n]
    edges = [(order[n], order[n + 1]) for n in range(len(order) - 1) if n % 3 != 1]
    edges += [(order[0], order[-1]), (order[1], order[3]), (order[0], order[2])]
    return ([list(edge) for edge in dict.fromkeys(edges)],)


@exercise("graphs", order=3, zh="拓扑排序", en="Topological sort", arguments=edges_of_a_graph)
def topological(edges: list[list[str]]) -> list[str]:
    """Order the nodes of a graph so that every edge leads forward.

    At each place of the order take, among the nodes all of whose inputs stand already, the one that comes first in the
    alphabet. There are no cycles, and every node has an edge.

    把图的节点排成一列，使每条边都从前指向后。每一步，在输入都已排好的节点里，取字母表中最靠前的。图里没有环，每个节点都有边。

    Args:
        edges: pairs [from, to]. 每条边是 [起点, 终点]。

    >>> topological([["b", "a"], ["c", "a"], ["a", "d"]])
    ['b', 'c', 'a', 'd']
    """
    raise NotImplementedError


def _sorted(edges, ready, choose=min):
    left, order = {node for edge in edges for node in edge}, []
    while left:
        now = [node for node in left if ready(node, order)]
        if not now:
            return order
        order.append(choose(now))
        left.remove(order[-1])
    return order


@topological.solution(
    en="Again and again, take the first node whose inputs stand already. A graph without cycles always has one.",
    zh="反复地取输入都已排好的第一个节点。没有环的图里总有这样一个。",
)
def topological(edges):
    left = {node for edge in edges for node in edge}
    order = []
    while left:
        ready = [n for n in left if not any(b == n and a in left for a, b in edges)]
        order.append(min(ready))
        left.remove(order[-1])
    return order


@topological.mistake(
    en="Edges were followed backwards: a node comes after its inputs.",
    zh="边的方向反了：节点要排在它的输入之后。",
)
def backwards(edges):
    return topological_of([(b, a) for a, b in edges])


def topological_of(edges):
    return _sorted(edges, lambda n, order: all(a in order for a, b in edges if b == n))


@topological.mistake(
    en="One input is enough here: a node needs all of its inputs.",
    zh="有一个输入就算好了：要等所有的输入。",
)
def one_input_is_enough(edges):
    def ready(node, order):
        inputs = [a for a, b in edges if b == node]
        return not inputs or any(a in order for a in inputs)

    return _sorted(edges, ready)


@topological.mistake(
    en="Sorted by the alphabet alone: edges were not looked at.",
    zh="只按字母排了：没有看边。",
)
def alphabet_alone(edges):
    return sorted({node for edge in edges for node in edge})


@topological.mistake(
    en="Among the nodes that are ready the last of the alphabet was taken, not the first.",
    zh="在可以排的节点里取了字母表中最靠后的，不是最靠前的。",
)
def last_of_the_alphabet(edges):
    return _sorted(edges, lambda n, order: all(a in order for a, b in edges if b == n), max)


@topological.mistake(
    en="Nodes without inputs are missing: they stand in front and belong to the order.",
    zh="漏了没有输入的节点：它们排在最前面，也在次序里。",
)
def without_sources(edges):
    inner = {b for _, b in edges}
    return [node for node in topological_of(edges) if node in inner]


@topological.mistake(
    en="Whole layers at a time: after each node look again at what has become ready, it may come before the rest.",
    zh="一层一层地排了：每排好一个就要重新看，新可以排的也许在其余的前面。",
)
def layer_by_layer(edges):
    left, order = {node for edge in edges for node in edge}, []
    while left:
        layer = sorted(n for n in left if not any(b == n and a in left for a, b in edges))
        order += layer
        left -= set(layer)
    return order
