"""How far a render goes within its budget, what it computes first, and what it says about it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from deepfractals_gui.core import CancelFlag, Status, Viewport
from deepfractals_gui.render import Samples, course
from deepfractals_gui.render.assembly import Assembly
from deepfractals_gui.render.cost import Account
from deepfractals_gui.render.course import Course
from deepfractals_gui.render.refine import Points

DEAR = 0.003
"""Seconds that a point takes, in virtual time."""
THREADS = 2
SHAPE = (96, 128)


@dataclass
class Drive:
    """Workers that compute a course in virtual time."""

    course: Course
    cost: float = DEAR
    now: float = 0.0
    stages: list[tuple[str, int]] = field(default_factory=list)
    left: list[tuple[float, float]] = field(default_factory=list)

    def run(self) -> Drive:
        for plan in self.course.stages():
            self.stages.append((type(plan).__name__, plan.stride))
            running = []
            while True:
                while len(running) < THREADS and (portion := plan.take()) is not None:
                    running.append((self.now + portion.points * self.cost, len(running), portion))
                if not running:
                    assert plan.exhausted
                    break
                running.sort(key=lambda entry: entry[:2])
                self.now, _, portion = running.pop(0)
                points, _ = self.course.compute(portion, None, CancelFlag())
                self.course.spend(self.now)
                plan.finished(portion, points, points * self.cost, self.now)
                self.left.append((self.now, self.course.seconds_left))
        return self

    @property
    def known(self) -> np.ndarray:
        return self.course.assembly.level == 0


@pytest.fixture
def drive(bench):
    def start(request, budget=None, reuse=None, **options) -> Drive:
        system = bench.systems[request.key]
        assembly = Assembly(request, system, paints=True)
        panels, total = assembly.adopt(reuse, CancelFlag())
        account = Account(assembly.shape, total, THREADS, **options)
        return Drive(Course(assembly, system, panels, account, budget)).run()

    return start


def disc(bench, **options):
    return bench.request("disc", SHAPE, viewport=Viewport.at(0, 0, 4.0), **options)


def full_seconds(shape=SHAPE) -> float:
    return shape[0] * shape[1] * DEAR / THREADS


def samples(drive: Drive, seconds: float) -> Samples:
    draft = drive.course.draft
    return drive.course.assembly.samples(complete=draft is None, seconds=seconds, draft=draft)


def test_without_a_budget_everything_is_computed_in_one_stage(bench, drive, same_bits):
    request = disc(bench)
    done = drive(request)
    assert len(done.stages) == 1
    assert done.course.draft is None
    assert done.course.audit is None
    same_bits(samples(done, 1.0).channels, bench.flat(request, bench.disc))


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.7])
def test_a_system_without_a_boundary_ends_on_the_finest_lattice_that_fits(bench, drive, share):
    request = bench.request(shape=SHAPE)
    budget = share * full_seconds()
    done = drive(request, budget)
    draft = done.course.draft
    assert draft.audit is None
    assert np.all(done.known[:: draft.stride, :: draft.stride])
    assert draft.share == pytest.approx(done.known.mean())
    assert draft.seconds_left == pytest.approx(full_seconds() * (1 - draft.share), rel=0.05)
    assert done.now <= 1.1 * budget
    # The next lattice would have had four times as many points.
    assert draft.stride == 2 or 4 * done.now > budget
    assert np.all(done.course.assembly.channels["status"] > 0)


def test_what_fits_the_budget_is_finished(bench, drive, same_bits):
    request = bench.request(shape=SHAPE)
    done = drive(request, 1.2 * full_seconds())
    assert done.course.draft is None
    same_bits(samples(done, 1.0).channels, bench.expected(request))


def test_boundaries_are_refined_first_and_the_rest_follows_if_it_fits(bench, drive, same_bits):
    request = disc(bench)
    done = drive(request, 1.2 * full_seconds())
    assert [stride for _, stride in done.stages[1:]] == [2, 1, 1, 1]
    assert done.course.draft is None
    assert done.course.audit.wrong == 0
    same_bits(samples(done, 1.0).channels, bench.flat(request, bench.disc))
    assert bench.disc.sampled == 2 * SHAPE[0] * SHAPE[1]


def test_a_refined_picture_has_the_outcomes_of_the_whole_one(bench, drive):
    request = disc(bench)
    done = drive(request, 0.6 * full_seconds())
    draft, expected = done.course.draft, bench.flat(request, bench.disc)
    assert draft.stride == 1
    assert draft.share == pytest.approx(done.known.mean())
    assert draft.share < 0.5
    assert done.now <= 0.66 * full_seconds()
    filled = ~done.known
    assert draft.audit.filled == filled.sum() + draft.audit.computed
    assert draft.audit.computed >= 0.01 * draft.audit.filled
    assert draft.audit.wrong == 0
    status = done.course.assembly.channels["status"]
    assert np.array_equal(status, expected["status"])
    for name, array in expected.items():
        assert np.array_equal(done.course.assembly.channels[name][done.known], array[done.known])


def test_the_audit_finds_what_refinement_missed(bench, drive):
    bench.disc.grains = 0.002
    request = bench.request("disc", (240, 320), viewport=Viewport.at(0, 0, 4.0))
    done = drive(request, 0.6 * full_seconds((240, 320)))
    audit, expected = done.course.draft.audit, bench.flat(request, bench.disc)
    bench.disc.grains = 0.0
    assembly = done.course.assembly
    wrong = np.count_nonzero(assembly.channels["status"] != expected["status"]) + audit.wrong
    assert wrong > 0
    low, high = audit.interval
    assert low <= wrong / audit.filled <= high


def test_a_refinement_that_does_not_fit_goes_as_far_as_it_can(bench, drive):
    budget = 0.08 * full_seconds()
    done = drive(disc(bench), budget)
    draft = done.course.draft
    assert draft.stride > 1
    assert 0.7 * budget <= done.now <= 1.2 * budget
    assert draft.audit.computed == 100
    # What is refined lies in the middle.
    rows = np.nonzero(done.known)[0]
    assert draft.share > 1 / draft.stride**2
    assert abs(rows.mean() - SHAPE[0] / 2) < 5


def test_a_pan_has_a_budget_of_its_own(bench, drive):
    request = disc(bench)
    first = drive(request, 0.3 * full_seconds())
    moved = disc(bench)
    moved = replace(moved, viewport=moved.viewport.panned(8, 0, SHAPE[1]))
    again = drive(moved, 0.3 * full_seconds(), samples(first, first.now), prior=DEAR)
    assert again.course.assembly.seconds > 0.2 * full_seconds()
    assert again.course.assembly.spent == 0
    assert again.known.mean() > first.known.mean()


def test_cheap_points_are_not_refined(bench, drive, monkeypatch):
    monkeypatch.setattr(course, "DEAR_SECONDS", 2 * DEAR)
    done = drive(disc(bench), 0.3 * full_seconds())
    assert not any(name == Points.__name__ for name, _ in done.stages)
    assert done.course.draft.stride == 2


def test_the_budget_counts_what_was_spent_before(bench, drive):
    """A view that one comes back to isn't computed further each time."""
    request = disc(bench)
    first = drive(request, 0.3 * full_seconds())
    count = bench.disc.sampled
    again = drive(request, 0.3 * full_seconds(), samples(first, first.now), prior=DEAR)
    assert bench.disc.sampled == count
    assert again.course.draft.share == pytest.approx(first.course.draft.share)
    assert again.course.draft.stride == first.course.draft.stride
    assert again.course.draft.audit == first.course.draft.audit


