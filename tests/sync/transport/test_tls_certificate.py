"""The certificate of a kiosk's server on the LAN."""

from __future__ import annotations

import os
from pathlib import Path

from sync.store.data_folder import DataFolder
from sync.transport.tls_certificate import certificate_at


def test_neither_certificate_nor_key_is_for_other_accounts(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        made = certificate_at(tmp_path)
    finally:
        os.umask(before)
    folder = DataFolder(tmp_path)
    for path in (folder.certificate, folder.certificate_key):
        assert path.stat().st_mode & 0o777 == 0o640
    assert certificate_at(tmp_path) == made
