"""Trainings as steps: a run directory each, which goes on where it was."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, replace
from pathlib import Path

from artlucid import finetune, recipes, runs
from artlucid.errors import ReproductionError
from artlucid.reproduce._states import TRAININGS, State, trained
from artlucid.reproduce._work import Work, at


@dataclass(frozen=True)
class Train:
    """A training, or a head on features.

    Attributes
    ----------
    training : str
        A key of `TRAININGS`.
    place : int
        Of its seed.
    """

    training: str
    place: int

    def name(self, work: Work) -> str:
        verb = "fine-tune" if TRAININGS[self.training].recipe else "off the shelf"
        return f"{verb} {self.path(work).name}"

    def path(self, work: Work) -> Path:
        return work.run(self.training, self.place)

    def is_done(self, work: Work) -> bool:
        """Whether the run is finished; one that was made otherwise is refused."""
        path = self.path(work)
        if not (path / runs.MANIFEST).is_file():
            return False
        run = runs.open_run(path)
        self._check(run, work)
        return bool(run.state["status"] == "finished")

    def make(self, work: Work) -> None:
        """Train, or go on."""
        path, given, head = self.path(work), self._weights(work), TRAININGS[self.training].recipe is None
        options = finetune.Options(
            precision=work.settings.precision,
            architecture=work.settings.architecture if given is None else None,
            # Of a part of the data that a specification names, what others hold would be compared with the whole.
            near_duplicates=self.place == 0 and work.settings.images_per_class is None,
            progress=work.settings.progress,
        )
        common = {
            "weights": work.settings.weights if given is None else given,
            "seed": work.seeds[self.place],
            "out": path,
            "resume": path.exists(),
        }
        dataset = work.data[TRAININGS[self.training].data]
        if head:
            told = {field.name: getattr(options, field.name) for field in dataclasses.fields(options)}
            shelf = finetune.OffTheShelfOptions(**{**told, "precision": None})
            finetune.off_the_shelf(dataset, head=work.recipe(self.training), options=shelf, **common)
        else:
            finetune.fit(dataset, recipe=work.recipe(self.training), options=options, **common)

    def _parent(self) -> State | None:
        weights = TRAININGS[self.training].weights
        return None if weights is None else trained(weights)

    def _weights(self, work: Work) -> str | None:
        parent = self._parent()
        return None if parent is None else work.source(parent, self.place)

    def _check(self, run: runs.Run, work: Work) -> None:
        """Refuse a run that was made with other settings."""
        manifest, recipe = run.manifest, work.recipe(self.training)
        # Where a recipe comes from is no setting.
        recorded = replace(recipes.from_json(manifest["recipe"]), source=recipe.source)
        parent = self._parent()
        start = None if parent is None else work.identity(parent, self.place)
        wanted = {
            "seed": (manifest.get("seed"), work.seeds[self.place]),
            "data": (at(manifest, "dataset", "identity"), work.data[TRAININGS[self.training].data].identity),
            "recipe": (recorded, recipe),
        }
        if start is not None:
            wanted["initial weights"] = (at(manifest, "initial_weights", "identity"), start)
        if differing := [
            f"{name} {_short(found)} where {_short(asked)} is wanted"
            for name, (found, asked) in wanted.items()
            if found != asked
        ]:
            raise ReproductionError(
                f"A run in a folder of results must be of the same experiment. Received {run.path} with "
                f"{'; '.join(differing)}. Use another `--out`, or remove that run."
            )


def _short(value: object) -> str:
    return recipes.label(value) if isinstance(value, recipes.Recipe) else str(value)[:24]


def with_parents(training: str) -> list[str]:
    """A training behind those that it goes on from."""
    weights = TRAININGS[training].weights
    return [*([] if weights is None else with_parents(weights)), training]
