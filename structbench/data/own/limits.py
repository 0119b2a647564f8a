"""How large data of one's own may be: a stranger's file must not fill the memory."""

MOST_FILES = 1_000_000
MOST_FOLDERS_DEEP = 32
LARGEST_FILE = 4 * 2**30
# Of all examples together, as numbers.
MOST_BYTES = 8 * 2**30
# Of one picture: 8,192 × 8,192.
MOST_PIXELS = 2**26
MOST_CLASSES = 10_000


def bytes_text(count: float) -> str:
    """A number of bytes as people read it: 300 bytes, 1.5 MB, 8.0 GB."""
    for size, unit in ((2**30, "GB"), (2**20, "MB"), (2**10, "kB")):
        if count >= size:
            return f"{count / size:,.1f} {unit}"
    return f"{count:,.0f} bytes"
