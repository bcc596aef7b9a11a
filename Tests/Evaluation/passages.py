"""Passages for a reading by people: drawn by seed, judged without sight of the tags, joined again for measuring.

    passages.py draw DATA SEED            the passages of that seed as JSON lines (id, text)
    passages.py gold DATA VERDICTS        verdicts (JSON lines: id, topics) with their texts, for 'rules evaluate --gold'
    passages.py agreement FIRST SECOND    how far two readings agree: per passage and topic, Cohen's kappa

A passage is a run of whole sentences of 80 words or more (the last of a document may be shorter); its id is the
document's id, '#', and its number from 0. Fifty come from parliamentary questions, fifty from speeches at the United
Nations; of each fifty, half are drawn from all passages and half from those with a word of VOCABULARY, since topics are
rare in ordinary text and recall could not be seen otherwise. VOCABULARY is written down here before any rule is looked
at, and is wider than any rule.
"""

import gzip
import json
import random
import re
import sys

PASSAGE_WORDS = 80
DRAWN_FROM_ALL = 25
DRAWN_BY_WORD = 25
VOCABULARY = re.compile(
    r"(?i)\b(?:crim|police|policing|prison|jail|inmate|offen[cs]e|offender|illegal|illicit|unlawful|law enforcement"
    r"|prosecut|convict|sentenc|court|judge|judici|justice|arrest|investigat|victim|violen|abus|rape|murder|kill"
    r"|homicide|gang|mafia|cartel|drug|narcotic|traffick|smuggl|slave|slavery|exploit|corrupt|brib|launder|fraud|scam"
    r"|cheat|theft|steal|robber|burglar|terror|extremis|weapon|firearm|gun|knife|small arms|cyber|hack|online|hate"
    r"|piracy|poach|wildlife|dumping|counterfeit|contraband|border|genocide|atrocit|impunity|riot|vandal|delinquen"
    r"|youth crime|rehabilitat|probation|parole|penalt|punish|money ?lender)\w*"
)


def passages(text):
    """The passages of a text, in order: whole sentences until there are words enough."""
    sentences = re.split(r"(?<=[.?!;])\s+(?=[A-Z0-9“\"'(])", re.sub(r"\s+", " ", text).strip())
    gathered = []
    for sentence in sentences:
        gathered.append(sentence)
        if sum(len(part.split()) for part in gathered) >= PASSAGE_WORDS:
            yield " ".join(gathered)
            gathered = []
    if gathered:
        yield " ".join(gathered)


def sources(data):
    """The passages of the two sets: a list of (id, text) each."""
    with open(f"{data}/dev/parliament_questions_weak.jsonl", encoding="utf-8") as lines:
        questions = [json.loads(line) for line in lines]
    with gzip.open(f"{data}/corpus/un_general_debate_2005_2021.jsonl.gz", "rt", encoding="utf-8") as lines:
        speeches = [json.loads(line) for line in lines]
    for records in (questions, speeches):
        yield [
            (f"{record['id']}#{number}", text)
            for record in records
            for number, text in enumerate(passages(record["text"]))
        ]


def draw(data, seed):
    chance = random.Random(seed)
    for every in sources(data):
        chosen = chance.sample(every, DRAWN_FROM_ALL)
        taken = {identifier for identifier, _ in chosen}
        named = [pair for pair in every if pair[0] not in taken and VOCABULARY.search(pair[1])]
        for identifier, text in chosen + chance.sample(named, DRAWN_BY_WORD):
            print(json.dumps({"id": identifier, "text": text}, ensure_ascii=False))


def verdicts(path):
    with open(path, encoding="utf-8") as lines:
        return {record["id"]: set(record["topics"]) for record in map(json.loads, lines)}


def gold(data, path):
    texts = dict(pair for every in sources(data) for pair in every)
    for identifier, topics in verdicts(path).items():
        print(json.dumps({"id": identifier, "text": texts[identifier], "topics": sorted(topics)}, ensure_ascii=False))


def agreement(first, second):
    first, second = verdicts(first), verdicts(second)
    if first.keys() != second.keys():
        sys.exit("error: the two readings are of different passages")
    topics = sorted(set().union(*first.values(), *second.values()))
    cells = [(topic in first[key], topic in second[key]) for key in first for topic in topics]
    both, one, other = (cells.count(pair) for pair in ((True, True), (True, False), (False, True)))
    observed = sum(a == b for a, b in cells) / len(cells)
    share = [sum(column) / len(cells) for column in zip(*cells)]
    chance = share[0] * share[1] + (1 - share[0]) * (1 - share[1])
    print(f"passages {len(first)}, the same topics in {sum(first[key] == second[key] for key in first)}")
    print(f"topics given by both {both}, by the first alone {one}, by the second alone {other}")
    print(f"F1 of one reading against the other {2 * both / (2 * both + one + other):.3f}")
    print(f"Cohen's kappa over {len(cells)} decisions {(observed - chance) / (1 - chance):.3f}")


match sys.argv[1:]:
    case ["draw", data, seed]:
        draw(data, int(seed))
    case ["gold", data, path]:
        gold(data, path)
    case ["agreement", first, second]:
        agreement(first, second)
    case _:
        sys.exit(__doc__)
