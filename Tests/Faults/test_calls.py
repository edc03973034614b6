"""Every system call of PID 1, of its children before their exec, and of the logger fails.

The calls are found by running a scenario without faults; each is known by its callers, so a new call
is covered as soon as a scenario makes it. `make test` injects a sample, `make faults` everything.
"""

import os

import pytest

import campaign
import errors
import scenarios

# Of each scenario; all for `FAULTS=all`.
SAMPLE = os.environ.get("FAULTS", "24")
SEED = int(os.environ.get("FAULTS_SEED", "1"))
# One fault takes about 0.3 s in a lap and 0.8 s in a life.
pytestmark = pytest.mark.timeout(14_400 if SAMPLE == "all" else 600)

# Later violations are most often the same one.
MAX_VIOLATIONS = 20


def chosen(scenario, sites):
    """The faults that are injected into a scenario."""
    needed = scenarios.ESSENTIAL.get(scenario)
    assert needed is None or needed in {(site.target, site.call) for site in sites}, f"no {needed}"
    found = list(campaign.faults(scenario.__name__, sites))
    assert len(found) > 20, f"only {len(found)} faults"
    return found if SAMPLE == "all" else campaign.sample(found, int(SAMPLE), SEED)


def inject_all(runner, scenario, record_property):
    faults, violations, injected = chosen(scenario, runner.sites(scenario)), [], 0
    for fault in faults:
        try:
            injected += runner.inject(scenario, fault)
        except campaign.Violation as violation:
            violations.append(str(violation))
        if len(violations) == MAX_VIOLATIONS:
            break
    record_property("faults", f"{scenario.__name__}: {injected} of {len(faults)} faults injected, "
                              f"{len(violations)} violations")
    assert not violations, "\n\n".join(violations)
    # The others were armed, but their call was not made this time.
    assert injected > len(faults) // 3


@pytest.mark.parametrize("lap", scenarios.LAPS, ids=lambda lap: lap.__name__)
def test_the_supervisor_lives_on(tracer, directory, lap, record_property):
    laps = campaign.Laps(tracer, directory)
    try:
        inject_all(laps, lap, record_property)
    finally:
        laps.end()


@pytest.mark.parametrize("life", scenarios.LIVES, ids=lambda life: life.__name__)
def test_the_supervisor_starts_and_ends(tracer, directory, life, record_property):
    inject_all(campaign.Lives(tracer, directory), life, record_property)


def test_no_call_is_both_excluded_and_made_to_fail():
    assert not errors.EXCLUDED_NAMES & set(errors.ERRORS)
