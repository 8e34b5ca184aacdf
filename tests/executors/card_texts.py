"""Cards for these tests, as the text of a drop-in: what they do happens in workers alone."""

from __future__ import annotations

from typing import Any

from tensorrag.task import Task

ONE_NUMBER = '''
"""Cards that do one thing each."""
import ctypes, os, signal, subprocess, sys, threading, time
from typing import NamedTuple
import numpy
import tensorrag.checkpoint
from tensorrag import Card, CardError, Field, Metrics, MetricsSchema, keep, kept, report

tensorrag.checkpoint.INTERVAL, tensorrag.checkpoint.SHARE = 0.2, 1.0


class _Number(Card):
    number: float = 1.0

    class Out(NamedTuple):
        metrics: Metrics

    def propagate(self) -> tuple[MetricsSchema]:
        return (MetricsSchema(),)

    def run(self) -> Out:
        return self.Out(Metrics({"r2": float(self.act())}, {}, task="regression", rows=1))
'''

_ACTS = {
    "Return": "return self.number",
    "Pid": "return os.getpid()",
    "Niceness": "return int(open('/proc/self/autogroup').read().split()[-1])",
    "Raise": "return {}['a column']",
    "Refuse": "raise CardError('The column is text.', hint='Choose a number.')",
    "Exit": "sys.exit('enough')",
    "Silent": "os._exit(0)",
    "Leave": "os._exit(3)",
    "Abort": "os.abort()",
    "Segfault": "ctypes.string_at(0)",
    "KillItself": "os.kill(os.getpid(), signal.SIGKILL)",
    "Print": "print('to stdout'); print('zu stderr: ü', file=sys.stderr); return 0",
    "PrintMuch": "\n".join(
        [
            "for number in range(400_000):",
            "    print('line', number)",
            "return 0",
        ]
    ),
    "Report": "\n".join(
        [
            "for step in range(1, 6):",
            "    report(step, 5, 'step', loss=1 / step)",
            "    time.sleep(0.1)",
            "return 0",
        ]
    ),
    "Learn": "\n".join(
        [
            "print('learning', os.getpid(), flush=True)",
            "for step in range(10_000):",
            "    report(step, 10_000, 'epoch')",
            "    time.sleep(0.02)",
            "return 0",
        ]
    ),
    "Count": "\n".join(
        [
            "before = kept()",
            "first = at = 0 if before is None else int(before['at'])",
            "while at < self.number:",
            "    at += 1",
            "    keep(lambda: {'at': numpy.array(at)}, at, None, 'step')",
            "    report(at, None, 'step')",
            "    time.sleep(0.02)",
            "return first",
        ]
    ),
    "Sleep": "time.sleep(self.number); return 0",
    "Stubborn": "\n".join(
        [
            "signal.signal(signal.SIGTERM, signal.SIG_IGN)",
            "print('deaf', os.getpid(), flush=True)",
            "while True: pass",
        ]
    ),
    "Shout": "raise ValueError('x' * 50_000_000)",
    "ShoutCalmly": "raise CardError('x' * 50_000_000, hint='y' * 50_000_000)",
    "PrintForever": "while True: print('line ' * 100)",
    "ReportForever": "\n".join(
        [
            "crowd = {f'figure_{number}': 1.0 for number in range(20_000)}",
            "while True: report(1, 2, 'step' * 10_000, **crowd)",
        ]
    ),
    "Allocate": "\n".join(
        [
            "held = []",
            "while True: held.append(os.urandom(1 << 20) * 4)",
        ]
    ),
    "AllocateLater": "\n".join(
        [
            "print('soon', os.getpid(), flush=True)",
            "while '/tensorrag-test-' not in open('/proc/self/cgroup').read(): time.sleep(0.02)",
            "held = [os.urandom(1 << 20) for step in range(1000)]",
        ]
    ),
    "AllocateBelow": "\n".join(
        [
            "for child in range(4):",
            "    if os.fork() == 0:",
            "        held = [os.urandom(1 << 20) * 16 for step in range(12)]",
            "        time.sleep(600)",
            "time.sleep(600)",
        ]
    ),
    "ShareMemory": "\n".join(
        [
            "held = bytearray(os.urandom(1 << 20) * 100)",
            "for child in range(6):",
            "    if os.fork() == 0: time.sleep(0.8); os._exit(0)",
            "time.sleep(1.2)",
            "return len(held)",
        ]
    ),
    "ShareAndAbort": "\n".join(
        [
            "from multiprocessing.shared_memory import SharedMemory",
            "held = SharedMemory(create=True, size=1 << 20)",
            "os.abort()",
        ]
    ),
    "Fork": "\n".join(
        [
            "for child in range(int(self.number)):",
            "    if os.fork() == 0: time.sleep(600)",
            "time.sleep(600)",
        ]
    ),
    "Bomb": "while True: os.fork()",
    "ShellBomb": "subprocess.run(['sh', '-c', 'b() { b | b & }; b; sleep 600'])",
    "StartThreads": "\n".join(
        [
            "threading.stack_size(1 << 16)",
            "for thread in range(4000):",
            "    threading.Thread(target=time.sleep, args=(600,), daemon=True).start()",
            "time.sleep(600)",
        ]
    ),
    "LoopInC": "\n".join(
        [
            "import re",
            "print('looping', os.getpid(), flush=True)",
            "re.match(r'(a+)+$', 'a' * 60 + 'b')",
        ]
    ),
    "AskForTooMuch": "import numpy; numpy.empty(1 << 55, dtype='uint8')",
    "SleepInThread": "\n".join(
        [
            "sleeper = threading.Thread(target=time.sleep, args=(600,))",
            "sleeper.start()",
            "print('waiting', os.getpid(), flush=True)",
            "sleeper.join()",
        ]
    ),
    "ReadPipe": "\n".join(
        [
            "os.mkfifo('pipe')",
            "print('reading', os.getpid(), flush=True)",
            "open('pipe').read()",
        ]
    ),
    "Stop": "os.kill(os.getpid(), signal.SIGSTOP); time.sleep(600)",
    "Joblib": "\n".join(
        [
            "from joblib import Parallel, delayed",
            "print('starting', os.getpid(), flush=True)",
            "Parallel(n_jobs=2)(delayed(time.sleep)(600) for child in range(2))",
        ]
    ),
    "FillDisk": "\n".join(
        [
            "import tempfile",
            "with tempfile.NamedTemporaryFile() as file:",
            "    while True: file.write(bytes(1 << 20))",
        ]
    ),
    "CloseOutput": "sys.stdout.close(); os.close(2); return 1",
    "Environment": "print(sorted(os.environ)); print(open('/proc/self/environ').read()); return 0",
    "Gpu": "return int(os.environ['CUDA_VISIBLE_DEVICES']) + 0.5 * ('torch' in sys.modules)",
    "Threads": "\n".join(
        [
            "import numpy, scipy.linalg, sklearn.linear_model, torch",
            "from threadpoolctl import threadpool_info",
            "counts = {pool['filepath']: pool['num_threads'] for pool in threadpool_info()}",
            "counts['torch'] = torch.get_num_threads()",
            "counts['OMP'] = int(os.environ['OMP_NUM_THREADS'])",
            "print(counts)",
            "return counts['OMP'] if len(set(counts.values())) == 1 else -1",
        ]
    ),
    "Scratch": "\n".join(
        [
            "import tempfile",
            "file = tempfile.NamedTemporaryFile(delete=False)",
            "print(file.name, os.getcwd())",
            "return 0",
        ]
    ),
    "Random": "import numpy; return numpy.random.random()",
    "Family": "\n".join(
        [
            "child = subprocess.Popen(['sleep', '600'])",
            "escaped = subprocess.Popen(['sleep', '600'], start_new_session=True)",
            "if os.fork() == 0:",
            "    os.setsid()",
            "    signal.signal(signal.SIGTERM, signal.SIG_IGN)",
            "    if os.fork() == 0:",
            "        print('orphan', os.getpid(), flush=True)",
            "        time.sleep(600)",
            "    os._exit(0)",
            "os.wait()",
            "print('children', child.pid, escaped.pid, flush=True)",
            "time.sleep(self.number)",
            "return 0",
        ]
    ),
}

