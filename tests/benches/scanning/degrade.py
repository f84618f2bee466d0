"""Pictures of codes as scanners see them, and how many of them zxing-cpp reads.

    degrade.py CODES OUT WIDTH[,WIDTH...] TRIALS

CODES holds PNG files of whole codes, named by their version (`v13.png`), each beside its text (`v13.txt`). For each code,
width and condition, so many pictures are made; they and their texts are kept below OUT for other readers. One JSON
object a line is printed: {"condition", "version", "width", "trials", "read", "misread", "seconds"}.

The conditions are those of a hand-held scanner before a phone's screen: the code is turned, each of its corners moved,
the picture blurred, lit from one side, with a blob of glare, noise, and JPEG's losses.
"""
import io
import json
import sys
import time
from pathlib import Path

import numpy
import zxingcpp
from PIL import Image, ImageFilter

CONDITIONS = {
    "mild": dict(turn=8, corner=0.05, blur=(0.5, 0.9), motion=(0, 0), noise=4, glare=40, jpeg=80, light=0.25),
    "moderate": dict(turn=15, corner=0.11, blur=(0.8, 1.3), motion=(2, 3), noise=8, glare=110, jpeg=60, light=0.25),
}
BACKGROUND = 200


def perspective(source, target):
    """The eight coefficients that map target corners back to source corners."""
    rows, values = [], []
    for (x, y), (u, v) in zip(target, source):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return numpy.linalg.solve(numpy.array(rows, float), numpy.array(values, float))


def degrade(code, width, how, random):
    """One picture: `code` (a square picture) about `width` pixels wide in a frame one and a half times as wide."""
    frame = int(width * 1.5)
    angle = numpy.radians(random.uniform(-how["turn"], how["turn"]))
    turn = numpy.array([[numpy.cos(angle), -numpy.sin(angle)], [numpy.sin(angle), numpy.cos(angle)]])
    half = width / 2
    corners = numpy.array([[-half, -half], [half, -half], [half, half], [-half, half]]) @ turn.T
    corners += random.uniform(-how["corner"], how["corner"], (4, 2)) * width + frame / 2
    side = code.width
    square = [(0, 0), (side, 0), (side, side), (0, side)]
    picture = code.transform(
        (frame, frame), Image.Transform.PERSPECTIVE, perspective(square, corners), Image.Resampling.BICUBIC,
        fillcolor=BACKGROUND,
    )
    picture = picture.filter(ImageFilter.GaussianBlur(random.uniform(*how["blur"])))
    pixels = numpy.asarray(picture, float)
    steps = int(round(random.uniform(*how["motion"])))
    if steps > 1:
        axis = int(random.integers(0, 2))
        pixels = sum(numpy.roll(pixels, step, axis) for step in range(steps)) / steps
    across, down = numpy.meshgrid(numpy.linspace(-1, 1, frame), numpy.linspace(-1, 1, frame))
    towards = random.uniform(0, 2 * numpy.pi)
    pixels *= 1 - how["light"] * (0.5 + 0.5 * (across * numpy.cos(towards) + down * numpy.sin(towards))).clip(0, 1)
    x, y = random.uniform(-0.6, 0.6, 2)
    pixels += random.uniform(0, how["glare"]) * numpy.exp(-((across - x) ** 2 + (down - y) ** 2) / 0.05)
    pixels += random.normal(0, how["noise"], pixels.shape)
    lossy = io.BytesIO()
    Image.fromarray(pixels.clip(0, 255).astype("uint8")).save(lossy, "JPEG", quality=how["jpeg"])
    return lossy.getvalue()


def read(jpeg):
    """What zxing-cpp reads, and in how many seconds (without decoding the JPEG)."""
    pixels = numpy.asarray(Image.open(io.BytesIO(jpeg)).convert("L"))
    began = time.perf_counter()
    found = zxingcpp.read_barcodes(pixels, formats=zxingcpp.BarcodeFormat.QRCode)
    return (found[0].text if found else None), time.perf_counter() - began


def main(codes, out, widths, trials):
    random = numpy.random.default_rng(7360)
    for path in sorted(Path(codes).glob("v*.png")):
        code, text = Image.open(path).convert("L"), path.with_suffix(".txt").read_text().strip()
        for name, how in CONDITIONS.items():
            for width in widths:
                folder = Path(out) / f"{name}-{path.stem}-{width}"
                folder.mkdir(parents=True, exist_ok=True)
                (folder / "text").write_text(text)
                right = wrong = 0
                seconds = 0.0
                for trial in range(trials):
                    jpeg = degrade(code, width, how, random)
                    (folder / f"{trial}.jpg").write_bytes(jpeg)
                    found, took = read(jpeg)
                    seconds += took
                    right += found == text
                    wrong += found is not None and found != text
                print(json.dumps({
                    "condition": name, "version": int(path.stem[1:]), "width": width, "trials": trials,
                    "read": right, "misread": wrong, "seconds": round(seconds, 4),
                }), flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2], [int(width) for width in sys.argv[3].split(",")], int(sys.argv[4]))
