from d2lab.exercises import exercise


@exercise(
    "rnn",
    order=2,
    zh="数循环网络的参数",
    en="Count the parameters",
    arguments=lambda draw: (draw.size(2, 60), draw.size(2, 60), draw.size(2, 60)),
)
def rnn_parameters(inputs: int, hidden: int, outputs: int) -> int:
    """Count the parameters of a recurrent network: one recurrent layer with one bias, and a linear output layer with bias.

    数一数参数：一个循环层（一个偏置），后面一个带偏置的线性输出层。

    Args:
        inputs: features of a step. 每一步输入的特征数。
        hidden: units of the recurrent layer.
        outputs: of the network.

    >>> rnn_parameters(28, 256, 28)
    80156
    """
    raise NotImplementedError


@rnn_parameters.solution(
    en="Into each unit lead all inputs, all units, and a bias. Steps are nowhere: they share the weights.",
    zh="通向每个单元的有：全部输入、全部单元，再加一个偏置。式子里没有步数：各步共用权重。",
)
def rnn_parameters(inputs, hidden, outputs):
    return (inputs + hidden + 1) * hidden + (hidden + 1) * outputs


@rnn_parameters.mistake(
    en="torch.nn.RNN keeps a second bias for the state, which adds nothing that the first can't do: here there is one.",
    zh="torch.nn.RNN 给状态另配了一个偏置，其实一个就够表达：这里只有一个。",
)
def two_biases(inputs, hidden, outputs):
    return (inputs + hidden + 2) * hidden + (hidden + 1) * outputs


@rnn_parameters.mistake(
    en="The recurrent layer alone was counted: something still has to turn a state into an answer.",
    zh="只数了循环层：还要有一层把状态变成输出。",
)
def layer_only(inputs, hidden, outputs):
    return (inputs + hidden + 1) * hidden


@rnn_parameters.mistake(
    en="Each unit listens here to itself alone: in a recurrent layer every unit hears all of them.",
    zh="这里每个单元只接收自己的状态：循环层里每个单元都要接收所有单元的状态。",
)
def to_itself_only(inputs, hidden, outputs):
    return (inputs + 1 + 1) * hidden + (hidden + 1) * outputs


@rnn_parameters.mistake(
    en="Inputs and units are exchanged: the square belongs to what is fed back.",
    zh="输入数和单元数对调了：平方的应当是反馈回来的那一边。",
)
def exchanged(inputs, hidden, outputs):
    return (inputs + hidden + 1) * inputs + (inputs + 1) * outputs


@rnn_parameters.mistake(
    en="The output layer has lost its bias.",
    zh="输出层的偏置漏数了。",
)
def output_without_bias(inputs, hidden, outputs):
    return (inputs + hidden + 1) * hidden + hidden * outputs
