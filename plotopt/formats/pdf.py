"""PDF at true size: cubic curves, a layer for each pen, translucent inks that multiply.

All that a pen draws on end is a transparency group, so that an ink multiplies with what lies below and not
with itself. Each layer in it is an optional content group, which viewers can switch off. The paper itself is
not drawn.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from PIL import ImageColor
from pypdf import PdfWriter
from pypdf.generic import (
    ArrayObject,
    BooleanObject,
    DictionaryObject,
    FloatObject,
    IndirectObject,
    NameObject,
    StreamObject,
    TextStringObject,
)

from plotopt.colour.contrast import opacity_in_srgb
from plotopt.page import Page
from plotopt.plot.chains import Chain
from plotopt.plot.plan import Layer
from plotopt.plot.svg import pen_runs

_PT_PER_MM = 72 / 25.4
_DECIMALS = 3


def pdf_bytes(layers: Sequence[Layer], page: Page, title: str) -> bytes:
    """A PDF of one page in the page's size; the same input gives the same bytes.

    Coordinates are mm from the page's top left corner, rounded to 0.001 mm and scaled by the page's matrix.
    """
    writer = PdfWriter()
    width, height = page.width_mm * _PT_PER_MM, page.height_mm * _PT_PER_MM
    sheet = writer.add_blank_page(width, height)
    groups = [_content_group(writer, layer.label(i)) for i, layer in enumerate(layers, start=1)]
    runs, waiting = pen_runs(layers), iter(groups)
    names = [f"Pen{number}" for number in range(1, len(runs) + 1)]
    forms = [_form(writer, run, page, [next(waiting) for _ in run]) for run in runs]
    sheet[NameObject("/Resources")] = _dictionary(
        XObject=_dictionary(**dict(zip(names, forms, strict=True))),
        ExtGState=_dictionary(
            Multiply=_dictionary(BM=NameObject("/Multiply")), Cover=_dictionary(BM=NameObject("/Normal"))
        ),
    )
    draw = [f"{_PT_PER_MM:.9f} 0 0 {-_PT_PER_MM:.9f} 0 {height:.6f} cm"]
    for run, name in zip(runs, names, strict=True):
        draw.append(f"/{'Cover' if run[0].pen.opaque else 'Multiply'} gs /{name} Do")
    sheet[NameObject("/Contents")] = _stream(writer, draw)
    order = ArrayObject(groups)
    writer.root_object[NameObject("/OCProperties")] = _dictionary(
        OCGs=order, D=_dictionary(Order=order, ON=order)
    )
    writer.add_metadata({"/Title": title, "/Producer": "plotopt"})
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def _content_group(writer: PdfWriter, label: str) -> IndirectObject:
    group = _dictionary(Type=NameObject("/OCG"), Name=TextStringObject(label))
    return writer._add_object(group)


def _form(
    writer: PdfWriter, run: Sequence[Layer], page: Page, groups: Sequence[IndirectObject]
) -> IndirectObject:
    """All paths of one pen in its colour and width, each with the opacity of one pass, layer by layer."""
    pen = run[0].pen
    red, green, blue = (value / 255 for value in ImageColor.getrgb(pen.color)[:3])
    lines = [f"/Pass gs {red:.4f} {green:.4f} {blue:.4f} RG {pen.width_mm:.10g} w 1 J 1 j"]
    for number, layer in enumerate(run, start=1):
        lines += [f"/OC /Part{number} BDC", *map(_path, layer.chains), "EMC"]
    attributes = _dictionary(
        Type=NameObject("/XObject"),
        Subtype=NameObject("/Form"),
        BBox=ArrayObject(map(FloatObject, (0, 0, page.width_mm, page.height_mm))),
        Group=_dictionary(S=NameObject("/Transparency"), I=BooleanObject(True), CS=NameObject("/DeviceRGB")),
        Resources=_dictionary(
            ExtGState=_dictionary(Pass=_dictionary(CA=FloatObject(opacity_in_srgb(pen)))),
            Properties=_dictionary(**{f"Part{i}": group for i, group in enumerate(groups, start=1)}),
        ),
    )
    return _stream(writer, lines, attributes)


def _path(chain: Chain) -> str:
    """One path that is stroked by itself, so that paths that cross build up."""
    points = np.round(np.concatenate([chain[:1, 0], chain[:, 1:].reshape(-1, 2)]), _DECIMALS) + 0.0
    texts = [f"{x:.10g} {y:.10g}" for x, y in points.tolist()]
    curves = [f"{' '.join(texts[i : i + 3])} c" for i in range(1, len(texts), 3)]
    return f"{texts[0]} m {' '.join(curves)} S"


def _stream(
    writer: PdfWriter, lines: Sequence[str], attributes: DictionaryObject | None = None
) -> IndirectObject:
    stream = StreamObject()
    stream.set_data("\n".join(lines).encode("ascii"))
    packed = stream.flate_encode()
    packed.update(attributes or {})
    return writer._add_object(packed)


def _dictionary(**entries: object) -> DictionaryObject:
    return DictionaryObject({NameObject(f"/{name}"): value for name, value in entries.items()})
