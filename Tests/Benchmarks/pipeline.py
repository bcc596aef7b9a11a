"""Measures the classifier end to end beside others that do its bare job, on one broker and the same documents.

    pipeline.py BROKERS DATA BENCH PROGRAM [DOCUMENTS] [RUNS]

BROKERS  host:port of a broker on this machine
DATA     the folder with corpus/un_general_debate_2005_2021.jsonl.gz
BENCH    the folder with cpp_peer.cpp and python_peer.py
PROGRAM  the built rostrum-classifier
Documents of about 6 kB are cut from the corpus and published once over eight partitions; then every contender drains
them from the start, in turn, RUNS times. A rate is documents over the time from the first event to the last, by the
events' own timestamps for Rostrum, by their own clock for the peers (first document to last delivery report).
"""

import gzip
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import time
import uuid

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

PARTITIONS = 8
DOCUMENT_CHARACTERS = 6_000
DRAIN_LIMIT_SECONDS = 600


def documents(data, count):
    """Documents of Config/schemas/document.v1.json, cut from the corpus at paragraph and sentence ends."""
    with gzip.open(f"{data}/corpus/un_general_debate_2005_2021.jsonl.gz", "rt", encoding="utf-8") as lines:
        texts = [re.sub(r"\s+", " ", json.loads(line)["text"]) for line in lines]
    pieces = []
    for text in texts:
        for start in range(0, len(text) - DOCUMENT_CHARACTERS, DOCUMENT_CHARACTERS):
            piece = text[start : start + DOCUMENT_CHARACTERS].strip()
            cuts = [piece[i : i + 600].strip() for i in range(0, len(piece), 600)]
            pieces.append([cut for cut in cuts if cut])
    for number in range(count):
        yield f"bench:{number}", {
            "schema_version": 1,
            "id": f"bench:{number}",
            "title": f"Speech {number}",
            "body": pieces[number % len(pieces)],
            "language": "en",
        }


class Broker:
    def __init__(self, servers):
        self.servers = servers
        self.admin = AdminClient({"bootstrap.servers": servers})

    def create(self, name):
        for future in self.admin.create_topics([NewTopic(name, PARTITIONS, 1)]).values():
            future.result()
        return name

    def publish(self, name, records):
        producer = Producer(
            {"bootstrap.servers": self.servers, "linger.ms": 50, "queue.buffering.max.messages": 50_000,
             "partitioner": "murmur2_random"}
        )
        size = 0
        for key, document in records:
            value = json.dumps(document, ensure_ascii=False).encode()
            size += len(value)
            while True:
                try:
                    producer.produce(name, value, key)
                    break
                except BufferError:
                    producer.poll(0.1)
            producer.poll(0)
        if producer.flush(120):
            sys.exit("error: the documents could not be published within two minutes")
        return size

    def committed(self, name, group):
        """How many documents the group has committed."""
        consumer = Consumer({"bootstrap.servers": self.servers, "group.id": group})
        try:
            partitions = [TopicPartition(name, number) for number in range(PARTITIONS)]
            return sum(max(at.offset, 0) for at in consumer.committed(partitions, timeout=10))
        finally:
            consumer.close()

    def time_span(self, name, expected):
        """Seconds from the first event to the last, by timestamp; all events must be there."""
        consumer = Consumer(
            {"bootstrap.servers": self.servers, "group.id": str(uuid.uuid4()), "enable.auto.commit": False,
             "auto.offset.reset": "earliest", "enable.partition.eof": True}
        )
        consumer.assign([TopicPartition(name, number, 0) for number in range(PARTITIONS)])
        first, last, seen, ended = None, None, 0, set()
        while len(ended) < PARTITIONS:
            for message in consumer.consume(5_000, timeout=5):
                if message.error():
                    ended.add(message.partition())
                    continue
                stamp = message.timestamp()[1]
                first = stamp if first is None else min(first, stamp)
                last = stamp if last is None else max(last, stamp)
                seen += 1
        consumer.close()
        if seen != expected:
            sys.exit(f"error: {expected} documents gave {seen} events")
        return (last - first) / 1_000


