"""Every explorer on a bare page of its own, served as `d2lab explore` serves a run."""

import pytest
import torch

from d2lab.explore.catalog import EXPLORERS
from d2lab.explore.model import Example, described
from d2lab.explore.run import COLORS, STATIC, as_script
from d2lab.explore.server import serving
from d2lab.models.lenet import LeNet, LeNetConfig

HEAD = '<meta charset="utf-8"><link rel="icon" href="data:,"><meta name="viewport" content="width=device-width">'
HEAD += '<link rel="stylesheet" href="/explorers.css"><script defer src="/load.js"></script>'


@pytest.fixture(scope="session")
def lenet():
    """An untrained LeNet: its numbers are as good as any."""
    torch.manual_seed(0)
    return LeNet(LeNetConfig()).eval()


@pytest.fixture(scope="session")
def pages(lenet):
    picture = torch.randint(0, 256, (1, 28, 28), generator=torch.Generator().manual_seed(1)).to(torch.uint8)
    model = described(lenet, (1, 28, 28), [str(i) for i in range(10)], "lenet", [Example(name="noise", pixels=picture)])
    made = {f"/{file.name}": file.read_bytes() for file in STATIC.glob("*.js")}
    made["/explorers.css"] = COLORS.encode() + (STATIC / "explorers.css").read_bytes()
    made["/model-data.js"] = as_script(model).encode()
    for one in EXPLORERS.values():
        for code in ("en", "zh-CN"):
            element = f'<{one.element} class="d2-explorer"></{one.element}>'
            page = f'<!doctype html><html lang="{code}"><head><title>{one.name}</title>{HEAD}</head>'
            page += f"<body><main><h1>{one.title[code[:2]]}</h1>{element}</main></body></html>"
            made[f"/{one.name}.{code[:2]}.html"] = page.encode()
    return made


@pytest.fixture(scope="session")
def address(pages):
    with serving(pages) as address:
        yield address


@pytest.fixture
def explorer(visit):
    """Open an explorer; set its state; read state, data and result."""

    def opened(name, state=None, **how):
        page = visit(f"{name}.{how.pop('language', 'en')}.html", **how)
        element = EXPLORERS[name].element
        for _ in range(200):
            if page.evaluate(f"document.querySelector('{element}')?.stage?.children.length > 0"):
                break
            page.wait_for_timeout(20)
        if state:
            page.evaluate(
                f"(s) => Object.entries(s).forEach(([k, v]) => document.querySelector('{element}').set(k, v))", state
            )

        def read(what):
            return page.evaluate(f"(() => {{ const e = document.querySelector('{element}'); return {what}; }})()")

        return page, read

    return opened
