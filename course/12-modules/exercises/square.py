import torch

from d2lab.exercises import exercise


def _value_and_gradient(candidate, x, grad_output):
    x = x.clone().requires_grad_()
    return [candidate.apply(x), torch.autograd.grad(candidate.apply(x), x, grad_output)[0]]


@exercise(
    "custom-layers",
    order=2,
    zh="自定义反向：平方",
    en="A custom backward",
    arguments=lambda draw: (draw.normal(n := draw.size(2, 6)), draw.normal(n)),
    measure=_value_and_gradient,
)
class Square(torch.autograd.Function):
    """A Function whose forward gives x**2 and whose backward returns the gradient with respect to x.

    写一个 Function：前向是 x 的平方，反向返回对 x 的梯度。

    >>> Square.apply(torch.tensor([3.0]))
    tensor([9.])
    """

    @staticmethod
    def forward(ctx, x):
        raise NotImplementedError

    @staticmethod
    def backward(ctx, grad_output):
        raise NotImplementedError


@Square.solution(
    en="Keep the input; backward multiplies $2x$ with the gradient of the output.",
    zh="前向存下输入，反向乘上 $2x$ 和输出的梯度。",
)
class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**2

    @staticmethod
    def backward(ctx, grad_output):
        (x,) = ctx.saved_tensors
        return 2 * x * grad_output


def _function(back):
    class Wrong(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**2

        @staticmethod
        def backward(ctx, grad_output):
            return back(ctx.saved_tensors[0], grad_output)

    return Wrong


def _named(function, name):
    function.__name__ = name
    return function


Square.mistake(en="The gradient of the output is missing.", zh="漏了上游传来的梯度。")(
    _named(_function(lambda x, s: 2 * x), "local_only")
)


Square.mistake(en="The 2 is missing.", zh="漏了 2。")(_named(_function(lambda x, s: x * s), "without_two"))


Square.mistake(en="x is missing: the derivative of a square is 2x.", zh="漏了 x：平方的导数是 2x。")(
    _named(_function(lambda x, s: 2 * s), "without_x")
)


Square.mistake(en="The gradient is passed on unchanged.", zh="梯度原样传下去了。")(
    _named(_function(lambda x, s: s), "identity")
)


Square.mistake(en="No gradient is passed on: it is hard-coded as 0.", zh="没有传梯度：写死成了 0。")(
    _named(_function(lambda x, s: s * 0), "hard_coded")
)
