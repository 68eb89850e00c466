"""Every number that an explorer shows is torch's, to 1e-5, computed in a real browser."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

pytestmark = pytest.mark.slow
DOUBLE = {"dtype": torch.float64}


def close(given, wanted, tolerance=1e-5):
    torch.testing.assert_close(
        torch.as_tensor(given, **DOUBLE), torch.as_tensor(wanted, **DOUBLE), atol=tolerance, rtol=tolerance
    )


@pytest.mark.parametrize(("channels", "kernel", "padding", "stride", "dilation"),
                         [(1, 3, 1, 1, 1), (3, 3, 2, 2, 2), (2, 2, 0, 3, 1), (1, 1, 0, 1, 1), (2, 3, 1, 2, 1)])  # fmt: skip
def test_convolution(explorer, channels, kernel, padding, stride, dilation):
    state = {"channels": channels, "kernel": kernel, "padding": padding, "stride": stride, "dilation": dilation}
    page, read = explorer("convolution", state)
    data = read("e.data")
    x, w = torch.tensor(data["input"], **DOUBLE), torch.tensor(data["kernels"], **DOUBLE)
    wanted = F.conv2d(x[None], w[None], stride=stride, padding=padding, dilation=dilation)[0, 0]
    close(read("e.result"), wanted)
    shown = page.locator("[data-key=output] td").all_inner_texts()
    assert [float(t) for t in shown] == pytest.approx(wanted.flatten().tolist(), rel=5e-3, abs=5e-3)  # three digits


@pytest.mark.parametrize("kind", ["max", "mean"])
@pytest.mark.parametrize(("window", "stride", "padding"), [(2, 2, 0), (3, 1, 1), (4, 3, 2), (1, 1, 0), (3, 2, 0)])
def test_pooling(explorer, kind, window, stride, padding):
    _, read = explorer("pooling", {"kind": kind, "window": window, "stride": stride, "padding": padding})
    x = torch.tensor(read("e.data.input"), **DOUBLE)[None, None]
    pool = F.max_pool2d if kind == "max" else F.avg_pool2d
    close(read("e.result"), pool(x, window, stride, padding)[0, 0])


@pytest.mark.parametrize("layers", [[(3, 1, 1)], [(3, 1, 1), (2, 2, 1), (3, 1, 2)], [(5, 2, 1), (3, 3, 2), (1, 1, 1)]])
def test_receptive_field(explorer, layers):
    state = {"layers": [dict(zip(("kernel", "stride", "dilation"), one, strict=True)) for one in layers], "place": 2}
    _, read = explorer("receptive-field", state)
    found = read("e.result")
    model = nn.Sequential(*(nn.Conv1d(1, 1, k, s, dilation=d, bias=False) for k, s, d in layers)).double()
    for parameter in model.parameters():
        nn.init.ones_(parameter)
    x = torch.zeros(1, 1, 200, requires_grad=True, **DOUBLE)
    model(x)[0, 0, 2].backward()
    seen = x.grad[0, 0].nonzero().flatten()
    first, last = found["ranges"][0]
    assert (first, last) == (int(seen[0]), int(seen[-1]))
    assert found["fields"][-1]["field"] == last - first + 1
    x.grad = None
    model(x)[0, 0, 3].backward()
    assert found["fields"][-1]["step"] == int(x.grad[0, 0].nonzero()[0]) - first


TORCH = {"relu": F.relu, "leaky_relu": F.leaky_relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh, "gelu": F.gelu,
         "silu": F.silu, "identity": lambda x: x}  # fmt: skip


def sizes(weights, x, f, residual, scale):
    """Signals forward and gradients backward, by autograd."""
    x = x.clone().requires_grad_()
    states = [x]
    for w in weights:
        states.append(states[-1] + scale * f(w @ states[-1]) if residual else f(w @ states[-1]))
    grads = torch.autograd.grad(states[-1].sum(), states)
    rms = lambda v: v.detach().square().mean().sqrt().item()  # noqa: E731
    return [rms(s) for s in states], [rms(g) for g in grads]


@pytest.mark.parametrize("name", TORCH)
def test_activations_and_depth(explorer, name):
    _, read = explorer("activations", {"name": name, "depth": 12, "gain": 1.3, "x": -0.7})
    x = torch.tensor(-0.7, requires_grad=True, **DOUBLE)
    value = TORCH[name](x)
    value.backward()
    found, data = read("e.result"), read("e.data")
    close([found["value"], found["derivative"]], [value.item(), x.grad.item()])
    signals, gradients = sizes(
        torch.tensor(data["weights"], **DOUBLE), torch.tensor(data["input"], **DOUBLE), TORCH[name], False, 1
    )
    close(found["signals"], signals)
    close(found["gradients"], gradients)
    xs = torch.linspace(-9, 9, 181, requires_grad=True, **DOUBLE)
    TORCH[name](xs).sum().backward()
    with torch.no_grad():
        close(
            read(f"Array.from({{length: 181}}, (_, i) => D2.ACTIVATIONS.{name}.value(-9 + i * 0.1))"), TORCH[name](xs)
        )
    here = [i for i in range(181) if i != 90]  # at 0 an activation may have no derivative
    gradients = read(f"Array.from({{length: 181}}, (_, i) => D2.ACTIVATIONS.{name}.derivative(-9 + i * 0.1))")
    close([gradients[i] for i in here], xs.grad[here])


@pytest.mark.parametrize(
    ("name", "depth", "gain", "scale"), [("relu", 40, 1.41, 0.2), ("tanh", 10, 2.0, 1.0), ("gelu", 60, 0.5, 0.0)]
)
def test_residual_against_plain(explorer, name, depth, gain, scale):
    _, read = explorer("depth", {"name": name, "depth": depth, "gain": gain, "scale": scale})
    found, data = read("e.result"), read("e.data")
    weights, x = torch.tensor(data["weights"], **DOUBLE), torch.tensor(data["input"], **DOUBLE)
    for kind, residual in (("plain", False), ("residual", True)):
        signals, gradients = sizes(weights, x, TORCH[name], residual, scale if residual else 1)
        close(found[kind]["signals"], signals)
        close(found[kind]["gradients"], gradients)


@pytest.mark.parametrize(
    ("degree", "points", "decay", "dropout"),
    [(3, 12, -6, 0), (12, 30, -2, 0), (9, 20, -6, 0.5), (0, 5, 0, 0.2), (6, 40, -4, 0.1)],
)
def test_fitting(explorer, degree, points, decay, dropout):
    _, read = explorer("fitting", {"degree": degree, "points": points, "decay": decay, "dropout": dropout})
    data, found = read("e.data"), read("e.result")
    x, y = (torch.tensor(data["training"][key], **DOUBLE) for key in "xy")
    powers = x[:, None] ** torch.arange(degree + 1)
    penalty = len(x) * (0 if decay <= -6 else 10.0**decay) + dropout / (1 - dropout) * powers.square().sum(0)
    penalty[0] = 0
    weights = torch.linalg.lstsq(
        torch.cat([powers, penalty.sqrt().diag()]), torch.cat([y, torch.zeros(degree + 1)])[:, None]
    ).solution[:, 0]
    at = torch.linspace(-1, 1, 41, **DOUBLE)
    given = torch.tensor(found["weights"], **DOUBLE)
    close(at[:, None] ** torch.arange(degree + 1) @ given, at[:, None] ** torch.arange(degree + 1) @ weights)
    for key in ("training", "test"):
        a, b = (torch.tensor(data[key][axis], **DOUBLE) for axis in "xy")
        close(found[key], ((a[:, None] ** torch.arange(degree + 1) @ weights - b).square().mean().sqrt()).item())


def test_dropout_on_powers_is_the_average_over_masks(explorer):
    """The penalty is no metaphor: it is the mean over many drawn masks."""
    _, read = explorer("fitting", {"degree": 3, "points": 20, "decay": -6, "dropout": 0.4})
    data, weights = read("e.data"), torch.tensor(read("e.result.weights"), **DOUBLE).requires_grad_()
    x, y = (torch.tensor(data["training"][key], **DOUBLE) for key in "xy")
    powers = x[:, None] ** torch.arange(4)
    mask = torch.rand(20_000, 20, 4, generator=torch.Generator().manual_seed(0), **DOUBLE) > 0.4
    mask[..., 0] = True
    scaled = torch.where(torch.arange(4) == 0, 1.0, 1 / 0.6) * mask
    ((scaled * powers) @ weights - y).square().mean().backward()
    assert weights.grad.abs().max() < 0.01  # at the minimum of the averaged loss the gradient is 0


@pytest.mark.parametrize(("temperature", "shift"), [(1, 0), (0.3, 0), (4, -150), (1, 100), (10, 200), (0.05, 0)])
def test_softmax(explorer, temperature, shift):
    _, read = explorer("softmax", {"z0": 3.1, "z1": -2.2, "temperature": temperature, "shift": shift})
    logits = torch.tensor(read("e.data.logits"), **DOUBLE)
    wanted = (logits / temperature).softmax(0)
    close(read("e.result.stable"), wanted)
    close(read("e.result.entropy"), torch.special.entr(wanted).sum().item())
    single = (logits.float() / temperature).exp()
    naive = read(
        "({sum: String(e.result.naive.sum), e: e.result.naive.exponentials.map(String), s: e.result.naive.shares.map(String)})"
    )
    number = lambda text: float(text.replace("Infinity", "inf"))  # noqa: E731
    torch.testing.assert_close(torch.tensor([number(t) for t in naive["e"]]), single, rtol=1e-5, atol=0)
    torch.testing.assert_close(
        torch.tensor([number(t) for t in naive["s"]]), single / single.sum(), rtol=1e-5, atol=1e-7, equal_nan=True
    )


@pytest.mark.parametrize(("rate", "batch", "momentum"), [(0.1, 8, 0), (0.05, 1, 0.9), (0.3, 64, 0.5), (1, 16, 0)])
def test_descent(explorer, rate, batch, momentum):
    _, read = explorer("descent", {"rate": rate, "batch": batch, "momentum": momentum, "steps": 30})
    data, found = read("e.data"), read("e.result")
    points = torch.tensor(data["points"], **DOUBLE)
    w = torch.tensor(data["start"], requires_grad=True, **DOUBLE)
    optimizer = torch.optim.SGD([w], lr=rate, momentum=momentum)
    half = lambda p: (p[:, :2] @ w - p[:, 2]).square().mean() / 2  # noqa: E731
    path, losses = [w.detach().clone()], [half(points).item()]
    for step in range(30):
        rows = [data["order"][(step * batch + k) % len(points)] for k in range(batch)]
        optimizer.zero_grad()
        half(points[rows]).backward()
        optimizer.step()
        path.append(w.detach().clone())
        losses.append(half(points).item())
    close(found["path"], torch.stack(path))
    close(found["losses"], losses)


@pytest.mark.parametrize(("size", "momentum", "steps"), [(8, 0.1, 20), (2, 0.5, 5), (64, 1.0, 3)])
def test_batch_norm(explorer, size, momentum, steps):
    _, read = explorer("batch-norm", {"size": size, "momentum": momentum, "steps": steps})
    batches, found = read("e.data.batches"), read("e.result")
    layer = nn.BatchNorm1d(1, momentum=momentum).double()
    for batch, step in zip(batches, found["steps"], strict=True):
        training = layer(torch.tensor(batch, **DOUBLE)[:, None])
        close(
            [step["running"]["mean"], step["running"]["variance"]],
            [layer.running_mean.item(), layer.running_var.item()],
        )
    close(found["training"], training[:, 0].detach())
    close(found["testing"], layer.eval()(torch.tensor(batches[-1], **DOUBLE)[:, None])[:, 0].detach())


def test_the_net_and_each_of_its_numbers(explorer, lenet):
    page, read = explorer("model")
    picture = torch.tensor(read("Array.from(e.pad.pixels)"), **DOUBLE).reshape(1, 1, 28, 28)
    assert picture.std() > 0.2
    model = lenet.double()
    seen, x = [], picture
    with torch.no_grad():
        for layer in model.children():
            x = layer(x)
            seen.append(x[0])
    given = read("e.result.seen.slice(1).map((t) => Array.from(t.data))")
    assert len(given) == len(seen)
    for one, wanted in zip(given, seen, strict=True):
        close(one, wanted.flatten())
    close(read("e.result.probabilities"), seen[-1].softmax(0))
    for number, wanted in enumerate(seen):  # the number taken apart, in each layer, adds up to what torch has
        at = [0, 0] if wanted.ndim == 1 else [1, 2]
        last = 0 if wanted.ndim == 1 else wanted.shape[0] - 1
        page.evaluate(f"document.querySelector('d2-net').select({number}, {last}, {at if wanted.ndim > 1 else [0, 7]})")
        step = read(
            "(({value, parts, bias, terms, here, gain, shift}) => ({value, parts, bias, terms, here}))(e.step(e.result.seen))"
        )
        value = wanted[7] if wanted.ndim == 1 else wanted[last, 1, 2]
        close(step["value"], value.item())
        if step.get("parts") and step["parts"][0]["sum"] is not None:
            close(sum(part["sum"] for part in step["parts"]) + step["bias"], value.item())
        if step.get("terms"):
            close(sum(t["v"] * t["w"] for t in step["terms"]) + step["bias"], value.item())


def test_the_same_seed_draws_the_same_and_normal_numbers_are_normal(explorer):
    _, read = explorer("softmax")
    drawn = torch.tensor(
        read("(() => { const d = D2.random(5); return Array.from({length: 20000}, () => d.normal()); })()")
    )
    again = torch.tensor(
        read("(() => { const d = D2.random(5); return Array.from({length: 20000}, () => d.normal()); })()")
    )
    assert torch.equal(drawn, again)
    assert abs(drawn.mean()) < 4 / math.sqrt(20000)
    assert abs(drawn.std() - 1) < 0.03
    assert sorted(read("D2.random(1).shuffled(50)")) == list(range(50))
