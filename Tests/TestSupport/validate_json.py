"""Validates JSON values, one a line of standard input, against a JSON Schema; prints one line for each, empty if valid."""
import json
import sys

try:
    import jsonschema
except ImportError:
    sys.exit(
        "the Python module jsonschema is missing: Tests/run installs it and sets ROSTRUM_TEST_PYTHON; "
        "by hand: python3 -m venv .venv && .venv/bin/pip install jsonschema && "
        "export ROSTRUM_TEST_PYTHON=$PWD/.venv/bin/python"
    )

with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
for line in sys.stdin.buffer.read().split(b"\n"):
    errors = sorted(validator.iter_errors(json.loads(line.decode("utf-8"))), key=lambda e: e.json_path)
    print("; ".join(f"{e.json_path}: {' '.join(e.message.split())[:200]}" for e in errors))
