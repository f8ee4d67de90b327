"""Makes the files in Pictures and Arrays. Needs numpy and Pillow; the tests do not.

Every picture is 13 by 9 pixels of the formulas below, which InputsPictureTests repeats.
"""

import os
import struct
import zlib

import numpy as np
from PIL import Image

here = os.path.dirname(os.path.abspath(__file__))
pictures = os.path.join(here, "Pictures")
arrays = os.path.join(here, "Arrays")
WIDTH, HEIGHT = 13, 9


def red(x, y):
    return (x * 37 + y * 11) % 256


def green(x, y):
    return (x * 5 + y * 53) % 256


def blue(x, y):
    return (x * y * 7) % 256


def grid(*functions, scale=1, dtype=np.uint8):
    planes = [
        np.array([[f(x, y) * scale for x in range(WIDTH)] for y in range(HEIGHT)], dtype)
        for f in functions
    ]
    return planes[0] if len(planes) == 1 else np.stack(planes, axis=-1)


def chunk(name, data):
    return (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    )


ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def pack(row, depth):
    """Samples of a row as bytes, most significant bit first."""
    if depth == 16:
        return b"".join(struct.pack(">H", v) for v in row)
    bits = "".join(format(v, f"0{depth}b") for v in row)
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8))


def paeth(a, b, c):
    p = a + b - c
    pa, pb, pc = abs(p - a), abs(p - b), abs(p - c)
    return a if pa <= pb and pa <= pc else b if pb <= pc else c


def filtered(rows, step):
    """Each row with another filter, so that all five are used."""
    result, above = b"", bytes(len(rows[0]))
    for number, row in enumerate(rows):
        kind = number % 5
        out = bytearray()
        for i, value in enumerate(row):
            a = row[i - step] if i >= step else 0
            b = above[i]
            c = above[i - step] if i >= step else 0
            guess = [0, a, b, (a + b) // 2, paeth(a, b, c)][kind]
            out.append((value - guess) % 256)
        result += bytes([kind]) + bytes(out)
        above = row
    return result


def png(name, samples, depth, colour, interlaced=False, palette=None):
    """samples[y][x] is a tuple of channels."""
    channels = len(samples[0][0])
    step = max(1, depth * channels // 8)
    data = b""
    passes = ADAM7 if interlaced else [(0, 0, 1, 1)]
    for left, top, dx, dy in passes:
        rows = [
            pack([v for x in range(left, WIDTH, dx) for v in samples[y][x]], depth)
            for y in range(top, HEIGHT, dy)
        ]
        if rows and rows[0]:
            data += filtered(rows, step)
    packed = zlib.compress(data)
    half = len(packed) // 2
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, colour, 0, 0, int(interlaced))
    text = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"tEXt", b"Comment\0hand-made")
    if palette:
        text += chunk(b"PLTE", bytes(v for entry in palette for v in entry))
    # Two data chunks, as large pictures have.
    text += chunk(b"IDAT", packed[:half]) + chunk(b"IDAT", packed[half:]) + chunk(b"IEND", b"")
    with open(os.path.join(pictures, name), "wb") as file:
        file.write(text)


def samples(*functions, depth=8):
    def fit(value):
        return value * 257 if depth == 16 else value >> (8 - depth)

    return [[tuple(fit(f(x, y)) for f in functions) for x in range(WIDTH)] for y in range(HEIGHT)]


