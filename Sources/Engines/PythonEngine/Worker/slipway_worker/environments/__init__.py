"""Virtual environments for models: made once for each set of requirements, kept, and shared.

Standard library alone: this runs in interpreters that have nothing installed. The server starts it as

    python -I -c "...; slipway_worker.environments.main()"

writes the request to its standard input and leaves that open: when it ends, so does all work here.
"""

from __future__ import annotations

import os
import sys

from .conversation import Conversation, Failure


def main() -> None:
    """Answers the one request on standard input."""
    conversation = Conversation()
    try:
        request = conversation.read()
        action = request.one("action")
        if action == "build":
            from .building import interpreter

            conversation.ready(interpreter(request, conversation.progress))
        elif action in ("list", "prune"):
            from .keeping import show

            conversation.ready(show(request, prune=action == "prune"))
        else:
            raise Failure("internal", f"there is no action '{action}'")
    except Failure as failure:
        conversation.failed(failure)
    except OSError as error:
        conversation.failed(Failure.of_system(error))
    # Not sys.exit: the thread that watches standard input must not be waited for.
    sys.stdout.flush()
    os._exit(0)
