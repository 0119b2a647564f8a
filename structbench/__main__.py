"""The `structbench` command, and `python -m structbench`."""

import sys

from structbench.machine.exit import leave
from structbench.machine.hashes import fix_hashes
from structbench.machine.threads import wait_asleep


def main() -> None:
    """Run the command line; Ctrl-C while it starts ends it without a traceback."""
    try:
        fix_hashes(sys.argv[1:])
        wait_asleep()
        from structbench.cli import main as command_line

        command_line()
    except KeyboardInterrupt as stop:
        leave(getattr(stop, "exit_code", 130))
    except SystemExit as end:
        leave(end.code)


if __name__ == "__main__":
    main()
