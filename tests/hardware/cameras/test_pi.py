from __future__ import annotations

import numpy as np

from hardware.cameras.pi import luma


def test_the_brightness_plane_is_cut_out_of_padded_yuv_rows() -> None:
    planes = np.zeros((6, 8), np.uint8)  # 4 rows of brightness, 2 of colour; 6 pixels wide, padded
    planes[:4, :6] = np.arange(24).reshape(4, 6)

    assert luma(planes, (6, 4)).tolist() == np.arange(24).reshape(4, 6).tolist()
