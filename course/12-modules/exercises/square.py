import torch

from d2lab.exercises import exercise


def _slope_through(candidate, x, slope):
    x = x.clone().requires_grad_()
    return [candidate.apply(x), torch.autograd.grad(candidate.apply(x), x, slope)[0]]


@exercise(
    "custom-layers",
    order=2,
    zh="自己的反向：平方",
    en="A backward of one's own",
    arguments=lambda draw: (draw.normal(n := draw.size(2, 6)), draw.normal(n)),
    measure=_slope_through,
)
class Square(torch.autograd.Function):
    """A Function whose forward gives x**2 and whose backward hands the slope on.

    写一个 Function：前向是 x 的平方，反向把斜率传下去。

    >>> Square.apply(torch.tensor([3.0]))
    tensor([9.])
    """

    @staticmethod
    def forward(ctx, x):
        raise NotImplementedError

    @staticmethod
    def backward(ctx, slope):
        raise NotImplementedError


@Square.solution(
    en="Keep the input; backward multiplies $2x$ with the slope from above.",
    zh="前向存下输入，反向乘上 $2x$ 和上面的斜率。",
)
class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**2

    @staticmethod
    def backward(ctx, slope):
        (x,) = ctx.saved_tensors
        return 2 * x * slope


def _function(back):
    class Wrong(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**2

        @staticmethod
        def backward(ctx, slope):
            return back(ctx.saved_tensors[0], slope)

    return Wrong


def _named(function, name):
    function.__name__ = name
    return function


Square.mistake(en="The slope from above is missing.", zh="漏了上面传来的斜率。")(
    _named(_function(lambda x, s: 2 * x), "own_slope_only")
)


Square.mistake(en="The 2 is missing.", zh="漏了 2。")(_named(_function(lambda x, s: x * s), "without_two"))


Square.mistake(en="x is missing: the slope of a square is 2x.", zh="漏了 x：平方的导数是 2x。")(
    _named(_function(lambda x, s: 2 * s), "without_x")
)


Square.mistake(en="The slope is handed on as it is.", zh="斜率原样传下去了。")(
    _named(_function(lambda x, s: s), "identity")
)


Square.mistake(en="No slope is handed on: it is written in as 0.", zh="没有传斜率：写死成了 0。")(
    _named(_function(lambda x, s: s * 0), "hard_coded")
)
