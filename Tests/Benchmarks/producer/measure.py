"""Measures rostrum-producer; called by `run`, which builds it and says what there is.

    measure.py ROOT [import] [ingest] [bounds]
"""

import glob
import gzip
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

ROOT = sys.argv[1]
BIN = f"{ROOT}/.build/release"
CORPUS = f"{ROOT}/../shared/data/corpus/un_general_debate_2005_2021.jsonl.gz"
HERE = os.path.dirname(os.path.abspath(__file__))
RUNS = 5


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Broker:
    """A broker of its own, with the Kafka topics of one prefix for each measurement."""

    def __init__(self, folder):
        self.folder, self.count = folder, 0
        self.servers = self.control("start", folder, str(free_port())).strip()

    def control(self, *arguments):
        return subprocess.run(
            [f"{ROOT}/Tests/Integration/broker", *arguments], check=True, capture_output=True, text=True).stdout

    def area(self):
        self.count += 1
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ROSTRUM_")}
        environment |= {
            "ROSTRUM_KAFKA_BOOTSTRAP_SERVERS": self.servers,
            "ROSTRUM_KAFKA_TOPICS_PREFIX": f"m{self.count}.",
            "ROSTRUM_STATE_PATH": f"{self.folder}/state-{self.count}",
        }
        subprocess.run([f"{ROOT}/.build/debug/rostrum", "topics", "create"], env=environment, check=True, capture_output=True)
        return environment, f"m{self.count}.speeches.documents"

    def keys(self, topic):
        ended = subprocess.run(
            ["kcat", "-b", self.servers, "-C", "-t", topic, "-e", "-q", "-f", "%k\n"],
            check=True, capture_output=True, text=True)
        return ended.stdout.split()

    def offsets(self, topic):
        ended = subprocess.run(
            ["kcat", "-b", self.servers, "-C", "-t", topic, "-e", "-q", "-f", "%p:%o\n"],
            check=True, capture_output=True, text=True)
        return ended.stdout.split()


def high_water(pid):
    """The most memory that a process has held, in MB."""
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) // 1024


def timed(arguments, environment=None, allowed=(0,), seconds_max=3600):
    """Runs a program: seconds, seconds of processor time, megabytes at most, standard output."""
    start = time.monotonic()
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(arguments, env=environment, stdout=output, stderr=errors)
        alarm = threading.Timer(seconds_max, process.kill)
        alarm.start()
        _, status, usage = os.wait4(process.pid, 0)
        alarm.cancel()
        seconds = time.monotonic() - start
        code = process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        if code not in allowed:
            sys.exit(f"error: {arguments[0]} ended with {code}: {errors.read()[-2000:]}")
        return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024, output.read()


# What the producer does on the wire: an idempotent producer waits for all replicas, and its batches are packed.
SAME_PROMISES = ["-z", "zstd", "-X", "enable.idempotence=true", "-X", "linger.ms=20"]


def measure_import(broker, folder):
    if not os.path.exists(CORPUS):
        print(f"import: the corpus is absent ({CORPUS}); nothing was measured")
        return True
    rows = f"{folder}/un.jsonl"
    with gzip.open(CORPUS) as packed, open(rows, "wb") as file:
        shutil.copyfileobj(packed, file)
    size = os.path.getsize(rows)
    lines = sum(1 for _ in open(rows, "rb"))

    def kcat(*options):
        _, topic = broker.area()
        result = timed(["kcat", "-b", broker.servers, "-P", "-t", topic, *options, "-l", rows])
        if len(broker.offsets(topic)) != lines:
            sys.exit(f"error: kcat did not publish {lines} lines")
        return result

    def ours():
        environment, topic = broker.area()
        result = timed(
            [f"{BIN}/rostrum-producer", rows, "--map", "role=post,publisher=source", "--json"], environment)
        summary = json.loads(result[3])
        keys = broker.keys(topic)
        if summary["published"] != lines or len(keys) != lines or len(set(keys)) != lines:
            sys.exit(f"error: {lines} lines, {summary}, {len(keys)} records")
        return result

    # In turn, so that what else the machine does meets all alike.
    runs = [(kcat(), kcat(*SAME_PROMISES), ours()) for _ in range(RUNS)]
    print(f"import: {lines} speeches, {size / 1e6:.1f} MB, medians of {RUNS} runs in turn")
    names = ["kcat -P", "kcat -P, same promises", "rostrum-producer"]
    walls = []
    for place, name in enumerate(names):
        wall, processor = (statistics.median(run[place][part] for run in runs) for part in (0, 1))
        walls.append(wall)
        print(f"  {name:23} {wall:6.2f} s  {size / 1e6 / wall:7.1f} MB/s  {processor:5.2f} s of processor time  "
              f"{max(run[place][2] for run in runs)} MB of memory")
    print(f"  of kcat's rate: {walls[0] / walls[2]:.2f} as it comes, {walls[1] / walls[2]:.2f} with the same compression, "
          "acknowledgements and idempotence (wanted: 0.5)")
    return walls[1] / walls[2] >= 0.5


