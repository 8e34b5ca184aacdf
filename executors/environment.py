"""What a process that runs cards gets to see of the environment: a short list, no secrets.

The fork server is started with it, so that not even ``/proc/PID/environ`` of a worker has more.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "LOKY_MAX_CPU_COUNT",
)
"""What numerical libraries read, when they are loaded, for the number of their threads."""

_ALLOWED = frozenset(
    {
        "PATH HOME USER LOGNAME SHELL TERM LANG LANGUAGE TZ TMPDIR",
        "PYTHONPATH PYTHONHOME VIRTUAL_ENV PYTHONWARNINGS PYTHONDONTWRITEBYTECODE",
        "LD_LIBRARY_PATH DYLD_LIBRARY_PATH XDG_CACHE_HOME SSL_CERT_FILE SSL_CERT_DIR",
        "CUDA_VISIBLE_DEVICES CUDA_DEVICE_ORDER CUDA_HOME NVIDIA_VISIBLE_DEVICES",
    }
)
_NAMES = frozenset(name for line in _ALLOWED for name in line.split())
_PROXIES = frozenset({"http_proxy", "https_proxy", "no_proxy", "all_proxy"})

_CALM = {
    # No library may start a thread pool in the fork server; a worker that may use more raises
    # these for itself.
    **dict.fromkeys(THREAD_VARIABLES, "1"),
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    # The order of a set is part of what a run can depend on.
    "PYTHONHASHSEED": "0",
    "PYTHONIOENCODING": "utf-8:backslashreplace",
}


def allowed(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the part of an environment that workers may see, with what keeps them calm."""
    kept = {name: value for name, value in environ.items() if _is_allowed(name, value)}
    return {**kept, **_CALM}


def _is_allowed(name: str, value: str) -> bool:
    if name.lower() in _PROXIES:
        return "@" not in value  # a proxy's address may hold a password
    return name in _NAMES or name.startswith("LC_")