def test_what_a_draft_left_out_is_computed_without_a_budget(bench, drive, same_bits):
    request = disc(bench)
    first = drive(request, 0.3 * full_seconds())
    rest = drive(request, None, samples(first, first.now))
    assert bench.disc.sampled == SHAPE[0] * SHAPE[1]
    same_bits(samples(rest, 1.0).channels, bench.flat(request, bench.disc))


def test_the_time_left_is_right_early_and_to_the_end(bench, drive):
    done = drive(bench.request(shape=SHAPE))
    for now, left in done.left:
        if now > 0.3:
            assert left == pytest.approx(done.now - now, rel=0.15, abs=0.1)


# Through the renderer.


@pytest.fixture
def always_refine(monkeypatch):
    monkeypatch.setattr(course, "DEAR_SECONDS", 0.0)
    monkeypatch.setattr(course, "WORTH_SECONDS", 0.0)


def test_a_render_that_its_budget_ends_is_no_final_one(bench, same_bits):
    renderer, events = bench.renderer(), bench.events()
    request = bench.request(shape=(200, 300))
    assert renderer.submit(request, budget=0.0, **events.callbacks()).wait(20)
    name, drafted = events.log[-1]
    assert name == "done"
    assert not drafted.complete
    assert 0 < drafted.draft.share < 0.1
    assert renderer.cached(request) is None
    known = bench.plain.sampled
    assert known < 0.1 * 200 * 300
    rendered = renderer.render(request)
    assert rendered.complete
    same_bits(rendered.channels, bench.expected(request))
    assert bench.plain.sampled == 200 * 300


def test_a_refined_render_is_complete_in_the_end(bench, same_bits, always_refine):
    events = bench.events()
    request = disc(bench)
    job = bench.renderer().submit(request, budget=1000.0, **events.callbacks())
    assert job.wait(20)
    assert events.names[-1] == "done"
    assert events.log[-1][1].complete
    # Where refining starts depends on the clock, and with it whether a filled pixel is wrong.
    assert job.audit.computed >= max(1, job.audit.filled // 100)
    assert bench.disc.sampled == SHAPE[0] * SHAPE[1]
    same_bits(events.log[-1][1].channels, bench.flat(request, bench.disc))


def test_an_estimate_follows_from_the_last_picture_of_the_same_map(bench):
    renderer = bench.renderer()
    request, other = bench.request(shape=(300, 400)), bench.request(shape=(600, 800))
    assert renderer.estimate(request) is None
    renderer.render(request)
    assert renderer.estimate(request) == 0.0
    assert 0 < renderer.estimate(other) < 60


def test_an_estimate_follows_from_what_the_system_says(bench):
    bench.plain.cost_hint = lambda params: 0.5
    request = bench.request(shape=(10, 20))
    assert bench.renderer(2).estimate(request) == pytest.approx(50.0)


def test_statuses_without_a_boundary_are_not_refined(bench, always_refine):
    assert bench.plain.outcome(np.array([Status.BOUNDED])) is None
    job = bench.renderer().submit(bench.request(), budget=1000.0, on_update=lambda *_: None)
    assert job.wait(20)
    assert job.audit is None
