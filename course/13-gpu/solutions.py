# %%


# %% [markdown] lang="zh"
# ## best_device：挑最好的设备
#
# 按次序问，最后总有处理器。

# %% [markdown] lang="en"
# ## best_device: The best device
#
# Ask in order; the processor ends the list.


# %%
def best_device(present):
    for name in ("cuda", "mps", "xpu"):
        if name in present:
            return name
    return "cpu"


# %% [markdown] lang="zh"
# ## largest_batch：最大的批
#
# 先算放得下几个，再取不超过它的 2 的幂。

# %% [markdown] lang="en"
# ## largest_batch: The largest batch
#
# See how many fit, then take the largest power of two not above.


# %%
def largest_batch(memory, fixed, each):
    fitting = (memory - fixed) // each
    batch = 1
    while 2 * batch <= fitting:
        batch *= 2
    return batch if fitting >= 1 else 0


# %% [markdown] lang="zh"
# ## copy_microseconds：搬运的时间
#
# 调用的开销按块数算，搬运的时间只看总量。

# %% [markdown] lang="en"
# ## copy_microseconds: The time of copies
#
# Calls are paid for each piece, bytes once.


# %%
def copy_microseconds(size, pieces, call, rate):
    return pieces * call + size / (rate * 1000)