def make_pictures():
    Image.fromarray(grid(red)).save(os.path.join(pictures, "pillow-grey8.png"))
    Image.fromarray(grid(red, green, blue)).save(os.path.join(pictures, "pillow-rgb8.png"))
    Image.fromarray(grid(red, green, blue, green)).save(os.path.join(pictures, "pillow-rgba8.png"))
    Image.fromarray(grid(red, blue), "LA").save(os.path.join(pictures, "pillow-greyalpha8.png"))
    Image.fromarray(grid(red, scale=257, dtype=np.uint16)).save(
        os.path.join(pictures, "pillow-grey16.png")
    )
    for interlaced in (False, True):
        kind = "interlaced" if interlaced else "plain"
        for depth in (1, 2, 4, 8, 16):
            png(f"{kind}-grey{depth}.png", samples(red, depth=depth), depth, 0, interlaced)
        for depth in (8, 16):
            png(f"{kind}-rgb{depth}.png", samples(red, green, blue, depth=depth), depth, 2, interlaced)
            png(f"{kind}-greyalpha{depth}.png", samples(red, blue, depth=depth), depth, 4, interlaced)
            png(
                f"{kind}-rgba{depth}.png", samples(red, green, blue, green, depth=depth), depth, 6,
                interlaced,
            )
        for depth in (1, 2, 4, 8):
            palette = [(i, 255 - i, i * 3 % 256) for i in range(1 << depth)]
            png(f"{kind}-palette{depth}.png", samples(red, depth=depth), depth, 3, interlaced, palette)
    Image.fromarray(grid(red)).save(os.path.join(pictures, "raw.pgm"))
    Image.fromarray(grid(red, green, blue)).save(os.path.join(pictures, "raw.ppm"))
    with open(os.path.join(pictures, "plain.pgm"), "w") as file:
        file.write(f"P2 # a comment\n{WIDTH}\n# another\n {HEIGHT} 255\n")
        file.write("\n".join(" ".join(map(str, row)) for row in grid(red)) + "\n")
    with open(os.path.join(pictures, "plain.ppm"), "w") as file:
        file.write(f"P3\n{WIDTH} {HEIGHT}\n255\n")
        file.write("\n".join(str(v) for v in grid(red, green, blue).flatten()))
    with open(os.path.join(pictures, "raw16.pgm"), "wb") as file:
        file.write(f"P5 {WIDTH} {HEIGHT} 65535\n".encode())
        file.write(grid(red, scale=257, dtype=np.uint16).astype(">u2").tobytes())
    # Smooth, so that what the compression loses is small.
    smooth = np.array(
        [[(x * 12, y * 20, 100) for x in range(WIDTH)] for y in range(HEIGHT)], np.uint8
    )
    Image.fromarray(smooth).save(os.path.join(pictures, "rgb.jpg"), quality=95, subsampling=0)
    Image.fromarray(smooth[:, :, 0]).save(os.path.join(pictures, "grey.jpg"), quality=95)
    Image.fromarray(smooth).convert("CMYK").save(os.path.join(pictures, "cmyk.jpg"))


def make_arrays():
    numbers = np.arange(24).reshape(2, 3, 4)
    for dtype in ("<f2", "<f4", "<f8", "|i1", "<i2", "<i4", "<i8", "|u1", "<u2", "<u4", "<u8"):
        np.save(os.path.join(arrays, dtype[1:] + ".npy"), numbers.astype(dtype))
    for dtype in (">f2", ">f4", ">f8", ">i2", ">i4", ">i8", ">u2", ">u4", ">u8"):
        big = numbers.astype(dtype)
        np.save(os.path.join(arrays, dtype[1:] + "-big.npy"), big)
        np.save(os.path.join(arrays, dtype[1:] + "-big-fortran.npy"), np.asfortranarray(big))
    np.save(os.path.join(arrays, "f4-fortran.npy"), np.asfortranarray(numbers.astype("<f4")))
    np.save(os.path.join(arrays, "b1.npy"), numbers % 3 == 0)
    np.save(os.path.join(arrays, "bytes.npy"), np.array([b"ab", b"", b"c\0d", b"wxyz"]))
    text = np.array(["gr\u00f6\u00df", "", "a\0b", "\U0001F600"])
    np.save(os.path.join(arrays, "text.npy"), text)
    np.save(os.path.join(arrays, "text-big.npy"), text.astype(">U4"))
    np.save(os.path.join(arrays, "scalar.npy"), np.float32(2.5))
    np.save(os.path.join(arrays, "empty.npy"), np.zeros((0, 4), np.float32))
    np.save(os.path.join(arrays, "row.npy"), np.arange(4, dtype=np.float64) / 2)
    for version in ((2, 0), (3, 0)):
        with open(os.path.join(arrays, f"version{version[0]}.npy"), "wb") as file:
            np.lib.format.write_array(file, numbers.astype("<f4"), version=version)
    np.save(os.path.join(arrays, "refused-structure.npy"), np.zeros(2, [("a", "<f4"), ("b", "<i4")]))
    np.save(os.path.join(arrays, "refused-object.npy"), np.array([1, "a"], object), allow_pickle=True)
    np.save(os.path.join(arrays, "refused-complex.npy"), np.zeros(2, np.complex64))
    np.save(os.path.join(arrays, "refused-date.npy"), np.zeros(2, "M8[s]"))
    np.save(os.path.join(arrays, "refused-long-double.npy"), np.zeros(2, np.longdouble))


if __name__ == "__main__":
    os.makedirs(pictures, exist_ok=True)
    os.makedirs(arrays, exist_ok=True)
    make_pictures()
    make_arrays()
