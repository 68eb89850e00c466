"""The titles of the chapters by number, in both languages."""

TITLES: dict[int, tuple[str, str]] = {
    1: ("Preliminaries", "预备知识"),
    2: ("Linear regression", "线性回归"),
    3: ("Softmax regression", "softmax 回归"),
    4: ("Multilayer perceptrons", "多层感知机"),
    5: ("Model selection", "模型选择"),
    6: ("Weight decay", "权重衰减"),
    7: ("Dropout", "丢弃法（dropout）"),
    8: ("Forward propagation, backpropagation and the computational graph", "前向传播、反向传播与计算图"),
    9: ("Numerical stability and initialization", "数值稳定性与参数初始化"),
    10: ("Environment and distribution shift", "环境与分布偏移"),
    11: ("House prices", "实战：房价预测"),
    12: ("Modules, parameters and files", "模块、参数与文件"),
    13: ("Devices", "GPU 与设备"),
    14: ("Convolution", "卷积神经网络"),
    15: ("LeNet", "LeNet"),
    16: ("Modern convolutional networks", "现代卷积神经网络"),
    17: ("Computational performance", "计算性能"),
    18: ("Computer vision", "计算机视觉"),
    19: ("Sequences and recurrent networks", "序列与循环神经网络"),
}
