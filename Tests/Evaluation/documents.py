"""Reads JSON lines with id, title and text; writes them as documents of Config/schemas/document.v1.json."""

import json
import re
import sys
import unicodedata


def line(text):
    """One normalised line: NFC, white space as single spaces, no control characters."""
    spaced = re.sub(r"\s+", " ", unicodedata.normalize("NFC", text))
    return "".join(c for c in spaced if unicodedata.category(c) != "Cc").strip()


for record in map(json.loads, sys.stdin):
    body = [line(paragraph) for paragraph in record["text"].split("\n\n")]
    document = {"schema_version": 1, "id": record["id"], "body": [paragraph for paragraph in body if paragraph]}
    if title := line(record.get("title") or ""):
        document["title"] = title
    print(json.dumps(document, ensure_ascii=False))