class Server:
    def __init__(self, environment, folder, settings):
        self.log = open(f"{folder}/serve.log", "w+")
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            [f"{BIN}/rostrum-producer", "serve"], stderr=self.log,
            env=environment | {"ROSTRUM_INGEST_PORT": str(port)} | settings)
        for _ in range(300):
            try:
                urllib.request.urlopen(self.address, timeout=5)
            except urllib.error.HTTPError:
                return
            except OSError:
                time.sleep(0.1)
        sys.exit("error: the server did not start")

    def stop(self):
        memory = high_water(self.process.pid)
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait(60) != 0:
            sys.exit("error: the server did not stop well")
        return memory


def wrk(broker, folder, name, seconds, connections, pause, settings):
    environment, topic = broker.area()
    ids = f"{folder}/{name}"
    os.makedirs(ids)
    server = Server(environment, folder, settings)
    before = high_water(server.process.pid)
    ended = subprocess.run(
        ["wrk", "-t", "2", "-c", str(connections), "-d", f"{seconds}s", "--timeout", "60s", "-s", f"{HERE}/ingest.lua",
         server.address, "--", ids, str(pause)], check=True, capture_output=True, text=True)
    result = json.loads(next(line for line in ended.stdout.splitlines() if line.startswith("RESULT "))[7:])
    after = server.stop()
    told = [line for file in glob.glob(f"{ids}/accepted-*") for line in open(file).read().split()]
    there = broker.keys(topic)
    missing = len(set(told) - set(there))
    print(f"ingest, {name}: {result['accepted'] / result['seconds']:.0f} accepted/s for {result['seconds']:.0f} s over "
          f"{connections} connections, median {result['median_ms']} ms, 99 in 100 within {result['p99_ms']} ms")
    print(f"  202: {result['accepted']}, of which in the topic: {len(told) - missing}, missing: {missing}; records "
          f"{len(there)}, twice: {len(there) - len(set(there))}")
    print(f"  503 or 429: {result['refused']}, without Retry-After: {result['refused_without_retry_after']}; other "
          f"statuses: {result['other']}; socket errors: {result['socket_errors']}")
    print(f"  memory: {before} MB at the start, {after} MB at most")
    return (missing == 0 and len(told) == result["accepted"] > 0 and len(there) == len(set(there))
            and result["refused_without_retry_after"] == 0 and result["other"] == 0), result


def measure_ingest(broker, folder):
    steady, result = wrk(broker, folder, "steady", 30, 64, 95, {})
    overload, refused = wrk(broker, folder, "overload", 15, 256, 0, {"ROSTRUM_INGEST_REQUESTS": "16"})
    return steady and result["refused"] == 0 and overload and refused["refused"] > 0


def measure_bounds(broker, folder):
    """Ten million lines of which every thousandth is broken, then one file of 2 GB of longer documents."""
    fine = True
    text = "We will fight crime, and we will do it together, in every town and in every county. " * 300
    for name, count, row in [
        ("ten million small lines", 10_000_000, lambda number: b'{"id":"%d","text":"Speech %d."}\n' % (number, number)),
        ("2 GB of documents", 2_000_000_000 // (len(text) + 40),
         lambda number: b'{"id":"%d","text":"%d %s"}\n' % (number, number, text.encode())),
    ]:
        path = f"{folder}/rows.jsonl"
        with open(path, "wb", buffering=1 << 20) as file:
            for number in range(count):
                file.write(b'{"id":"broken"\n' if number % 1000 == 500 else row(number))
        broken = sum(1 for number in range(count) if number % 1000 == 500)
        environment, topic = broker.area()
        seconds, processor, memory, output = timed(
            [f"{BIN}/rostrum-producer", path, "--json", "--rejects", f"{folder}/rejects"], environment, allowed=(3,))
        summary = json.loads(output)
        size = os.path.getsize(path)
        os.remove(path)
        shutil.rmtree(f"{folder}/rejects")
        print(f"bounds, {name}: {size / 1e6:.0f} MB, {count} lines in {seconds:.0f} s ({count / seconds:.0f}/s), "
              f"{processor:.0f} s of processor time, "
              f"published {summary['published']}, refused {summary['rejected']}, {memory} MB of memory at most")
        fine = fine and summary["published"] == count - broken and sum(summary["rejected"].values()) == broken
        fine = fine and memory < 1024
    return fine


def main():
    # Figures are seen as they come, also in a file.
    sys.stdout.reconfigure(line_buffering=True)
    wanted = sys.argv[2:] or ["import", "ingest", "bounds"]
    measures = {"import": measure_import, "ingest": measure_ingest, "bounds": measure_bounds}
    for name in wanted:
        if name not in measures:
            sys.exit(f"usage: run [{'] ['.join(measures)}]")
    commit = subprocess.run(
        ["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    print(f"{time.strftime('%F %H:%M', time.gmtime())} UTC, commit {commit}, {os.cpu_count()} cores, load "
          f"{os.getloadavg()[0]:.1f}, noida-db 0.2.3")
    with tempfile.TemporaryDirectory(prefix="rostrum-measure-") as folder:
        broker = Broker(folder)
        try:
            results = [measures[name](broker, folder) for name in wanted]
        finally:
            broker.control("stop", folder)
    sys.exit(0 if all(results) else 1)


main()
