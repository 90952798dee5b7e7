"""One run from its order to its end: kept or not, stopped or not, from the start or from where it stood."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from plotopt.carrying import Carried
from plotopt.errors import PlotoptError
from plotopt.journal import Journal, Watcher
from plotopt.listening import Listener
from plotopt.runs.keeper import Keeper
from plotopt.runs.record import Finish, Order, Record
from plotopt.strokes import Strokes

#: What metadata have where the options alone do not lead to the drawing, since it was stopped, or went on
#: from the strokes of another.
PARTIAL = ("stopped", "carried")


@dataclass
class Run:
    """How a drawing is run: ``keeper`` writes it down, ``stops`` is asked after every step whether to end.

    ``before`` is what a run that goes on has come to; with the settings of then it ends in the very same
    drawing. ``watchers`` look on.
    """

    keeper: Keeper | None = None
    stops: Callable[[], bool] = lambda: False
    before: Record | None = None
    watchers: Sequence[Watcher] = ()
    _journal: Journal = field(init=False, default_factory=Journal)

    @property
    def is_stopped(self) -> bool:
        """Whether the drawing is one that was stopped before its end."""
        return self._journal.is_stopped

    @property
    def told(self) -> dict[str, bool]:
        """What the drawing's metadata tell where its options alone would not lead to it: ``PARTIAL``."""
        facts = dict(zip(PARTIAL, (self.is_stopped, self.carried is not None), strict=True))
        return {name: fact for name, fact in facts.items() if fact}

    @property
    def finished(self) -> Finish | None:
        """What the run has come to, if it is at its end already."""
        return self.before.finish if self.before else None

    @property
    def carried(self) -> Carried | None:
        """Strokes of a run with other settings, to begin with."""
        return self.before.carried if self.before else None

    def draw(
        self,
        order: Callable[[], Order],
        on_progress: Listener,
        pens: int,
        draw: Callable[[Journal], tuple[Strokes, tuple[str, ...]]],
    ) -> tuple[Strokes, tuple[str, ...]]:
        """The strokes that ``draw`` comes to as the journal tells, and what the user should know of them.

        Those of a run that is finished already are as they are. Raises PlotoptError for a run before that was
        drawn with more ``pens`` than there are, and for stages that there are not any more.
        """
        journal = self._begin(order, on_progress, pens)
        strokes, notes = (self.finished.strokes, self.finished.notes) if self.finished else draw(journal)
        return strokes, notes + self._end(strokes, notes)

    def _begin(self, order: Callable[[], Order], on_progress: Listener, pens: int) -> Journal:
        if self.before:
            check_pens(self.before, pens)
        start = self.before.moment if self.before else None
        if self.keeper:
            self.keeper.begin(self.before or Record(order()))
        self._journal = Journal(on_progress, self.keeper, self.stops, start, self.watchers)
        return self._journal

    def _end(self, strokes: Strokes, notes: tuple[str, ...]) -> tuple[str, ...]:
        """Hear of the strokes at the end; returns what else the user should know."""
        if self._journal.start and not self.finished and not self.is_stopped and len(strokes):
            raise PlotoptError("the run stands in a stage that this plotopt does not have: begin it anew")
        if not self.keeper:
            return ()
        if not self.is_stopped:
            self.keeper.finish(strokes, notes)
        return tuple(self.keeper.notes)


def check_pens(record: Record, pens: int) -> None:
    """Raise PlotoptError where strokes of a record are drawn with pens that there are not."""
    moment = record.moment
    drawn = [each.strokes for each in (moment.attempts if moment else ())]
    drawn += [moment.standing.strokes] if moment else []
    drawn += [record.finish.strokes] if record.finish else []
    drawn += [record.carried.strokes] if record.carried else []
    for strokes in drawn:
        leaning = pens if strokes.leaning is None else strokes.leaning.shape[1]
        if leaning != pens or (len(strokes) and int(strokes.pen.max()) >= pens):
            raise PlotoptError(f"the run's strokes have other pens than its options, which name {pens}")
