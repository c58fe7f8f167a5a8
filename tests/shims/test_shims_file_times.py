"""The times of files: by their content, within what zips and file systems know."""

import calendar
import time

from hypothesis import given
from hypothesis import strategies as st

from platform_lib.shims.file_times import content_time, is_ahead, set_times


@given(st.binary())
def test_a_time_lies_ahead_and_every_file_system_knows_it(content):
    moment = content_time(content)
    assert time.time() < calendar.timegm((2034, 1, 1, 0, 0, 0)) <= moment < 2**31
    assert moment % 2 == 0
    assert is_ahead(time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(moment)))


def test_a_folder_gets_its_times(tmp_path):
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "a").write_bytes(b"a")
    (tmp_path / "b").write_bytes(b"b")
    (tmp_path / "link").symlink_to("nowhere")
    set_times(str(tmp_path))
    assert (tmp_path / "static" / "a").stat().st_mtime == content_time(b"a")
    assert (tmp_path / "b").stat().st_mtime == content_time(b"b") != content_time(b"a")