WRONG = '''

class WrongResult(_Number):
    """WrongResult."""

    def run(self) -> _Number.Out:
        return self.Out("a text")
'''


def _card(name: str, act: str) -> str:
    body = "\n".join(f"        {line}" for line in act.split("\n"))
    return f'\n\nclass {name}(_Number):\n    """{name}."""\n\n    def act(self) -> float:\n{body}\n'


SOURCE = ONE_NUMBER + "".join(_card(name, act) for name, act in _ACTS.items()) + WRONG


def task(card: str, number: float = 1.0, **more: Any) -> Task:
    """Make a task that runs one of these cards."""
    return Task(
        kind="run",
        card=card.lower(),
        entry=f"tensorrag_drop_in_acts_0:{card}",
        source=SOURCE,
        params={"number": number},
        **more,
    )


def task_that(act: str, **more: Any) -> Task:
    """Make a task that runs a card of these lines."""
    entry = "tensorrag_drop_in_this_0:This"
    source = ONE_NUMBER + _card("This", act)
    return Task(kind="run", card="this", entry=entry, source=source, params={}, **more)


SHIFT = '''
from typing import NamedTuple
from tensorrag import Card, Table, TableSchema

class Shift(Card):
    """Add a number to every value of a table."""
    by: float = 1.0

    class Out(NamedTuple):
        table: Table

    def run(self, table: Table) -> Out:
        return self.Out(Table.from_pandas(table.to_pandas() + self.by))

    def propagate(self, table: TableSchema) -> TableSchema:
        return table
'''


def shift(table: str, by: float = 1.0) -> Task:
    """A task that adds to a stored table."""
    return Task(
        kind="run",
        card="shift",
        entry="tensorrag_drop_in_shift_0:Shift",
        source=SHIFT,
        params={"by": by},
        inputs={"table": (table,)},
    )
