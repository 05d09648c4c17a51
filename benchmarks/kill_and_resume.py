"""Kill trainings at random moments, resume them, and compare their bits with those of an uninterrupted one.

    python benchmarks/kill_and_resume.py --data rasta:../shared/data/rasta_small \
        --weights ../shared/weights/bvlc_googlenet.npz --epochs 3 --kills 20 --out /tmp/kills

Cost: one uninterrupted run, and for every kill at most one run more: with K kills about 1.5 K + 2 times the duration
of a run, as each kill loses half an epoch and a start on average, and the disk space of a run for each killed one.
Expected: every line says `same`, and the last one `20 of 20 kills: the same bits`; exit code 0. Any other bits: 1.

Moments are drawn from the seed, evenly over the measured duration of the uninterrupted run, so that the start, the
reading of the images, the steps and the writing of files are all hit. A killed run is resumed and, while kills are
left for it, killed again at a new moment; at last it runs to its end.
"""

import argparse
import hashlib
import json
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

COMPARED = ("best.h5", "last.h5")


@dataclass
class Outcome:
    """A run that was killed, and what became of it."""

    folder: Path
    kills: list[str] = field(default_factory=list)
    same: bool = False


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", required=True, help="as `artlucid finetune` takes it")
    parser.add_argument("--weights", default="none")
    parser.add_argument("--architecture", help="where the weights leave it open")
    parser.add_argument("--recipe", default="A")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch-size", type=int)
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--kills-a-run", type=int, default=2, help="at most; after that the run is left to its end")
    parser.add_argument("--seed", type=int, default=0, help="of the moments and of the training")
    parser.add_argument("--out", type=Path, required=True, help="a new folder for the runs")
    return parser.parse_args()


def command(options: argparse.Namespace, out: Path) -> list[str]:
    """Call `artlucid finetune` for one run; the same call begins it and takes it up again."""
    words = [sys.executable, "-c", "from artlucid.cli import main; main()", "finetune", options.data, "--resume"]
    for name in ("recipe", "weights", "architecture", "epochs", "batch_size", "precision", "seed"):
        if getattr(options, name) is not None:
            words += [f"--{name.replace('_', '-')}", str(getattr(options, name))]
    return [*words, "--out", str(out), "--quiet"]


def finish(options: argparse.Namespace, out: Path) -> float:
    """Run to the end; the seconds that it took."""
    begun = time.monotonic()
    done = subprocess.run(command(options, out), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{out} ended with {done.returncode}:\n{done.stderr}")
    return time.monotonic() - begun


def kill(options: argparse.Namespace, out: Path, moment: float) -> bool:
    """Run until the moment, then kill; whether there was something to kill."""
    with subprocess.Popen(command(options, out), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        try:
            process.communicate(timeout=moment)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()
        return process.returncode == -signal.SIGKILL


def progress(out: Path) -> str:
    """How far a run is, as its state says."""
    state = out / "state.json"
    return f"{json.loads(state.read_text())['epochs_done']} epochs" if state.exists() else "not begun"


def digests(out: Path) -> dict[str, str]:
    return {name: hashlib.sha256((out / name).read_bytes()).hexdigest() for name in COMPARED}


def killed_run(
    options: argparse.Namespace, out: Path, duration: float, kills: int, generator: random.Random
) -> Outcome:
    """Kill a run as often as told, then let it end."""
    outcome = Outcome(out)
    while len(outcome.kills) < kills:
        moment = generator.uniform(0, duration)
        if kill(options, out, moment):
            outcome.kills.append(f"{moment:.1f} s ({progress(out)})")
        elif not (out / "state.json").exists() or json.loads((out / "state.json").read_text())["status"] != "finished":
            raise SystemExit(f"{out} ended by itself before it was killed, and is not finished.")
        else:
            # It was done before its moment came: what is left of its kills is drawn anew, in another run.
            break
    finish(options, out)
    return outcome


def main() -> int:
    options = arguments()
    if options.out.exists():
        raise SystemExit(f"--out must be a new folder. Received {options.out}.")
    generator = random.Random(options.seed)
    duration = finish(options, options.out / "whole")
    expected = digests(options.out / "whole")
    for name, digest in expected.items():
        print(f"uninterrupted  {duration:6.1f} s  {name} {digest}", flush=True)
    outcomes: list[Outcome] = []
    while (left := options.kills - sum(len(outcome.kills) for outcome in outcomes)) > 0:
        kills = generator.randint(1, min(left, options.kills_a_run))
        out = options.out / f"killed-{len(outcomes) + 1:02d}"
        outcome = killed_run(options, out, duration, kills, generator)
        outcome.same = digests(out) == expected
        outcomes.append(outcome)
        verdict = "same" if outcome.same else f"OTHER {digests(out)}"
        print(f"{out.name}  {verdict:<6} killed after {', '.join(outcome.kills) or 'its end'}", flush=True)
        if outcome.same:
            shutil.rmtree(out)
    return report(outcomes)


def report(outcomes: list[Outcome]) -> int:
    kills = sum(len(outcome.kills) for outcome in outcomes)
    good = sum(len(outcome.kills) for outcome in outcomes if outcome.same)
    print(f"{good} of {kills} kills: the same bits")
    return 0 if all(outcome.same for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
