"""Options of what a drawing is. None has a default here: what is not given is left to the settings."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial, reduce
from typing import Any

import click

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


class _File(click.Path):
    """The name of a file to write; one of a folder that is not there is refused."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from plotopt.files import file_path

        return file_path(str(super().convert(value, param, ctx)))


FILE = _File()


class _Setting(click.Option):
    """An option whose default is looked up in the settings ``kind`` when help is asked for."""

    def __init__(self, *arguments: Any, kind: str, **attributes: Any) -> None:
        super().__init__(*arguments, **attributes)
        self.kind = kind

    def get_help_extra(self, ctx: click.Context) -> click.types.OptionHelpExtra:
        extra = super().get_help_extra(ctx)
        default = _defaults(self.kind).get(self.name or "")
        if isinstance(default, bool):
            extra["default"] = (self.opts if default else self.secondary_opts)[0].removeprefix("--")
        elif default is not None:
            extra["default"] = f"{default:g}" if isinstance(default, float) else str(default)
        return extra


@cache
def _defaults(kind: str) -> dict[str, Any]:
    # Settings import torch: only the help of a command that draws has to wait for it.
    from plotopt import settings

    return getattr(settings, kind)().options()


def setting(kind: str, *declarations: str, **attributes: Any) -> Decorator:
    """An option for a field of the class of that name in :mod:`plotopt.settings`."""
    return click.option(*declarations, cls=_Setting, kind=kind, default=None, **attributes)


def together(*decorators: Decorator) -> Decorator:
    """One decorator for several; help shows their options in this order."""
    return lambda command: reduce(lambda made, decorator: decorator(made), reversed(decorators), command)


def page_options(kind: str) -> Decorator:
    """The options that all drawings have, for their settings ``kind``."""
    return together(
        setting(kind, "--pens", "--pen", "pens", help="pens by name, width or COLOUR:WIDTH, commas between"),
        setting(kind, "--stock", help="a name of `plotopt papers`: white, cream, black, kraft, ..."),
        setting(kind, "--paper", help="A6 to A1, letter, legal, tabloid, 210x297mm"),
        setting(
            kind,
            "--margin",
            help="edge of the paper without ink, from 0mm  "
            "[default: 20mm, at most a tenth of its shorter side]",
        ),
        setting(kind, "--orientation", help="auto, portrait or landscape"),
        setting(kind, "--profile", help="a name of `plotopt profiles`, or a TOML"),
        setting(kind, "--client", help="saxi or axicli: whose minutes to tell"),
        setting(
            kind, "--split-every", metavar="METRES", help="pause for the pen after so many metres of line"
        ),
        setting(kind, "--quality", help="draft, normal or fine"),
        setting(kind, "--seed", type=int, help="another whole number, another drawing; from 0"),
        setting(kind, "--device", help="cpu, cuda, mps for networks alone, or auto: cuda if there is one"),
    )


def network_options(kind: str) -> Decorator:
    """What drawings of neurons have besides, for their settings ``kind``."""
    own = partial(setting, kind)
    return together(
        own("-n", "--strokes", type=int, help="strokes to draw with, 1 to 100000"),
        own("--crop", type=int, help="side of what the network sees at a time, 32 to 1024 px"),
        own("--batch", type=int, help="crops it sees in a step, 1 to 64"),
        own("--perspective", type=float, help="how far a crop's corners move, 0 to 20 % of its side"),
        own("--shift", type=float, help="how far crops move, 0 to 100 px"),
        own("--turn", type=float, help="how far crops turn, 0 to 180 degrees"),
        own("--scale", type=float, help="how much crops grow or shrink, 0 to 50 %"),
        own("--ink", type=float, help="price of ink on paper, 0 to 100"),
        own("--overlap", type=float, help="price of ink on ink, 0 to 100"),
        own("--evenness", type=float, help="price of blots and empty places, 0 to 100"),
        own("--length", type=float, help="price of strokes much too short or too long, 0 to 100"),
        own("--relu", help="leaky lets a tenth of what is negative through at first, plain nothing"),
        own("--weights", metavar="FILE", help=".pth or .safetensors  [default: torchvision's, fetched once]"),
    )
