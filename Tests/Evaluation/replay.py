"""Accepts the replay on real speeches: called by Tests/Evaluation/replay, see there.

    replay.py BROKER DOCUMENTS PROGRAMS RULES WORK

BROKER     host:port
DOCUMENTS  documents of Config/schemas/document.v1.json, a line each; more than 3,000
PROGRAMS   the folder of the built programs
RULES      the rules in use; three of them are changed for the candidate
WORK       a folder to write in

3,000 documents are imported in three parts, with a moment between them; a live classifier reads them and what trickles in
throughout. Then, each checked by other programs (kcat counts records, sqlite3 reads rows) or by brute force:

- a replay of the middle part by its times publishes exactly the records of that part;
- a replay killed ten times at random moments ends with the database content of one that nobody disturbed;
- a second replay adds no row;
- the live classifier keeps its assignment, reads each document once, and ends without lag;
- --compare reports the documents, and the topics gained and lost, that classifying twice reports.

A database's content is every row of every event, its document, topics, evidence and spans, without numbers of rows, runs
and times of storing, sorted; the digest is SHA-256. Ends with 'N passed, N failed'.
"""

import datetime
import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
import uuid

PARTS = [1_000, 1_000, 1_000]
KILLS = 10
PARTITIONS = 6
PATIENCE_SECONDS = 600
CHANGED_RULES = ["corruption.named", "drugs.named", "terrorism.named"]

# Every row of an event by natural keys.
CONTENT = """
SELECT 'event', e.event_id, e.document_id, d.revision, r.digest, e.is_current, e.assessment, e.crime_policy,
    e.crime_policy_score, e.words, e.sentences, e.truncated, e.origin_topic, e.origin_partition, e.origin_offset,
    d.is_current, d.title, d.language, d.characters, d.origin_partition, d.origin_offset, NULL, NULL
FROM events e JOIN documents d USING (document_key) JOIN rulesets r USING (ruleset_key)
UNION ALL
SELECT 'topic', e.event_id, t.topic_id, t.label, dt.position, dt.score, dt.prominence, dt.evidence_count,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM document_topics dt JOIN events e USING (event_key) JOIN topics t USING (topic_key)
UNION ALL
SELECT 'evidence', e.event_id, t.topic_id, v.position, v.rule, v.weight, v.sentence, s.position, s.span_start,
    s.span_end, s.quote, s.prefix, s.suffix, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM evidence v JOIN events e USING (event_key) JOIN topics t USING (topic_key) JOIN spans s USING (evidence_key)
"""

results = {True: 0, False: 0}


def check(holds, what):
    results[bool(holds)] += 1
    print(("ok      " if holds else "FAILED  ") + what, flush=True)


def give_up(what):
    sys.exit(f"error: {what}")


def wait(what, condition, seconds=PATIENCE_SECONDS):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            give_up(f"{what}: not within {seconds} s")
        time.sleep(0.2)


