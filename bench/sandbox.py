"""How long a command waits for its walls and its home, beside the same command without them."""

from __future__ import annotations

import itertools
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from backline.sandbox import AllowedHost, EmbeddedProvider, Homes, Snapshot, read_command

FILES = 5000
FILE_BYTES = 41_000
ROUNDS = 15
AT_ONCE = 20


class _Blobs:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir()

    def fetch(self, digest: str) -> Path:
        return self._folder / digest

    def keep(self, digest: str, path: Path) -> None:
        shutil.copyfile(path, self._folder / digest)


class _Bench:
    def __init__(self, folder: Path) -> None:
        self.blobs = _Blobs(folder / "blobs")
        self.here = EmbeddedProvider(Homes(folder / "here"))
        self.there = EmbeddedProvider(Homes(folder / "there"))

    def step_out(self) -> None:
        """Start a command that may reach a host."""
        with self.here.open("empty", None, self.blobs) as sandbox:
            command = read_command("true", is_shell=True, hosts=(AllowedHost("example.com"),))
            sandbox.run(command, lambda *_: None)

    def look(self, snapshot: Snapshot) -> None:
        """Run a command that only reads."""
        with self.here.look("full", snapshot, self.blobs) as view:
            view.run(read_command("true", is_shell=True), lambda *_: None)

    def play(
        self, provider: EmbeddedProvider, name: str, snapshot: Snapshot | None, text: str
    ) -> tuple[Snapshot, list[float]]:
        """Run a script and keep the home. Returns the seconds of opening, running and keeping."""
        marks = [time.perf_counter()]
        with provider.open(name, snapshot, self.blobs) as sandbox:
            marks.append(time.perf_counter())
            finished = sandbox.run(read_command(text, is_shell=True), lambda *_: None)
            assert finished.exit_code == 0, finished
            marks.append(time.perf_counter())
            saved = sandbox.save()
            marks.append(time.perf_counter())
        return saved.snapshot, [after - before for before, after in itertools.pairwise(marks)]


def _median_ms(action: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        action()
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1000


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory(prefix="backline-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        _measure(_Bench(folder))


def _measure(bench: _Bench) -> None:
    plain_ms = _median_ms(lambda: subprocess.run(["bash", "-c", "true"], check=True))
    print(f"without walls           {plain_ms:8.1f} ms")
    empty, _ = bench.play(bench.here, "empty", None, "true")
    runs = [bench.play(bench.here, "empty", empty, "true")[1] for _ in range(ROUNDS)]
    bare_ms = statistics.median(sum(run[:2]) for run in runs) * 1000
    print(f"bare start              {bare_ms:8.1f} ms   {bare_ms / plain_ms:5.1f} times that")
    out_ms = _median_ms(bench.step_out)
    print(f"with a way out          {out_ms:8.1f} ms   {out_ms / plain_ms:5.1f} times that")
    fill = (
        f"for d in $(seq {FILES // 100}); do mkdir $d; head -c {FILE_BYTES * 100} /dev/urandom"
        f" | split -b {FILE_BYTES} - $d/; done"
    )
    full, times = bench.play(bench.here, "full", None, fill)
    print(
        f"home                    {full.home_entries:8,} entries, {full.home_bytes / 1e6:,.0f} MB"
    )
    print(f"first snapshot          {times[2] * 1000:8.1f} ms")
    warm, kept = [], []
    for number in range(ROUNDS):
        full, times = bench.play(bench.here, "full", full, f"echo {number} >> 1/aa")
        warm.append(times[0] + times[1])
        kept.append(times[2])
    print(f"command in a warm home  {statistics.median(warm) * 1000:8.1f} ms")
    print(f"snapshot of one change  {statistics.median(kept) * 1000:8.1f} ms")
    bench.look(full)
    print(f"reader of a warm home   {_median_ms(lambda: bench.look(full)):8.1f} ms")
    _, times = bench.play(bench.there, "full", full, "true")
    print(f"resume elsewhere        {times[0] * 1000:8.1f} ms")
    began = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(
            pool.map(
                lambda n: bench.play(bench.here, f"many{n}", None, f"echo {n} > f"), range(AT_ONCE)
            )
        )
    print(
        f"{AT_ONCE} at once              {(time.perf_counter() - began) * 1000:8.1f} ms, none failed"
    )


if __name__ == "__main__":
    main()
