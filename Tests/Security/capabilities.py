"""Root with all capabilities, and root as in a container that drops the one that overrules permissions."""

import functools

import pytest


@pytest.fixture(params=["+all", "-dac_override"])
def supervise(supervise, request):
    return functools.partial(supervise, wrapper=["setpriv", f"--bounding-set={request.param}", "--inh-caps=-all"])
