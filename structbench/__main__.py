"""The `structbench` command, and `python -m structbench`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; Ctrl-C while it starts ends it without a traceback."""
    try:
        from structbench.cli import main as command_line

        command_line()
    except KeyboardInterrupt as stop:
        sys.exit(getattr(stop, "exit_code", 130))


if __name__ == "__main__":
    main()
