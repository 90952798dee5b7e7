"""Where compiled kernels are kept from run to run.

Numba keeps them beside the source, or in the user's cache folder where that cannot be written. Where neither
can, as in a read-only container without a home, importing fails; then a folder for temporary files serves.
"""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

_ENVIRONMENT = "NUMBA_CACHE_DIR"


def settle_cache(package: Path) -> None:
    """Name a folder of our own to Numba if it would find none. Whoever has named one keeps their choice."""
    if _ENVIRONMENT not in os.environ and not any(map(_can_hold, (package, _user_folder()))):
        os.environ[_ENVIRONMENT] = str(_own_folder())


def is_compiled(kernel: Any) -> bool:
    """Whether a kernel waits in Numba's cache, so that its first call will not take some seconds."""
    module, (major, minor, *_) = kernel.__module__.rpartition(".")[2], sys.version_info
    pattern = f"{module}.{kernel.__name__}-*.py{major}{minor}*.nbi"
    return any(Path(str(kernel.stats.cache_path)).glob(pattern))


def drop_outdated(kernel: Any, *modules: ModuleType) -> None:
    """Forget what was compiled of a kernel before these modules, which it is made with, were changed.

    Numba looks only at the file that the kernel itself is in.
    """
    newest = max(Path(str(module.__file__)).stat().st_mtime for module in modules)
    for index in Path(kernel.stats.cache_path).glob(f"*.{kernel.__name__}-*.nbi"):
        with suppress(OSError):
            if index.stat().st_mtime < newest:
                index.unlink()


def _user_folder() -> Path:
    """About where Numba would keep them for a user; what counts is whether something can be made there."""
    home = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return Path(home) if home else Path(os.path.expanduser("~")) / ".cache"  # noqa: PTH111  Never raises.


def _can_hold(folder: Path) -> bool:
    """Whether a folder can be written, or made."""
    # Unlike a path's own, this does not raise where a folder cannot be looked into.
    nearest = next(part for part in (folder, *folder.parents) if os.path.exists(part))  # noqa: PTH110
    return nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)


def _own_folder() -> Path:
    """The same folder at every run, unless somebody else could have put kernels of theirs into it."""
    folder = Path(tempfile.gettempdir()) / f"plotopt-kernels-{os.getuid() if hasattr(os, 'getuid') else ''}"
    with suppress(FileExistsError):
        folder.mkdir(mode=stat.S_IRWXU)
    found = folder.lstat()
    mine = not hasattr(os, "getuid") or found.st_uid == os.getuid()
    if mine and stat.S_ISDIR(found.st_mode) and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return folder
    return Path(tempfile.mkdtemp(prefix="plotopt-kernels-"))
