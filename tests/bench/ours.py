"""Ours, as shipped: the process that `plam serve actions` is, with policies, metrics and a log line a request."""

import asyncio

import uvloop

from services.actions_api.service import SERVICE as ACTIONS
from services.kernel import logs
from services.kernel.process import serve
from services.kernel.settings import Settings
from services.plam import ROUTING

if __name__ == "__main__":
    logs.configure()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve([ACTIONS], Settings(), ROUTING))
