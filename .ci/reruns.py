"""Shows why a test failed that passed when it was run again: it is still a defect, of the test or worse."""

import pytest

failures = {}


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A fixture tells what its servers have said when it ends, which the plugin's report does not have."""
    report = (yield).get_result()
    if report.failed:
        failures[item.nodeid] = report
    elif report.when == "teardown" and item.nodeid in failures:
        failures.pop(item.nodeid).sections += report.sections


def pytest_terminal_summary(terminalreporter):
    for report in terminalreporter.stats.get("rerun", []):
        terminalreporter.section(f"failed the first time: {report.nodeid}")
        terminalreporter.write_line(report.longreprtext)
        for title, text in report.sections:
            if "teardown" in title:
                terminalreporter.section(title, "-")
                terminalreporter.write_line(text)
