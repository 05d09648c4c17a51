"""The same bits for every channel, whatever happens to the command that renders them.

    python benchmarks/same_pictures.py --weights bvlc_googlenet.npz --out pictures

Cost: about six minutes on two cores. Needs `artlucid[dask]`.
Expected: "same" in every line but the last, where another seed differs.

40 channels, 64 steps, batches of 8: together; each of three alone; in reverse order; with the command killed five times
(`kill -9`, at random moments) and given again; on two workers of Dask, one of which is killed in the middle. A picture
is its PNG file and its curve.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

LAYER = "mixed4d_3x3_pre_relu"
CHANNELS = 40
PROGRAM = "import sys; from artlucid.cli import main; sys.exit(main())"


def command(options: argparse.Namespace, channels: list[str], out: Path, *more: str) -> list[str]:
    words = [
        sys.executable,
        "-c",
        PROGRAM,
        "visualize",
        options.weights,
        *channels,
        "--steps",
        "64",
        "--batch-size",
        "8",
    ]
    return [*words, "--size", str(options.size), "--threads", str(options.threads), "--out", str(out), "--quiet", *more]


def run(words: list[str]) -> None:
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


def killed(words: list[str], times: int, out: Path) -> int:
    """Give a command until it ends, and kill it so many times; how many kills there were."""
    kills = 0
    while True:
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, start_new_session=True)
        before = len(list(out.glob("*.png")))
        if kills < times:
            # Sometimes early, sometimes when some pictures were written.
            begun, patience = time.time(), random.uniform(8, 25)
            while process.poll() is None and time.time() - begun < patience:
                if len(list(out.glob("*.png"))) > before and random.random() < 0.02:
                    break
                time.sleep(0.05)
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                kills += 1
                process.wait()
                continue
        if process.wait() == 0:
            return kills


def on_workers(words: list[str], out: Path) -> int:
    """Run on two workers, and kill one that renders when the first pictures are there; how many were killed."""
    process = subprocess.Popen([*words, "--dask", "local:2"], stdout=subprocess.DEVNULL)
    kills = 0
    while process.poll() is None:
        if not kills and any(out.glob("*.png")):
            kills += kill_one(workers_of(process.pid))
        time.sleep(0.2)
    if process.returncode:
        raise SystemExit(f"on workers it ended with {process.returncode}")
    return kills


def workers_of(parent: int) -> list[int]:
    """The processes that a command started to render, by the processor time that they used."""
    found = subprocess.run(["ps", "-e", "-o", "pid=,ppid=,time=,args="], capture_output=True, text=True, check=True)
    rows = [line.split(None, 3) for line in found.stdout.splitlines()]
    children = [row for row in rows if int(row[1]) == parent and "spawn_main" in row[3]]
    return [int(row[0]) for row in sorted(children, key=lambda row: row[2], reverse=True)]


def kill_one(workers: list[int]) -> int:
    if workers:
        os.kill(workers[0], signal.SIGKILL)
    return min(len(workers), 1)


def pictures(folder: Path) -> dict[str, bytes]:
    files = [*folder.glob("*.png"), *folder.glob("curves/*.csv")]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def compare(name: str, folder: Path, truth: dict[str, bytes], number: int, note: str = "") -> None:
    found = pictures(folder)
    same = sum(found[file] == truth[file] for file in found)
    word = "same" if same == len(found) == 2 * number else "OTHER"
    print(f"{name:<24} {word}: {same} of {len(found)} files of {number} channels have the same bits{note}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--weights", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--threads", type=int, default=1, help="of each process")
    options = parser.parse_args()
    shutil.rmtree(options.out, ignore_errors=True)
    names = [f"{LAYER}:{number}" for number in range(CHANNELS)]
    together = options.out / "together"
    run(command(options, names, together))
    truth = pictures(together)
    print(f"{len(truth)} files of {CHANNELS} channels, {len(set(truth.values()))} different", flush=True)
    for number in (0, 13, 39):
        folder = options.out / f"alone-{number}"
        run(command(options, [names[number]], folder))
        compare(f"alone, channel {number}", folder, truth, 1)
    run(command(options, names[::-1], options.out / "reverse"))
    compare("in reverse order", options.out / "reverse", truth, CHANNELS)
    kills = killed(command(options, names, options.out / "killed"), 5, options.out / "killed")
    compare("killed and given again", options.out / "killed", truth, CHANNELS, f", {kills} kills")
    kills = on_workers(command(options, names, options.out / "workers"), options.out / "workers")
    compare("two workers of Dask", options.out / "workers", truth, CHANNELS, f", {kills} of them killed")
    run(command(options, names[:1], options.out / "seed", "--seed", "1"))
    compare("another seed", options.out / "seed", truth, 1)


if __name__ == "__main__":
    main()
