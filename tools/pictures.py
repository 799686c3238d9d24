#!/usr/bin/env python3
"""Takes pictures of the tour from what the tests of the pages left, small enough to keep in git. The picture of the PDF is
made by hand: `attesta assess report … --format pdf`, then `pdftoppm -png -r 110 -singlefile`.

    python3 -m venv v && v/bin/pip install pillow
    cargo test -p attesta-browser -- --test-threads 1     # writes target/screenshots
    v/bin/python tools/pictures.py [NAME ...]             # every picture that docs/tour.md shows, or those named

A picture becomes a PNG with a palette; colours are taken away until it is under 60 kB, or 32 are left.
"""

import io
import pathlib
import re
import sys

from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHOTS = ROOT / "target" / "screenshots"
TOUR = ROOT / "docs" / "tour"
MOST = 60_000


def small(picture):
    for colours in (256, 128, 96, 64, 48, 32):
        out = io.BytesIO()
        flat = picture.convert("RGB").quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        flat.save(out, "PNG", optimize=True)
        if out.tell() <= MOST:
            break
    return colours, out.getvalue()


def main(names):
    names = names or re.findall(r"\(tour/([\w-]+)\.png\)", (ROOT / "docs" / "tour.md").read_text())
    for name in names:
        # A picture that no test took anew is made smaller where it is.
        source = next((p for p in (SHOTS / f"{name}.png", TOUR / f"{name}.png") if p.exists()), None)
        if source is None:
            sys.exit(f"{name}: neither target/screenshots nor docs/tour has it")
        colours, made = small(Image.open(source))
        (TOUR / f"{name}.png").write_bytes(made)
        print(f"{name}: {len(made)} bytes, {colours} colours, from {source.relative_to(ROOT)}")


main(sys.argv[1:])
