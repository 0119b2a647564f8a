"""Images of a user's own."""

from dataclasses import dataclass
from pathlib import Path

from structbench.data.images.examples import ImageDataset, ImageExamples
from structbench.data.own.content import GridContent
from structbench.data.own.grids import grid_content, split_grids
from structbench.data.own.places import files_of
from structbench.data.own.reading import Reading
from structbench.data.own.spec import require_as_found


@dataclass(frozen=True, kw_only=True)
class OwnImages(ImageDataset):
    """Images that were named on the command line.

    test_share, reading: see OwnSpec; what of its options decides what is read
    """

    content: GridContent
    test_share: float
    reading: Reading

    def digest(self, folder: Path) -> str:
        files_of(self.content.sha256)
        return self.content.sha256

    def read(self, folder: Path) -> tuple[ImageExamples, ImageExamples]:
        asked = self.content.sha256, self.kind, self.reading, self.test_share
        grids, rows, learned, notices = split_grids(*asked)
        require_as_found(self.content, grid_content(*asked))
        train, test = (
            ImageExamples(grids.grids[part], grids.labels[part], rows[part], notices=notices)
            for part in (slice(learned), slice(learned, None))
        )
        return train, test
