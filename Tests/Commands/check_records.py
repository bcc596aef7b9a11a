"""Checks documents and events, a JSON object a line each, against the shipped schemas and against each other."""
import json
import pathlib
import sys

import jsonschema

root, documents_path, events_path = sys.argv[1:]
schemas = pathlib.Path(root, "Config", "schemas")


def rows(path, schema):
    validator = jsonschema.Draft202012Validator(json.loads((schemas / schema).read_text()))
    with open(path, encoding="utf-8", newline="\n") as lines:
        for line in lines:
            row = json.loads(line)
            validator.validate(row)
            yield row


# Several revisions of one document may be there; an event names the revision it was made of.
documents = {(row["id"], row["revision"]): row for row in rows(documents_path, "document.v1.json")}
texts = {key: "\n\n".join(([row["title"]] if "title" in row else []) + row["body"]) for key, row in documents.items()}
events = list(rows(events_path, "event.v1.json"))
for event in events:
    text = texts[event["document"]["id"], event["document"]["revision"]]
    assert event["document"]["characters"] == len(text), event["document"]
    for topic in event["topics"]:
        for evidence in topic["evidence"]:
            for span in evidence["spans"]:
                start, end = span["start"], span["end"]
                assert text[start:end] == span["exact"], (span, text[start:end])
                assert text[:start].endswith(span["prefix"]), span
                assert text[end:].startswith(span["suffix"]), span
with open(documents_path, encoding="utf-8") as lines:
    print(f"{sum(1 for _ in lines)} documents, {len(events)} events")
