"""Makes first inputs for the fuzz targets that take no files of this repository as they are."""
import pathlib
import re
import sys

target, folder, root = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
reference = (root / "Config/rules/QUERIES.md").read_text(encoding="utf-8")
# The query lines of the reference: what stands under `find: |`.
blocks = re.findall(r"find: \|\n((?: +.*\n)+?)(?=\S| *[a-z_]+:|```)", reference)
queries = [line.strip() for block in blocks for line in block.splitlines()]
texts = [
    p.read_bytes() for p in sorted((root / "Tests/Fixtures/Formats").rglob("*")) if p.is_file() and p.stat().st_size < 8192
][:20]
seeds = []
if target == "FuzzQuery":
    seeds = [query.encode() for query in queries] + ["\n".join(queries).encode()]
elif target == "FuzzImport":
    seeds = [
        b"fraud! W/5 (bank OR insur!)", b'"money laundering" W/S bank AND NOT sport', b"HEADLINE(fraud) /P ATLEAST5(police)",
        b"drug NOT W/5 store", b"ALLCAPS(nca) PRE/2 officer", b"hd=(fraud or scam) same bank", b"boeing/N30/airbus",
        b"toyota/F50/ near5 atleast3 police", b"organis$3 adj crime", b"DATE(> 2020) AND wom*n",
    ]
elif target == "FuzzExpression":
    expressions = [r"section \d+", r"(a+)+b", r"\bU\.?S\.?\b", r"(?-i)[A-Z]{2,5}", r"^a|b$", r"[^a-z]\W{0,3}x", r"(?:a|b)*c?"]
    seeds = [e.encode() + b"\0Section 12 of the U.S. aaaaab Act" for e in expressions]
elif target == "FuzzScanner":
    phrases = b"drug trafficking\nu.s. marshal\no'brien\ncyber crime\nwomen\nlaw and order\ncaf\xc3\xa9"
    seeds = [phrases + b"\0" + text for text in texts] + [phrases + "\0İstanbul ﬁght dr\u00adug’s R&D 1.5 No. 10".encode()]
for number, seed in enumerate(seeds):
    (folder / f"seed-{number}").write_bytes(seed)
