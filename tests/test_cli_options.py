"""The options of the commands that draw: what help says of them is true, and none has a default twice."""

import re
from dataclasses import fields

import click
import pytest
from commands import options_given

from plotopt import cli
from plotopt.errors import PlotoptError
from plotopt.settings import FitSettings, NeuronSettings, read_neuron_settings, read_settings

COMMANDS = {"fit": (FitSettings, read_settings), "neuron": (NeuronSettings, read_neuron_settings)}
RANGE = re.compile(r"([\d.]+) to ([\d.]+)")


def help_of(verb):
    """Every option's name and its line of help with all in brackets."""
    command = cli.plotopt.commands[verb]
    context = click.Context(command)
    options = [option for option in command.params if isinstance(option, click.Option)]
    return {option.name: option.get_help_record(context)[1] for option in options}


# Which seed it is does not matter: no more is told than where they begin.
NUMBERS = [
    (verb, option.name, {click.INT: int, click.FLOAT: float}[option.type])
    for verb in COMMANDS
    for option in cli.plotopt.commands[verb].params
    if option.type in (click.INT, click.FLOAT) and option.name != "seed"
]


@pytest.mark.parametrize("verb", COMMANDS)
def test_every_setting_is_an_option_with_its_default(verb):
    kind, read = COMMANDS[verb]
    told = help_of(verb)
    assert {entry.name for entry in fields(kind)} <= told.keys()
    for name, value in kind().options().items():
        if value is None:
            continue
        default = re.search(r"\[default: (.+)\]", told[name])[1]
        if isinstance(value, bool):
            assert default == (name if value else f"no-{name}")
        else:
            assert read(**{name: type(value)(default)}) == kind()


@pytest.mark.parametrize("verb", COMMANDS)
def test_what_is_not_given_is_left_to_the_settings(verb):
    assert options_given(f"plotopt {verb} subject") == ("subject", {})


@pytest.mark.parametrize(("verb", "name", "number"), NUMBERS)
def test_the_range_that_help_tells_is_the_one_that_holds(verb, name, number):
    _, read = COMMANDS[verb]
    low, high = (number(bound) for bound in RANGE.search(help_of(verb)[name]).groups())
    step = 1 if number is int else 0.001
    # Features and style count for nothing where pixels alone are compared.
    others = {"loss": "vgg"} if verb == "fit" else {}
    # Without shading there must be edges.
    others |= {"edges": 1.0} if name == "shading" else {}
    for value in (low, high):
        assert getattr(read(**others, **{name: value}), name) == value
    for value in (low - step, high + step):
        with pytest.raises(PlotoptError, match=f"{name.replace('_', ' ')} is "):
            read(**others, **{name: value})


@pytest.mark.parametrize("spelt", ["--pens", "--pen"])
def test_pens_go_by_both_names(spelt):
    assert options_given(f"plotopt neuron n {spelt} red,blue")[1] == {"pens": "red,blue"}
