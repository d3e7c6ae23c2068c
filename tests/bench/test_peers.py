"""Our side of the comparison with other systems."""

from __future__ import annotations

from pathlib import Path

from bench.peers.ours import ours


def test_each_task_is_done_and_has_its_figure(tmp_path: Path) -> None:
    figures = ours(tmp_path, people=30, check_ins=20)
    names = ["first sync", "upload", "nothing new", "status"]
    assert [figure.bench for figure in figures] == [f"peers: {name}" for name in names]
    assert all(figure.figure > 0 for figure in figures)
    assert "20 people inside" in figures[-1].note
