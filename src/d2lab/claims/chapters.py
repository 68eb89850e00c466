"""The chapters of the notes by number: their titles in both languages."""

TITLES: dict[int, tuple[str, str]] = {
    1: ("What one has to know first", "预备知识"),
    2: ("Linear regression", "线性回归"),
    3: ("Softmax regression", "softmax 回归"),
    4: ("Multilayer perceptrons", "多层感知机"),
    5: ("Choosing a model", "模型选择"),
    6: ("Weight decay", "权重衰减"),
    7: ("Dropout", "丢弃法（dropout）"),
    8: ("Forward, backward and the graph between", "前向传播、反向传播与计算图"),
    9: ("Numerical stability and how to start", "数值稳定性与参数初始化"),
    10: ("When the world changes: distribution shift", "环境与分布偏移"),
    11: ("House prices", "实战：房价预测"),
    12: ("Modules, parameters and files", "模块、参数与文件"),
    13: ("Devices", "GPU 与设备"),
    14: ("Convolution", "卷积神经网络"),
    15: ("LeNet", "LeNet"),
    16: ("Modern convolutional nets", "现代卷积神经网络"),
}
