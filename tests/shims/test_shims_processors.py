"""How many processors the server's process may use, told by files as the kernel writes them."""

import os

import pytest

from platform_lib.shims.processors import processors

V2 = {"proc/self/cgroup": "0::/system.slice/app.service\n"}
V1 = {"proc/self/cgroup": "4:memory:/x\n3:cpu,cpuacct:/docker/abc\n1:name=systemd:/docker/abc\n"}


@pytest.mark.parametrize(
    ("files", "count"),
    [
        ({}, 8),
        # Version 2: a container sees its own group as the root.
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "max 100000\n"}, 8),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "200000 100000\n"}, 2),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "25000 100000\n"}, 1),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "250000 100000\n"}, 3),
        # A unit's group, and the quota of a group around it.
        ({**V2, "sys/fs/cgroup/system.slice/app.service/cpu.max": "150000 100000\n"}, 2),
        ({**V2, "sys/fs/cgroup/system.slice/cpu.max": "400000 100000\n"}, 4),
        (
            {
                **V2,
                "sys/fs/cgroup/system.slice/app.service/cpu.max": "600000 100000\n",
                "sys/fs/cgroup/system.slice/cpu.max": "400000 100000\n",
            },
            4,
        ),
        # Version 1: in a container the path is the host's, and its group is mounted at the top.
        (
            {
                **V1,
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "150000\n",
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
            },
            2,
        ),
        (
            {
                **V1,
                "sys/fs/cgroup/cpu/docker/abc/cpu.cfs_quota_us": "300000\n",
                "sys/fs/cgroup/cpu/docker/abc/cpu.cfs_period_us": "100000\n",
            },
            3,
        ),
        (
            {
                **V1,
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
            },
            8,
        ),
    ],
)
def test_quotas_of_control_groups(tmp_path, monkeypatch, files, count):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)), raising=False)
    monkeypatch.delenv("PLATFORM_CPU_UNITS", raising=False)
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    assert processors(tmp_path) == count


@pytest.mark.parametrize(("units", "count"), [("256", 1), ("1024", 1), ("2048", 2), ("16384", 8)])
def test_the_cpu_units_of_a_task(tmp_path, monkeypatch, units, count):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)), raising=False)
    monkeypatch.setenv("PLATFORM_CPU_UNITS", units)
    assert processors(tmp_path) == count


def test_affinity_counts_and_not_the_machine(tmp_path, monkeypatch):
    monkeypatch.delenv("PLATFORM_CPU_UNITS", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {3}, raising=False)
    assert processors(tmp_path) == 1
    monkeypatch.delattr(os, "sched_getaffinity")
    assert processors(tmp_path) == 64
