"""Style sheets and style attributes: which declarations an element has, and which of them win."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from tinycss2 import parse_blocks_contents, parse_stylesheet

from plotopt.errors import PlotoptError
from plotopt.plot.svgin.paints import BLACK, UNREAD, parse_paint
from plotopt.plot.svgin.values import LONGEST_CSS, Token, spelled, tokens_of

MARKERS = ("marker-start", "marker-mid", "marker-end")
PROPERTIES = frozenset(
    (
        *("stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "fill", "fill-opacity"),
        *("color", "opacity", "visibility", "display", "overflow", "vector-effect", "clip-path", "mask"),
        *("transform", "transform-origin", "transform-box", *MARKERS),
    )
)
"""The properties of interest that may be attributes too."""

_PAINTS = ("stroke", "fill", "color")
_DECLARED = PROPERTIES | {"width", "height", "marker"}
# Declarations that the library reads no otherwise, in ten times the time.
_PLAIN = re.compile(r"(?:[^\"'\\(){}\[\]/!@]++|\([^\"'\\(){}\[\]/!@;]*+\))*+")
_FONT = re.compile(r"@font-face\s*+\{[^{}]*+\}")
_COMPOUND = re.compile(r"(\*|[\w-]+)?(#[\w-]+)?((?:\.[\w-]+)*)")
_MOST_COMPARISONS = 10_000_000
_SEEN_ON_SCREENS = ("screen", "all", "only screen", "only all", "")


class Declarations(NamedTuple):
    """The properties of interest that something gives elements: important ones win over all others."""

    usual: dict[str, str]
    important: dict[str, str]


@dataclass(frozen=True, eq=False)
class Step:
    """One part of a selector: a tag, an id and classes (empty ones ask for nothing), and what it lies in."""

    tag: str
    id: str
    classes: frozenset[str]
    outer: Step | None = None
    is_child: bool = False

    @property
    def hook(self) -> str:
        """What every element has that it is for."""
        return f"#{self.id}" if self.id else f".{min(self.classes)}" if self.classes else self.tag

    @property
    def weight(self) -> tuple[int, int, int]:
        """Of two rules the one with the larger weight wins."""
        ids = classes = tags = 0
        step: Step | None = self
        while step:
            ids, classes, tags = ids + bool(step.id), classes + len(step.classes), tags + bool(step.tag)
            step = step.outer
        return ids, classes, tags

    def matches(self, tag: str, identity: str, classes: set[str], around: Around) -> bool:
        """Whether it is for an element of that tag, id and classes in those surroundings."""
        is_alike = self.tag in ("", tag) and self.id in ("", identity) and self.classes <= classes
        outer = around.parent if self.is_child else around.ancestors
        return is_alike and (self.outer is None or self.outer in outer)


class Around(NamedTuple):
    """The steps of selectors that the element matches in which others lie, and those that any around does."""

    parent: frozenset[Step]
    ancestors: frozenset[Step]


@dataclass(frozen=True, eq=False)
class Rule:
    """Declarations for the elements that a selector is for."""

    step: Step
    declarations: Declarations


# What rules know of an element: tag, id (empty where no rule has it), class attribute and surroundings.
_Traits = tuple[str, str, str, Around]

NOWHERE = Around(frozenset(), frozenset())
_NOTHING = Declarations({}, {})


class StyleSheet:
    """The rules of the style sheets of a document.

    Selectors of tags, ids and classes (``path``, ``.st0``, ``rect.b``) are known, in each other
    (``.a path``) and directly so (``g > path``). Rules with any other are left out, and ``unread`` of them
    are there. Raises PlotoptError for more than 2,000,000 characters, fonts aside.
    """

    def __init__(self, *texts: str) -> None:
        texts = tuple(_FONT.sub("", text) for text in texts)
        length = sum(map(len, texts))
        if length > LONGEST_CSS:
            raise PlotoptError(
                f"the drawing has style sheets of {length:,} characters, more than {LONGEST_CSS:,}: "
                "export it with presentation attributes"
            )
        rules: list[Rule] = []
        self.unread = 0
        for step, declarations in chain.from_iterable(map(_rules, texts)):
            if step is None:
                self.unread += 1
            else:
                rules.append(Rule(step, declarations))
        self._rules: dict[str, list[tuple[int, Rule]]] = {}
        for i, rule in enumerate(sorted(rules, key=lambda rule: rule.step.weight)):
            self._rules.setdefault(rule.step.hook, []).append((i, rule))
        self._outer = list(dict.fromkeys(step for rule in rules for step in _outer_steps(rule.step)))
        self._ids = {step.id for step in (*self._outer, *(rule.step for rule in rules))}
        self._comparisons = 0
        self._matched: dict[_Traits, Declarations] = {}
        self._surroundings: dict[_Traits, Around] = {}

    def declarations(self, tag: str, attributes: Mapping[str, str], around: Around = NOWHERE) -> Declarations:
        """What the rules give an element.

        Raises PlotoptError where rules and elements are too many to be held against each other.
        """
        if not self._rules:
            return _NOTHING
        traits = self._traits(tag, attributes, around)
        if traits not in self._matched:
            declared = Declarations({}, {})
            for rule in self._matching(*traits):
                declared.usual.update(rule.declarations.usual)
                declared.important.update(rule.declarations.important)
            self._matched[traits] = declared
        return self._matched[traits]

    def inside(self, tag: str, attributes: Mapping[str, str], around: Around) -> Around:
        """The surroundings of what lies in an element, from those of the element; raises as declarations."""
        if not self._outer:
            return NOWHERE
        traits = self._traits(tag, attributes, around)
        if traits not in self._surroundings:
            self._count(len(self._outer))
            _, identity, names, _ = traits
            classes = set(names.split())
            own = frozenset(step for step in self._outer if step.matches(tag, identity, classes, around))
            self._surroundings[traits] = Around(own, around.ancestors | own)
        return self._surroundings[traits]

    def _traits(self, tag: str, attributes: Mapping[str, str], around: Around) -> _Traits:
        identity = attributes.get("id", "")
        return tag, identity if identity in self._ids else "", attributes.get("class", ""), around

    def _matching(self, tag: str, identity: str, classes: str, around: Around) -> list[Rule]:
        names = set(classes.split())
        hooks = {f"#{identity}", tag, "", *(f".{name}" for name in names)}
        numbered = [each for hook in hooks for each in self._rules.get(hook, ())]
        self._count(len(numbered))
        numbered.sort(key=lambda each: each[0])
        return [rule for _, rule in numbered if rule.step.matches(tag, identity, names, around)]

    def _count(self, comparisons: int) -> None:
        self._comparisons += comparisons
        if self._comparisons > _MOST_COMPARISONS:
            raise PlotoptError(
                "the drawing has too many rules of style: export it with presentation attributes"
            )


@lru_cache(maxsize=4096)
def parse_declarations(text: str) -> Declarations:
    """The properties of interest of ``stroke: red; fill: none``."""
    if "var(" in text or not _PLAIN.fullmatch(text):
        return _declarations(tokens_of(text))
    usual: dict[str, str] = {}
    for name, _, value in (part.partition(":") for part in text.split(";")):
        _declare(usual, name.strip().lower(), value.strip())
    return Declarations(_without_shorthand(usual), {})


def _declarations(tokens: list[Token]) -> Declarations:
    declared = Declarations({}, {})
    for each in parse_blocks_contents(tokens, skip_whitespace=True):
        if each.type == "declaration":
            which = declared.important if each.important else declared.usual
            _declare(which, each.lower_name, spelled(each.value))
    return Declarations(_without_shorthand(declared.usual), _without_shorthand(declared.important))


def _declare(declared: dict[str, str], name: str, value: str) -> None:
    """Take a property of interest over the one before it, if it can be read."""
    if name not in _DECLARED or not value:
        return
    if name in declared and name in _PAINTS and parse_paint(value, BLACK) == UNREAD:
        return
    declared[name] = value


def _without_shorthand(declared: dict[str, str]) -> dict[str, str]:
    """Markers one by one."""
    value = declared.pop("marker", None)
    return declared if value is None else {**dict.fromkeys(MARKERS, value), **declared}


def _rules(text: str) -> Iterator[tuple[Step | None, Declarations]]:
    """Selectors, None for one that is not understood, and what they declare of interest."""
    for rule in _rules_for_screens(tokens_of(text)):
        declarations = _declarations(rule.content)
        if any(declarations):
            steps = [_selector(part) for part in _selector_text(rule.prelude).split(",")]
            yield from ((step, declarations) for step in steps if step)
            if None in steps:
                yield None, declarations


def _rules_for_screens(tokens: list[Token]) -> Iterator[Token]:
    """All rules of style that count whatever a screen is like, in their order."""
    pending = parse_stylesheet(tokens, skip_whitespace=True)[::-1]
    while pending:
        rule = pending.pop()
        if rule.type == "qualified-rule":
            yield rule
        elif rule.type == "at-rule" and _counts(rule):
            pending += parse_stylesheet(rule.content or (), skip_whitespace=True)[::-1]


def _counts(rule: Token) -> bool:
    """Whether what is in an at-rule counts; a browser is taken to support what is asked for."""
    asks = rule.lower_at_keyword
    return asks in ("supports", "layer") or (asks == "media" and _is_for_screens(rule.prelude))


def _is_for_screens(prelude: list[Token]) -> bool:
    """Whether a list of media has screens in it without any condition."""
    words = "".join(token.lower_value if token.type == "ident" else _sign(token) for token in prelude)
    return any(" ".join(query.split()) in _SEEN_ON_SCREENS for query in words.split(","))


def _selector_text(prelude: list[Token]) -> str:
    return "".join(
        token.serialize() if token.type in ("ident", "hash") else _sign(token) for token in prelude
    )


def _sign(token: Token) -> str:
    """Space and signs as they are; for any other token a sign that nothing here knows."""
    return token.value if token.type in ("whitespace", "literal") else "?"


def _selector(text: str) -> Step | None:
    step, is_child = None, False
    for part in text.replace(">", " > ").split():
        match = _COMPOUND.fullmatch(part)
        if match:
            tag, identity, classes = match[1] or "", match[2] or "", match[3] or ""
            names = frozenset(filter(None, classes.split(".")))
            step, is_child = _step(tag.replace("*", ""), identity[1:], names, step, is_child), False
        elif part == ">" and step and not is_child:
            is_child = True
        else:
            return None
    return None if is_child else step


@lru_cache(maxsize=4096)
def _step(tag: str, identity: str, classes: frozenset[str], outer: Step | None, is_child: bool) -> Step:
    """The same step for what is the same, so that it is held against elements once."""
    return Step(tag, identity, classes, outer, is_child)


def _outer_steps(step: Step) -> Iterator[Step]:
    while step.outer:
        step = step.outer
        yield step
