"""Drawings that other programs might have made, and that no program should: strategies for SVG files."""

from pathlib import Path
from xml.sax.saxutils import quoteattr

from hostile import ODD_NUMBERS, changed, mutated, numbers, stretched, zipped
from hypothesis import strategies as st

DATA = Path(__file__).parent / "data" / "svg"
SVG = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
INKSCAPE = 'xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape"'
_IDS = ("a", "b", "c", "")
_TAGS = (
    *(
        "g",
        "svg",
        "a",
        "switch",
        "symbol",
        "defs",
        "use",
        "use",
        "path",
        "path",
        "line",
        "polyline",
        "polygon",
    ),
    *("rect", "circle", "ellipse", "text", "image", "style", "clipPath", "foreignObject", "title"),
)
_CHOICES = {
    "stroke": ("red", "none", "#abc", "#12345678", "rgb(999,0,0)", "hsl(0,900%,50%)", "url(#a)"),
    "fill": ("none", "transparent", "currentColor", "inherit", "cmyk(0,0,0,0)", "x" * 200, "color()"),
    "color": ("var(--a, red)", "rgb(1 2 3 / 50%)", "hsl(1e999 1% 1%)", "url(#a) lime", "9" * 5000, "(" * 999),
    "href": ("#a", "#b", "#c", "#", "a.svg#a", "file:///etc/passwd", "http://localhost/", "data:,x"),
    "vector-effect": ("non-scaling-stroke",),
    "transform-origin": ("center", "9 9", "1e999 0", "", "top nan"),
    "marker-end": ("url(#a)", "none"),
    "systemLanguage": ("de", "en", ""),
    "overflow": ("visible", "hidden"),
    "style": (
        *("stroke:red!important", "width:0", "stroke:var(" * 999, "a{b:c}" * 99, "marker:url(#a);fill:u+9"),
        *("stroke:red;fill:none", "stroke:url(file:///etc/passwd)", ";;:", "transform:scale(2)"),
    ),
    "class": ("a", "b c", " "),
    "opacity": ("0", "0.0%", "0" * 3000 + "!", "none"),
    "visibility": ("hidden", "visible", "collapse"),
    "clip-path": ("url(#a)", "none"),
    "preserveAspectRatio": ("none", "xMinYMax slice", "defer xMidYMid", "", "x", "none none meet slice"),
    "inkscape:groupmode": ("layer",),
    "inkscape:label": ("1-red-0.3mm", "+s40", "\n", "-" * 5000 + "x", "9" * 5000, "\u202e", "!"),
    "stroke-dasharray": ("none", "1 2"),
    "transform": ("none", "rotate(1e999)", "matrix(1 0 0 1 nan 0)", "scale(0)", "skewX(90)", "scale(1e300)"),
}  # fmt: skip
_NUMBERED = (
    *("x", "y", "width", "height", "r", "rx", "ry", "cx", "cy", "x1", "y1", "x2", "y2", "stroke-width"),
)  # fmt: skip
_SHEETS = (
    *("path{stroke:red}", ".a,.b{fill:none}", "#a{stroke:lime}", "/**/*{}", "@import '/etc/passwd';", "{}}{"),
    *("<![CDATA[ .a{stroke:blue} ]]>", "/*" * 999, "a " * 999, ".a{fill:red}" * 300),
    *("@media screen{" * 999, "@media print{.a{fill:red}}", "g &gt; .a .b{fill:red!important}", "a{" * 999),
    *(".a " * 300 + "{fill:red}", ".a{fill:" + "(" * 999, "@supports (x){.a{fill:red}}", "\\d800 {fill:red}"),
)  # fmt: skip


@st.composite
def _data(draw):
    commands = draw(
        st.lists(st.tuples(st.sampled_from("MmLlHhVvCcSsQqTtAaZz"), st.integers(0, 8)), max_size=8)
    )
    words = [letter + " ".join(draw(numbers()) for _ in range(count)) for letter, count in commands]
    return draw(st.sampled_from(["M0 0", "m5,5", ""])) + "".join(words)


@st.composite
def _transforms(draw):
    names = st.sampled_from(["translate", "scale", "rotate", "skewX", "skewY", "matrix", "x"])
    calls = draw(st.lists(st.tuples(names, st.lists(numbers(), max_size=6)), max_size=3))
    return " ".join(f"{name}({','.join(values)})" for name, values in calls)


def _lists(least, most):
    return st.lists(numbers(), min_size=least, max_size=most).map(" ".join)


@st.composite
def _attributes(draw):
    found = {"id": draw(st.sampled_from(_IDS))}
    for name in draw(
        st.lists(st.sampled_from([*_CHOICES, *_NUMBERED, "d", "points", "viewBox"]), max_size=6)
    ):
        if name in _CHOICES:
            texts = st.sampled_from(_CHOICES[name])
            found[name] = draw(texts if name != "transform" else st.one_of(texts, _transforms()))
        else:
            own = {"d": _data(), "points": _lists(0, 9), "viewBox": _lists(3, 4)}
            found[name] = draw(own.get(name, numbers()))
    return found