class Area:
    """Kafka topics, groups and settings of this run alone."""

    def __init__(self, broker, programs, rules, work):
        self.broker, self.programs, self.rules, self.work = broker, programs, rules, pathlib.Path(work)
        self.prefix = f"replay-{uuid.uuid4().hex[:8]}."
        self.workers = []

    def environment(self, **more):
        own = {key: value for key, value in os.environ.items() if not key.startswith("ROSTRUM_")}
        return own | {
            "ROSTRUM_KAFKA_BOOTSTRAP_SERVERS": self.broker,
            "ROSTRUM_KAFKA_TOPICS_PREFIX": self.prefix,
            "ROSTRUM_KAFKA_TOPICS_PARTITIONS": str(PARTITIONS),
            "ROSTRUM_CONSUMER_CLASSIFIER_GROUP": self.prefix + "classifier",
            "ROSTRUM_RULES_PATH": self.rules,
            "ROSTRUM_STATE_PATH": str(self.work / "state"),
            "ROSTRUM_LOG_LEVEL": "warning",
        } | more

    def run(self, name, *arguments, codes=(0,), **more):
        ended = subprocess.run(
            [f"{self.programs}/{name}", *arguments], env=self.environment(**more), capture_output=True, text=True)
        if ended.returncode not in codes:
            give_up(f"{name} {' '.join(arguments)} ended with {ended.returncode}: {ended.stderr[-2000:]}")
        return ended.stdout

    def start(self, name, *arguments, **more):
        log = open(self.work / f"{name}-{len(self.workers)}.log", "w")
        process = subprocess.Popen(
            [f"{self.programs}/{name}", *arguments], env=self.environment(**more), stdout=subprocess.DEVNULL, stderr=log)
        process.log_name = log.name
        self.workers.append(process)
        return process

    def stop(self, process):
        process.send_signal(signal.SIGTERM)
        code = process.wait(120)
        if code != 0:
            give_up(f"{process.args[0]} ended with {code}: {open(process.log_name).read()[-2000:]}")

    def end(self):
        for process in self.workers:
            if process.poll() is None:
                process.kill()
                process.wait()

    def kcat(self, topic, form, *more):
        ended = subprocess.run(
            ["kcat", "-b", self.broker, "-C", "-t", self.prefix + topic, "-e", "-q", "-f", form, *more],
            capture_output=True, text=True, check=True)
        return ended.stdout.splitlines()

    def ends(self, topic):
        places = [word for number in range(PARTITIONS) for word in ("-t", f"{self.prefix}{topic}:{number}:-1")]
        answer = subprocess.run(
            ["kcat", "-b", self.broker, "-Q", *places], capture_output=True, text=True, check=True).stdout
        return sum(int(line.split()[-1]) for line in answer.splitlines())

    def replay(self, rules, candidate, plan, *arguments, **more):
        return self.run(
            "rostrum", "replay", "--rules", rules, "--plan", plan, "--execute", *arguments,
            ROSTRUM_KAFKA_TOPICS_CANDIDATE=candidate, **more)


class Sink:
    """A sink with a database and a group of its own, which reads the live events and one replay's."""

    def __init__(self, area, candidate):
        self.area, self.topics = area, ["speeches.classified", candidate]
        self.path = str(area.work / f"{candidate}.sqlite")
        self.process = area.start(
            "rostrum-sink", ROSTRUM_STORE_PATH=self.path, ROSTRUM_KAFKA_TOPICS_CANDIDATE=candidate,
            ROSTRUM_CONSUMER_SINK_GROUP=f"{area.prefix}{candidate}")

    def sql(self, query):
        ended = subprocess.run(
            ["sqlite3", "-cmd", ".timeout 10000", self.path, query], capture_output=True, text=True)
        return ended.stdout if ended.returncode == 0 else ""

    def stored(self):
        """Whether everything published so far is stored."""
        places = self.sql("SELECT ifnull(sum(next_offset), 0) FROM offsets").strip()
        return places == str(sum(self.area.ends(topic) for topic in self.topics))

    def wait(self):
        wait(f"the sink of {self.topics[1]} stores everything", self.stored)

    def rows(self):
        counts = [self.sql(f"SELECT count(*) FROM {table}").strip() for table in
                  ("events", "documents", "document_topics", "evidence", "spans")]
        return dict(zip(("events", "documents", "topics", "evidence", "spans"), map(int, counts)))

    def digest(self):
        lines = sorted(self.sql(CONTENT).splitlines())
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


