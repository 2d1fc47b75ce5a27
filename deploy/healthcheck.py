"""Health check of a container: ``python -m deploy.healthcheck`` asks KANGFU_HEALTH_URL for a 200."""

import os
import sys
import urllib.error
import urllib.request

_SECONDS = 3


def is_healthy(url: str) -> bool:
    """True if the address answers 200 in time; a proxy from the environment is not asked."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=_SECONDS) as reply:
            return bool(reply.status == 200)
    except (OSError, urllib.error.HTTPError):
        return False


if __name__ == "__main__":
    sys.exit(0 if is_healthy(os.environ["KANGFU_HEALTH_URL"]) else 1)