def _spelled(tag, attributes, inside):
    # XML knows no other control characters, and a few are wanted.
    given = "".join(f" {name}={quoteattr(text)}" for name, text in attributes.items())
    return f"<{tag}{given}>{inside}</{tag}>"


def _elements():
    leaves = st.one_of(
        st.builds(_spelled, st.sampled_from(_TAGS), _attributes(), st.just("")),
        st.sampled_from(_SHEETS).map(lambda sheet: f"<style>{sheet}</style>"),
        st.builds(lambda data: f"<path stroke='red' d={quoteattr(data)}/>", _data()),
    )
    return st.recursive(
        leaves,
        lambda inner: st.builds(
            _spelled, st.sampled_from(_TAGS), _attributes(), st.lists(inner, max_size=4).map("".join)
        ),
        max_leaves=12,
    )


@st.composite
def _roots(draw):
    sizes = ['width="100mm" height="80mm" viewBox="0 0 100 80"', 'viewBox="0 0 100 80"', 'width="9cm"', ""]
    odd = st.tuples(*[st.one_of(numbers(), st.sampled_from(ODD_NUMBERS))] * 3).map(
        lambda texts: " ".join(
            f"{name}={quoteattr(text)}"
            for name, text in zip(("width", "height", "viewBox"), texts, strict=True)
        )
    )
    size = draw(st.one_of(st.sampled_from(sizes), st.sampled_from(sizes), odd))
    return f"<svg {SVG} {INKSCAPE} {size}>{draw(_elements())}{draw(_elements())}</svg>"


@st.composite
def _bombs(draw):
    """Small files that ask for much: elements, depth, clones of clones, entities, defaults, rules, names."""
    count = draw(st.sampled_from([1, 9, 200, 3000]))
    line = '<path id="p" stroke="red" d="M0 0L9 9"/>'
    copy = '<use href="#c{}"/>'
    clones = "".join(f'<g id="c{i}">{copy.format(i - 1) * 9}</g>' for i in range(1, min(count, 6)))
    entities = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 9}">' for i in range(1, min(count, 30)))
    prologue, root, body = draw(
        st.sampled_from(
            [
                ("", "", "<g>" * count + line + "</g>" * count),
                ("", "", line * count),
                ("", "", f'<g id="c0">{line}</g>{clones}'),
                ("", "", f'<path id="b" d="M0 0{"h1" * count}"/>' + '<use href="#b"/>' * (count // 9)),
                ("", "", '<use id="a" href="#b"/><g id="b"><use href="#a"/></g>' * count),
                (f'[<!ENTITY e0 "ha">{entities}]', "", "<desc>&e9;</desc>"),
                (f'[<!ENTITY e "{"x" * 900}">]', "", f'<g class="{"&e;" * count}"/>'),
                (f'[<!ATTLIST g d CDATA "{"x" * 9000}">]', "", "<g/>" * count),
                ('[<!ENTITY e SYSTEM "file:///etc/passwd">]', "", "<desc>&e;</desc>"),
                ('[<!ENTITY % e SYSTEM "file:///etc/passwd"> %e;]', "", line),
                ('SYSTEM "http://localhost/svg.dtd"', "", "<desc>&e;</desc>"),
                ("", f'xmlns:p="{"x" * count}"', "<p:g p:a='1'/>" * count),
                ("", " ".join(f'a{i}=""' for i in range(count)), line),
                ("", "", "<style>" + ".a{fill:red}" * count + "</style>" + "<g class='a'/>" * count),
                ("", "", f"<style>{'.a,' * count}.b{{fill:red}}</style>{line}"),
                (
                    "",
                    "",
                    f"<style>{'.a .b{fill:red}' * count}</style>" + f"<g class='a b'>{line}</g>" * count,
                ),
                ("", "", f"<polyline stroke='red' points='{'1 2 ' * count}'/>"),
            ]
        )
    )
    kind = f"<!DOCTYPE svg {prologue}>" if prologue else ""
    return f'<?xml version="1.0"?>{kind}<svg {SVG} {INKSCAPE} width="9cm" height="9cm" {root}>{body}</svg>'


@st.composite
def _encoded(draw, sources):
    text = draw(sources)
    name = draw(
        st.sampled_from(["utf-8"] * 4 + ["utf-16", "iso-8859-1", "ascii", "utf-7", "klingon", "shift_jis"])
    )
    if name != "utf-8":
        text = f'<?xml version="1.0" encoding="{name}"?>{text}'
    known = name in ("utf-16", "iso-8859-1", "shift_jis")
    return text.encode(name if known else "utf-8", "replace" if known else "surrogatepass")


def drawings():
    """Bytes of SVG files, compressed or not."""
    files = st.sampled_from([path.read_text("utf-8") for path in sorted(DATA.glob("*.svg"))])
    made = _roots()
    texts = st.one_of(made, made, _bombs(), changed(st.one_of(made, files, _bombs())), stretched(made))
    data = _encoded(texts)
    return zipped(st.one_of(data, data, mutated(data)))
