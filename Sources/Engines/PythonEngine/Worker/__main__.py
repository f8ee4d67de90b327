"""The Python worker of Slipway: `python -I <this directory>`, speaking docs/worker-protocol.md."""

from slipway_worker.worker import main

main()
