"""Loads a classifier at a share of its rate for some minutes; see `soak`, which calls it.

    soak.py BROKERS DATA PROGRAM RULES MINUTES PERCENT BUDGET
"""

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid

from confluent_kafka import Producer

import pipeline

WARM_UP_DOCUMENTS = 3_000
SAMPLE_SECONDS = 2


class Worker:
    """A classifier with its metrics."""

    def __init__(self, broker, source, program, rules, folder):
        name = f"soak-{uuid.uuid4().hex[:8]}"
        self.port = int(subprocess.run(
            [sys.executable, "-c", "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])"],
            capture_output=True, text=True, check=True).stdout)
        environment = dict(
            os.environ, ROSTRUM_KAFKA_BOOTSTRAP_SERVERS=broker.servers, ROSTRUM_KAFKA_TOPICS_DOCUMENTS=source,
            ROSTRUM_KAFKA_TOPICS_CLASSIFIED=broker.create(f"{name}-out"),
            ROSTRUM_KAFKA_TOPICS_DEADLETTER=broker.create(f"{name}-dead"), ROSTRUM_CONSUMER_CLASSIFIER_GROUP=name,
            ROSTRUM_CONSUMER_INSTANCE_ID=name, ROSTRUM_RULES_PATH=rules, ROSTRUM_HTTP_PORT=str(self.port),
            ROSTRUM_STATE_PATH=f"{folder}/state")
        self.log = f"{folder}/classifier.log"
        began = time.monotonic()
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([program], env=environment, stderr=log)
        while self.get("/health/ready") is None:
            if self.process.poll() is not None or time.monotonic() - began > 120:
                sys.exit(f"error: the classifier did not become ready:\n{open(self.log).read()[-2000:]}")
            time.sleep(0.005)
        self.ready_seconds = time.monotonic() - began

    def get(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                return answer.read().decode()
        except OSError:
            return None

    def metrics(self):
        """The sums of the metrics by name."""
        sums = {}
        for line in (self.get("/metrics") or "").splitlines():
            if line and not line.startswith("#"):
                name, value = line.split("{")[0].split(" ")[0], float(line.rsplit(" ", 1)[1])
                sums[name] = sums.get(name, 0) + value
        return sums

    def resident_mebibytes(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


def wait_for(worker, events, limit=300):
    deadline = time.monotonic() + limit
    while worker.metrics().get("rostrum_events_total", 0) < events:
        if worker.process.poll() is not None or time.monotonic() > deadline:
            sys.exit(f"error: the classifier did not keep up; its log is {worker.log}")
        time.sleep(0.2)


def main(servers, data, program, rules, minutes, percent, budget):
    seconds, share, budget = int(minutes) * 60, int(percent) / 100, int(budget)
    broker = pipeline.Broker(servers)
    source = broker.create(f"soak-in-{uuid.uuid4().hex[:8]}")
    values = [(key, json.dumps(document, ensure_ascii=False).encode())
              for key, document in pipeline.documents(data, WARM_UP_DOCUMENTS)]
    producer = Producer({"bootstrap.servers": servers, "linger.ms": 20, "partitioner": "murmur2_random"})
    with tempfile.TemporaryDirectory() as folder:
        worker = Worker(broker, source, program, rules, folder)
        idle = worker.resident_mebibytes()
        began = time.monotonic()
        for key, value in values:
            producer.produce(source, value, key)
            producer.poll(0)
        producer.flush(60)
        wait_for(worker, WARM_UP_DOCUMENTS)
        full = WARM_UP_DOCUMENTS / (time.monotonic() - began)
        rate = full * share
        if budget:
            # Documents and events, which are smaller.
            rate = min(rate, budget / (sum(len(value) for _, value in values) / len(values) * 1.5) / seconds)
        samples, sent, errors = [], 0, []
        cpu, began = worker.cpu_seconds(), time.monotonic()
        next_sample = began
        while (now := time.monotonic()) - began < seconds:
            while sent < (now - began) * rate:
                key, value = values[sent % len(values)]
                producer.produce(source, value, key, on_delivery=lambda error, _: errors.append(error) if error else None)
                producer.poll(0)
                sent += 1
            if now >= next_sample:
                figures = worker.metrics()
                samples.append((worker.resident_mebibytes(), figures.get("rostrum_total_lag_records", 0)))
                next_sample = now + SAMPLE_SECONDS
            time.sleep(0.005)
        producer.flush(60)
        cpu = (worker.cpu_seconds() - cpu) / sent
        wait_for(worker, WARM_UP_DOCUMENTS + sent)
        figures = worker.metrics()
        code = worker.end()
        with open(worker.log, encoding="utf-8") as log:
            errors += [line for line in log if '"level":"error"' in line or '"level":"critical"' in line]
    fifth = max(len(samples) // 5, 1)
    first, last = samples[:fifth], samples[-fifth:]
    memory = [statistics.median(sample[0] for sample in part) for part in (first, last)]
    lag = [statistics.median(sample[1] for sample in part) for part in (first, last)]
    dead = figures.get("rostrum_dead_letters_total", 0)
    print("\n| figure | value |\n| --- | --- |")
    print(f"| start to ready | {worker.ready_seconds * 1000:.0f} ms |")
    print(f"| resident memory, idle | {idle:.0f} MiB |")
    print(f"| load | {minutes} minutes, {rate:.0f} documents/s ({percent}% asked of {full:.0f}), {sent} documents |")
    print(f"| processor time per document | {cpu * 1e6:.0f} µs |")
    print(f"| resident memory, first and last fifth, most | {memory[0]:.0f}, {memory[1]:.0f}, {max(s[0] for s in samples):.0f} MiB |")
    print(f"| lag, first and last fifth, most | {lag[0]:.0f}, {lag[1]:.0f}, {max(s[1] for s in samples):.0f} records |")
    print(f"| errors, dead letters, exit code | {len(errors)}, {dead:.0f}, {code} |")
    # Less than a linger's worth of documents is no lag.
    grown = memory[1] > memory[0] * 1.05 or lag[1] > max(lag[0] * 1.5, rate * 2)
    if grown or errors or dead or code:
        sys.exit(f"error: memory or lag has grown, or there were errors: {errors[:3]}")


if __name__ == "__main__":
    if len(sys.argv) != 8:
        sys.exit(__doc__)
    main(*sys.argv[1:])