class Live:
    """Watches the live classifier from its endpoints, four times a second."""

    def __init__(self, area):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.area = area
        self.process = area.start("rostrum-classifier", ROSTRUM_HTTP_PORT=str(self.port))
        self.samples, self.ended = [], threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)

    def metrics(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as answer:
            text = answer.read().decode()
        totals = {}
        for name, value in re.findall(r"^(rostrum_\w+)(?:\{[^}]*\})? ([0-9.e+-]+)$", text, re.M):
            totals[name] = totals.get(name, 0) + float(value)
        return totals

    def watch(self):
        while not self.ended.wait(0.25):
            try:
                self.samples.append(self.metrics())
            except OSError as error:
                self.samples.append({"error": str(error)})

    def finish(self):
        self.ended.set()
        self.thread.join()
        return self.samples


def parts_of(path, work):
    lines = open(path, encoding="utf-8").read().splitlines()
    if len(lines) <= sum(PARTS):
        give_up(f"{path} has {len(lines)} documents, more than {sum(PARTS)} are needed")
    parts, at = [], 0
    for number, count in enumerate(PARTS + [len(lines) - sum(PARTS)]):
        part = pathlib.Path(work) / f"part-{number}.jsonl"
        part.write_text("\n".join(lines[at:at + count]) + "\n", encoding="utf-8")
        parts.append(str(part))
        at += count
    return parts, len(lines)


def candidate_rules(rules, folder):
    """A copy in which three rules differ: one finds less, one finds more, one weighs less."""
    shutil.copytree(rules, folder)

    def change(rule, pattern, replacement):
        path = pathlib.Path(folder) / (rule.split(".")[0] + ".yaml")
        text = path.read_text(encoding="utf-8")
        start = text.find(f"  - id: {rule}\n")
        end = text.find("\n  - id: ", start + 1)
        end = len(text) if end < 0 else end
        block, count = re.subn(pattern, replacement, text[start:end], count=1, flags=re.M)
        if start < 0 or count != 1:
            give_up(f"the rule {rule} is no longer what this script changes; choose another in CHANGED_RULES")
        path.write_text(text[:start] + block + text[end:], encoding="utf-8")

    less, more, lighter = CHANGED_RULES
    change(less, r"(    find: \|\n)(?:      .*\n)+", r"\1      bribery\n")
    change(more, r"(    find: \|\n)", r"\1      medicine\n")
    change(lighter, r"    weight: 3\n", "    weight: 1\n")
    listing = pathlib.Path(folder) / "ruleset.yaml"
    listing.write_text(re.sub(r"^version: .*$", "version: 99.0.0", listing.read_text(), flags=re.M))
    return folder


def moment():
    """Now, between two parts of the import: no record has this time."""
    time.sleep(1.5)
    now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    time.sleep(1.5)
    return now


def text_of(time_):
    return time_.strftime("%Y-%m-%dT%H:%M:%SZ")


def topics_of(area, rules, parts):
    """Each document's topics with their prominence, and the verdict, by classifying the files."""
    events = {}
    for line in area.run("rostrum", "classify", "--output", "ndjson", "--rules", rules, *parts).splitlines():
        event = json.loads(line)
        verdict = (event.get("crime_policy") or {}).get("value", False)
        events[event["document"]["id"]] = ({topic["id"]: topic["prominence"] for topic in event["topics"]}, verdict)
    return events


def brute_force(old, new):
    changed, gained, lost = set(), {}, {}
    for document, (before, verdict) in old.items():
        after, verdict_after = new[document]
        if before != after or verdict != verdict_after:
            changed.add(document)
        for topic in after.keys() - before.keys():
            gained[topic] = gained.get(topic, 0) + 1
        for topic in before.keys() - after.keys():
            lost[topic] = lost.get(topic, 0) + 1
    return changed, gained, lost


def killed_replay(area, rules, candidate, plan, bounds, seed):
    """A replay that is killed at random moments and goes on each time; returns how many kills met it at work."""
    generator = random.Random(seed)
    kills, places = 0, []
    while kills < KILLS:
        begin = [] if os.path.exists(plan) else bounds
        process = area.start(
            "rostrum", "replay", "--rules", rules, "--plan", plan, "--execute", "--max-rate", "150", *begin,
            ROSTRUM_KAFKA_TOPICS_CANDIDATE=candidate, ROSTRUM_DELIVERY_COMMIT_INTERVAL_MILLISECONDS="200")
        # One in five dies at any moment of its start, the others at work.
        if generator.random() < 0.8:
            published = area.ends(candidate)
            wait(f"the replay publishes before its kill {kills + 1}",
                 lambda: area.ends(candidate) > published or process.poll() is not None, 120)
        time.sleep(generator.uniform(0, 1.8))
        if process.poll() is not None:
            give_up(f"the replay ended with {process.poll()} before its kill {kills + 1}: "
                    + open(process.log_name).read()[-2000:])
        process.kill()
        process.wait()
        kills += 1
        ranges = json.load(open(plan))["ranges"] if os.path.exists(plan) else []
        places.append(sum(part["next"] - part["start"] for part in ranges))
    begin = [] if os.path.exists(plan) else bounds
    area.replay(rules, candidate, plan, *begin)
    return kills, places


def main():
    broker, documents, programs, rules, work = sys.argv[1:]
    seed = int(os.environ.get("ROSTRUM_TEST_SEED") or random.SystemRandom().randrange(1 << 32))
    area = Area(broker, programs, rules, work)
    print(f"ROSTRUM_TEST_SEED={seed}, Kafka topics {area.prefix}*", flush=True)
    try:
        accept(area, documents, seed)
    finally:
        area.end()
    print(f"{results[True]} passed, {results[False]} failed")
    sys.exit(1 if results[False] else 0)


def accept(area, documents, seed):
    started = time.monotonic()
    parts, count = parts_of(documents, area.work)
    candidate = candidate_rules(area.rules, str(area.work / "candidate-rules"))
    for name in ("range", "calm", "killed"):
        area.run("rostrum", "topics", "create", ROSTRUM_KAFKA_TOPICS_CANDIDATE=name)
    live = Live(area)
    calm, killed = Sink(area, "calm"), Sink(area, "killed")
    moments = []
    for part in parts[:3]:
        moments.append(moment())
        area.run("rostrum-producer", part)
    moments.append(moment())
    wait("the live classifier classifies the import", lambda: area.ends("speeches.classified") >= sum(PARTS))
    for sink in (calm, killed):
        sink.wait()
    print(f"{sum(PARTS)} documents imported, classified and stored after {time.monotonic() - started:.0f} s", flush=True)
    before = live.metrics()
    live.thread.start()
    trickle = area.start("rostrum-producer", "--max-rate", "2", parts[3])

    # The middle part, by its times.
    span = ["--from", text_of(moments[1]), "--to", text_of(moments[2])]
    stamps = [int(moment_.timestamp() * 1000) for moment_ in moments]
    area.replay(candidate, "range", str(area.work / "range.json"), *span)
    independent = sorted(area.kcat("speeches.documents", "%k\n", "-o", f"s@{stamps[1]}", "-o", f"e@{stamps[2]}"))
    by_stamp = sorted(line.split(" ", 1)[1] for line in area.kcat("speeches.documents", "%T %k\n")
                      if stamps[1] <= int(line.split(" ", 1)[0]) < stamps[2])
    found = sorted(area.kcat("range", "%k\n"))
    check(found == by_stamp and len(found) == PARTS[1],
          f"replay by times: {len(found)} events, one for each of the {len(by_stamp)} records that kcat finds by timestamp "
          f"({len(independent)} by kcat's own search by time)")
    check(independent == by_stamp, "kcat's two ways of counting agree")

    # All three parts: undisturbed, twice, and killed ten times.
    whole = ["--from", text_of(moments[0]), "--to", text_of(moments[3])]
    at = time.monotonic()
    area.replay(candidate, "calm", str(area.work / "calm.json"), *whole)
    seconds = time.monotonic() - at
    check(area.ends("calm") == sum(PARTS), f"an undisturbed replay publishes {area.ends('calm')} events in {seconds:.1f} s")
    area.replay(candidate, "calm", str(area.work / "again.json"), *whole)
    check(area.ends("calm") == 2 * sum(PARTS), f"a second replay publishes {area.ends('calm') - sum(PARTS)} events again")
    kills, places = killed_replay(area, candidate, "killed", str(area.work / "killed.json"), whole, seed)
    extra = area.ends("killed") - sum(PARTS)
    check(kills == KILLS and len(set(place for place in places if 0 < place < sum(PARTS))) >= KILLS // 2,
          f"{kills} kills, the plan after each at {', '.join(map(str, places))} of {sum(PARTS)}; {extra} events twice")

    # What the rules change, while the live classifier goes on.
    report = json.loads(area.run(
        "rostrum", "replay", "--rules", candidate, "--compare", "--against", area.rules, *whole, "--output", "json"))
    old, new = (topics_of(area, folder, parts[:3]) for folder in (area.rules, candidate))
    changed, gained, lost = brute_force(old, new)
    listed = {document["id"] for document in report["documents"]}
    check(len(old) == len(new) == report["documents_read"] == sum(PARTS),
          f"--compare and brute force read {report['documents_read']} documents")
    check(listed == changed and report["documents_changed"] == len(changed) > 0,
          f"--compare reports {report['documents_changed']} documents, classifying twice finds {len(changed)}, the same")
    counts = {topic["id"]: (topic["gained"], topic["lost"]) for topic in report["topics"]}
    expected = {topic: (gained.get(topic, 0), lost.get(topic, 0)) for topic in gained.keys() | lost.keys()}
    check({topic: pair for topic, pair in counts.items() if pair != (0, 0)} == expected,
          "topics gained and lost: " + ", ".join(f"{topic} +{pair[0]} -{pair[1]}" for topic, pair in sorted(expected.items())))

    # The live classifier, undisturbed.
    if trickle.wait(PATIENCE_SECONDS) != 0:
        give_up(f"the trickle ended with {trickle.returncode}: {open(trickle.log_name).read()[-2000:]}")
    wait("the live classifier classifies the trickle", lambda: area.ends("speeches.classified") >= count)
    wait("the live classifier commits", lambda: live.metrics().get("rostrum_total_lag_records") == 0, 30)
    samples, after = live.finish(), live.metrics()
    lags = [sample.get("rostrum_total_lag_records", 0) for sample in samples]
    check(not any("error" in sample for sample in samples) and max(lags) <= 20,
          f"the live classifier's lag in {len(samples)} samples: at most {max(lags):.0f} records, 0 in "
          f"{sum(lag == 0 for lag in lags)}")
    check(all(sample.get("rostrum_rebalances_total") == before["rostrum_rebalances_total"] and
              sample.get("rostrum_partitions_assigned") == PARTITIONS for sample in samples),
          f"no rebalance: {PARTITIONS} partitions assigned throughout, {before['rostrum_rebalances_total']:.0f} rebalances "
          "before and after")
    check(after["rostrum_records_received_total"] == count == area.ends("speeches.classified"),
          f"the live classifier took {after['rostrum_records_received_total']:.0f} records for {count} documents and made "
          f"{area.ends('speeches.classified')} events")
    plan = json.loads(area.run(
        "rostrum", "groups", "reset", "--to-current", "--dry-run", "--output", "json", codes=(0, 3)))
    committed = sum(move["current"] or 0 for move in plan["moves"])
    check(committed == area.ends("speeches.documents") == count, f"its group stands at {committed}, where the Kafka topic ends")

    # With all of the trickle stored, both databases hold the same.
    for sink in (calm, killed):
        sink.wait()
    rows, digests = [calm.rows(), killed.rows()], [calm.digest(), killed.digest()]
    check(rows[0]["events"] == count + sum(PARTS), f"after the second replay {rows[0]['events']} events are stored, "
          f"{count} live and {sum(PARTS)} of the replay: no new rows")
    check(digests[0] == digests[1] and rows[0] == rows[1],
          f"killed and undisturbed end with the same content, {rows[0]}: sha256 {digests[0][:16]} and {digests[1][:16]}")
    check(area.ends("speeches.deadletter") == 0, "no dead letters")
    for process in (live.process, calm.process, killed.process):
        area.stop(process)
    print(f"{time.monotonic() - started:.0f} s in all", flush=True)


main()
