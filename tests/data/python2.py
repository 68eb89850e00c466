"""Pickles as Python 2 wrote them with protocol 2: byte strings, one array of bytes, a memory that is rarely used.

Python 3 can't write them; the opcodes are put together by hand here and read by `pickle` in the tests.
"""

import struct


def string(value):
    if len(value) < 256:
        return b"U" + bytes([len(value)]) + value
    return b"T" + struct.pack("<i", len(value)) + value


def number(value):
    if 0 <= value < 256:
        return b"K" + bytes([value])
    if 0 <= value < 65536:
        return b"M" + struct.pack("<H", value)
    return b"J" + struct.pack("<i", value)


def array(pixels, module=b"numpy.core.multiarray"):
    rebuilt = b"c" + module + b"\n_reconstruct\nq\x07cnumpy\nndarray\nq\x08K\x00\x85q\t" + string(b"b") + b"\x87Rq\n"
    shape = b"".join(number(n) for n in pixels.shape) + (b"\x86" if pixels.ndim == 2 else b"\x85")
    kind = b"cnumpy\ndtype\nq\x0b" + string(b"u1") + b"K\x00K\x01\x87Rq\x0c"
    kind += b"(K\x03" + string(b"|") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    return rebuilt + b"(K\x01" + shape + kind + b"\x89" + string(pixels.tobytes()) + b"tb"


def batch(pixels, labels, name=b"training batch 1 of 5"):
    """One file of CIFAR-10: batch_label, labels, data, filenames."""
    head = b"\x80\x02}q\x01(" + string(b"batch_label") + b"q\x02" + string(name) + b"q\x03"
    listed = string(b"labels") + b"q\x04]q\x05(" + b"".join(map(number, labels)) + b"e"
    files = b"".join(string(b"%d.png" % i) + b"r" + struct.pack("<i", 300 + i) for i in range(len(labels)))
    names = string(b"filenames") + b"q\r]q\x0e(" + files + b"e"
    return head + listed + string(b"data") + b"q\x06" + array(pixels) + names + b"u."
