"""``deepfractals field evolve`` and ``eval``: what a run's field does with images."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deepfractals_gui.cli import picture
from deepfractals_gui.cli.field_train import BEST, source
from deepfractals_gui.cli.notes import show
from deepfractals_gui.cli.progress import ProgressLine
from deepfractals_gui.cli.run_folder import file_of
from deepfractals_gui.core import CancelFlag

if TYPE_CHECKING:
    from deepfractals_gui.equilibrium.field import FieldSpec
    from deepfractals_gui.equilibrium.images import Pictures
    from deepfractals_gui.equilibrium.training import TrainingState
    from deepfractals_gui.experiments.field_state import FieldState

_SETTLED = 1e-9


def checkpoint_of(run: Path) -> Path:
    """The file itself, or the best checkpoint of a folder."""
    return file_of(run, BEST, "field train")


def plan_evolve(options: argparse.Namespace) -> Callable[[CancelFlag], None]:
    """Check run, image and targets; return the work. Raises ValueError, OSError."""
    from deepfractals_gui.equilibrium.solvers import SOLVERS
    from deepfractals_gui.experiments.field import Field

    if options.output is None and options.film is None:
        raise ValueError("say what to write: -o OUT.png for a strip, --film OUT.mp4 for a film")
    for path, suffix in ((options.output, ".png"), (options.film, ".mp4")):
        if path is not None:
            picture.check_target(path, suffix)
            picture.check_apart(path, checkpoint_of(options.run))
    if options.solver not in SOLVERS:
        known = ", ".join(SOLVERS)
        raise ValueError(f"a solver is one of {known}, not {options.solver[:40]!r}")
    state = _answering(Field().load(checkpoint_of(options.run)), options.model)
    image = state.data.image(options.image, test=state.data.test is not None)
    _check_sizes(state.spec, options)
    channels = state.spec.channels
    if options.channel is not None and options.channel >= channels:
        raise ValueError(
            f"the field has {channels} channels, from 0; there is no {options.channel}"
        )
    return lambda flag: _evolve(state, image, options, flag)


def _answering(state: FieldState, model: str) -> FieldState:
    """The run with the parameters that are to answer."""
    if model == "latest":
        return state
    if not state.best_epoch:
        raise ValueError("the run has no best model before its first epoch is over")
    return replace(state, training=replace(state.training, params=state.best))


def _check_sizes(spec: FieldSpec, options: argparse.Namespace) -> None:
    from deepfractals_gui.experiments.field_views import check_steps
    from deepfractals_gui.export.field_pictures import film_shape, strip_shape

    check_steps(spec, max(options.steps))
    if options.output is not None:
        strip_shape(spec.height, spec.width, len(options.steps), options.zoom)
    if options.film is not None:
        film_shape(spec.height, spec.width, options.zoom)


def _evolve(state: FieldState, image: Any, options: argparse.Namespace, flag: CancelFlag) -> None:
    from deepfractals_gui.experiments.field_params import solver_of
    from deepfractals_gui.experiments.field_views import evolution
    from deepfractals_gui.export.field_pictures import export_film, save_strip

    damping = state.params.damping if options.damping is None else options.damping
    most = max(options.steps)
    solver = solver_of(options.solver, _SETTLED, most, damping)
    with ProgressLine("watching the field") as line:
        found = evolution(state, image, solver, most, cancel=flag)
        if options.output is not None:
            flag.check()
            save_strip(found, options.output, options.steps, options.channel, options.zoom)
        if options.film is not None:
            export_film(
                found, options.film, channel=options.channel, zoom=options.zoom, fps=options.fps,
                progress=line.update, cancel=flag,
            )  # fmt: skip
    shown = state.data.train if state.data.test is None else state.data.test
    classes = state.data.classes
    names = ", ".join(str(path) for path in (options.output, options.film) if path is not None)
    show(
        f"{names}: image {options.image}, which is {classes[int(shown.labels[options.image])]}, is "
        f"taken for {classes[int(found.logits[-1].argmax())]}; residual {found.residuals[-1]:.1e} "
        f"after {len(found.frames) - 1} steps"
    )


def plan_eval(options: argparse.Namespace) -> Callable[[CancelFlag], None]:
    """Find the images; return the work. Raises ValueError, OSError."""
    from deepfractals_gui.equilibrium.checkpoints import load_checkpoint
    from deepfractals_gui.equilibrium.images import pictures
    from deepfractals_gui.experiments.field import Field
    from deepfractals_gui.experiments.field_data import dataset_of
    from deepfractals_gui.experiments.field_params import FieldRunParams

    path = checkpoint_of(options.run)
    if options.data is None:
        if options.labels is not None:
            raise ValueError("--labels belong to IDX images; say which with --data")
        state = _answering(Field().load(path), options.model)
        if state.data.test is None:
            raise ValueError("the run keeps no images for the test; say which with --data")
        name, test = state.data.name, state.data.test
        return lambda flag: _evaluate(state.training, test, name, options, flag)
    if options.model == "best":
        # The best parameters are the run's, which is read with its images.
        state = _answering(Field().load(path), options.model)
        training, standard = state.training, state.data.train.standard
    else:
        training, standard = load_checkpoint(path)
    found = dataset_of(FieldRunParams(**source(str(options.data), options.labels)))
    others = pictures(found, training.spec, standard)
    return lambda flag: _evaluate(training, others, found.name, options, flag)


def _evaluate(
    state: TrainingState, images: Pictures, name: str, options: argparse.Namespace,
    flag: CancelFlag,
) -> None:  # fmt: skip
    from deepfractals_gui.equilibrium.field import count_parameters
    from deepfractals_gui.equilibrium.training import evaluate
    from deepfractals_gui.experiments.training_run import working

    with (
        ProgressLine(f"answering {len(images)} images"),
        working(options.threads) as pool,
        np.errstate(all="ignore"),
    ):
        found = evaluate(state, images, cancel=flag, pool=pool)
    parameters = count_parameters(state.params)
    wrong = int(np.sum(found.answers != images.labels))
    if options.json:
        data = {
            "data": name, "images": len(images), "accuracy": found.accuracy, "loss": found.loss,
            "wrong": wrong, "evaluations": found.effort.evaluations,
            "residual": found.effort.residual, "unsolved": found.effort.unsolved,
            "parameters": parameters, "epoch": state.epoch,
        }  # fmt: skip
        sys.stdout.write(json.dumps(data, allow_nan=False) + "\n")
        return
    show(
        f"{name}: accuracy {found.accuracy:.2%} ({wrong} of {len(images):,} images wrong), loss "
        f"{found.loss:.4f}, {found.effort.evaluations:.1f} evaluations to a residual of 1e-6, "
        f"{parameters:,} parameters"
    )
