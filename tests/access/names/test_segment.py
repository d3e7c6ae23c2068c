"""A segment of the index from which everybody was removed stays of use."""

import numpy as np

from access.names.readings import Alphabet
from access.names.segment import Segment, document


def test_of_those_who_were_all_removed_a_merge_keeps_nobody() -> None:
    emptied = Segment.of([document(7, ("陳大文",), ("四川剑门科技",))], Alphabet())
    emptied.remove(np.array([7]))
    nobody = Segment.merged([emptied])
    nobody.remove(np.array([7]))
    assert (emptied.living, nobody.living, len(nobody.identities)) == (0, 0, 0)