def rostrum(broker, source, count, program, rules, mode):
    """Documents per second of rostrum-classifier."""
    target = broker.create(f"bench-out-{uuid.uuid4().hex[:8]}")
    group = f"bench-{uuid.uuid4().hex[:8]}"
    environment = dict(
        os.environ,
        ROSTRUM_KAFKA_BOOTSTRAP_SERVERS=broker.servers,
        ROSTRUM_KAFKA_TOPICS_DOCUMENTS=source,
        ROSTRUM_KAFKA_TOPICS_CLASSIFIED=target,
        ROSTRUM_KAFKA_TOPICS_DEADLETTER=broker.create(f"bench-dead-{uuid.uuid4().hex[:8]}"),
        ROSTRUM_CONSUMER_CLASSIFIER_GROUP=group,
        ROSTRUM_CONSUMER_INSTANCE_ID=group,
        ROSTRUM_DELIVERY_MODE=mode,
        ROSTRUM_RULES_PATH=rules,
    )
    with open(os.path.join(os.environ.get("TMPDIR", "/tmp"), f"{group}.log"), "wb") as log:
        worker = subprocess.Popen([program], env=environment, stderr=log)
        try:
            deadline = time.monotonic() + DRAIN_LIMIT_SECONDS
            while broker.committed(source, group) < count:
                if worker.poll() is not None or time.monotonic() > deadline:
                    sys.exit(f"error: rostrum-classifier did not finish; its log is {log.name}")
                time.sleep(0.5)
        finally:
            if worker.poll() is None:
                worker.send_signal(signal.SIGTERM)
                worker.wait(60)
    rate = count / broker.time_span(target, count)
    broker.admin.delete_topics([target])
    return rate


def peer(broker, source, count, command):
    """Documents per second as a peer prints them."""
    target = broker.create(f"bench-peer-{uuid.uuid4().hex[:8]}")
    result = subprocess.run(
        command + [broker.servers, source, target, os.environ["BENCH_PHRASES"], str(count)],
        capture_output=True, text=True, timeout=DRAIN_LIMIT_SECONDS, check=True)
    broker.admin.delete_topics([target])
    return float(re.search(r"([\d.]+) documents/s", result.stdout + result.stderr)[1])


def receive(broker, source, count):
    """Documents per second of 'kcat -C' to /dev/null, which only receives."""
    started = time.monotonic()
    subprocess.run(
        ["kcat", "-b", broker.servers, "-C", "-t", source, "-o", "beginning", "-e", "-q"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=DRAIN_LIMIT_SECONDS, check=True)
    return count / (time.monotonic() - started)


def main(servers, data, bench, program, count="100000", runs="3"):
    count, runs = int(count), int(runs)
    broker = Broker(servers)
    source = broker.create(f"bench-in-{uuid.uuid4().hex[:8]}")
    size = broker.publish(source, documents(data, count))
    print(f"{count} documents, {size / 1e6:.0f} MB, {PARTITIONS} partitions, {runs} runs in turn, medians", flush=True)
    rules = os.environ["BENCH_RULES"]
    contenders = {
        "Rostrum, at-least-once": lambda: rostrum(broker, source, count, program, rules, "at-least-once"),
        "Rostrum, exactly-once": lambda: rostrum(broker, source, count, program, rules, "exactly-once"),
        "C++ loop": lambda: peer(broker, source, count, [f"{os.environ['BENCH_WORK']}/cpp_peer"]),
        "Python loop": lambda: peer(broker, source, count, [sys.executable, f"{bench}/python_peer.py"]),
        "kcat -C": lambda: receive(broker, source, count),
    }
    rates = {name: [] for name in contenders}
    for _ in range(runs):
        for name, run in contenders.items():
            rates[name].append(run())
            print(f"  {name}: {rates[name][-1]:.0f}", file=sys.stderr, flush=True)
    medians = {name: statistics.median(values) for name, values in rates.items()}
    print("\n| contender | documents/s | of the C++ loop |\n| --- | --- | --- |")
    for name, rate in medians.items():
        print(f"| {name} | {rate:.0f} | {rate / medians['C++ loop']:.2f} |")
    broker.admin.delete_topics([source])


if __name__ == "__main__":
    if not 5 <= len(sys.argv) <= 7:
        sys.exit(__doc__)
    main(*sys.argv[1:])
