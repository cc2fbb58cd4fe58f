"""cron runs crontab.txt as it is shipped: cron itself, on a clock that is sixty times as fast, in a file system of its own."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
from collections import Counter
from datetime import datetime

import pytest

from tests.desk import ROOT
from tests.test_crontab import LINES, times

APART = ("unshare", "--mount", "--pid", "--fork", "--kill-child")
BEGIN, MINUTES = datetime(2026, 11, 29, 1, 45, 30), 12  # a Sunday; the line of 01:51 has a % and a && in it
# What cron looks into, its mail and our programs are this mount namespace's own. Who says what it was called with ends well.
SCRIPT = """
for folder in /var/spool/cron /etc/cron.d /opt /run /var/mail /dev/shm; do mount -t tmpfs none $folder; done
mount --bind /dev/null /etc/crontab
mkdir -p /var/spool/cron/crontabs /opt/netwar/bin
cat > /opt/netwar/bin/tw-any <<'END'
#!/bin/sh
echo "$(pwd) $(basename "$0") $*" >> "$(dirname "$(readlink -f "$0")")/said"
END
chmod 755 /opt/netwar/bin/tw-any
for program in {programs}; do ln -s tw-any /opt/netwar/bin/$program; done
crontab -u root {root}/crontab.txt
timeout {seconds} faketime -f '@{begin} x60' cron -f || :
cat /opt/netwar/bin/said
"""


@pytest.mark.long
def test_cron_runs_it_as_it_is_shipped() -> None:
    if os.geteuid() != 0 or not all(map(shutil.which, ("cron", "crontab", "faketime", "unshare"))):
        pytest.skip("needs root, cron, faketime and unshare")
    if subprocess.run([*APART, "true"], capture_output=True, check=False).returncode:
        pytest.skip("even root may have no file system of its own here")
    programs = sorted(path.name for path in (ROOT / "bin").glob("tw-*"))
    script = SCRIPT.format(programs=" ".join(programs), root=ROOT, seconds=MINUTES, begin=f"{BEGIN:%Y-%m-%d %H:%M:%S}")
    done = subprocess.run(
        [*APART, "sh", "-ec", f"mount --make-rprivate /; {script}"],
        env={"PATH": os.environ["PATH"], "TZ": "UTC"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    said = Counter(re.sub(r"netwar-\d{8}", "netwar-DAY", done.stdout).splitlines())
    assert said, done.stderr
    for line in LINES:
        minutes, hours, *_, weekdays = times(line)
        due = [
            minute for minute in range(46, 46 + MINUTES - 1) if minute % 60 in minutes and BEGIN.hour in hours and 0 in weekdays
        ]
        home = pwd.getpwuid(os.geteuid()).pw_dir  # for cron, whatever HOME says
        for command in line.split(maxsplit=5)[5].split(" && "):
            meant = re.sub(r"\$\(date [^)]*\)", "DAY", command.replace("~", home).replace("'", ""))
            ran = said.pop(f"{home} {meant}", 0)
            assert bool(due) * max(1, len(due) // 2) <= ran <= len(due) + 1, (command, ran, due)  # a busy machine is late
    assert not said, "cron ran what is no line"
