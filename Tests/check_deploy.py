"""Checks the files under Deploy: compose and Kubernetes files against their schemas, units by systemd, names of settings.

    check_deploy.py DEPLOY REFERENCE

REFERENCE is what 'rostrum config reference' prints. Prints a line for each check, and last 'N passed, N failed, N skipped'.
Needs PyYAML, compose-spec, kubernetes-validate, cyclonedx-python-lib and 'systemd-analyze'; with 'kubectl' the overlays
are built too.
"""

import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import yaml

deploy, reference = sys.argv[1:]
results = []


def check(name, problem):
    """Notes a check: no problem, a text that says it, or 'skipped: …'."""
    state = "passed" if not problem else "skipped" if problem.startswith("skipped") else "failed"
    results.append(state)
    print(f"{state}: {name}{': ' + problem if problem else ''}")


def compose():
    from compose_spec import PyCompose

    # PyYAML resolves anchors and merges, which the specification leaves to YAML; variables have their defaults.
    with open(f"{deploy}/compose.yaml", encoding="utf-8") as text:
        content = yaml.safe_load(re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text.read()))
    try:
        PyCompose.from_json(json.dumps(content)).to_spec()
    except Exception as error:  # the package raises its own and pydantic's errors
        return str(error)[:2000]
    named = {source.split(":")[0] for service in content["services"].values() for source in service.get("volumes", [])}
    missing = [path for path in named if path.startswith("./") and path != "./speeches"
               and not os.path.exists(f"{deploy}/{path}")]
    return f"no such files: {missing}" if missing else ""


def kubernetes(path):
    import kubernetes_validate

    with open(path, encoding="utf-8") as text:
        documents = [document for document in yaml.safe_load_all(text) if document]
    for document in documents:
        if document["apiVersion"].startswith("keda.sh/"):
            continue  # its schema comes with KEDA, not with Kubernetes
        try:
            kubernetes_validate.validate(document, "1.30", strict=True)
        except (kubernetes_validate.ValidationError, kubernetes_validate.SchemaNotFoundError) as error:
            return f"{document['kind']} {document['metadata']['name']}: {error}"[:2000]
    return ""


def kustomization(folder):
    with open(f"{folder}/kustomization.yaml", encoding="utf-8") as text:
        content = yaml.safe_load(text)
    named = content.get("resources", []) + [
        file for generator in content.get("configMapGenerator", []) for file in generator.get("files", [])]
    missing = [name for name in named if not os.path.exists(f"{folder}/{name}")]
    if missing:
        return f"no such files: {missing}"
    if not shutil.which("kubectl"):
        return ""
    built = subprocess.run(["kubectl", "kustomize", folder], capture_output=True, text=True)
    return built.stderr if built.returncode else ""


def units():
    if not shutil.which("systemd-analyze"):
        return "skipped: systemd-analyze is not installed"
    with tempfile.TemporaryDirectory() as folder:
        names = []
        for path in glob.glob(f"{deploy}/systemd/*"):
            with open(path, encoding="utf-8") as text:
                unit = text.read()
            # The programs are not installed here; an instance stands for its template.
            name = os.path.basename(path).replace("@.", "@1.")
            names.append(f"{folder}/{name}")
            with open(names[-1], "w", encoding="utf-8") as copy:
                copy.write(re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", unit).replace("User=rostrum", "User=root")
                           .replace("Group=rostrum", "Group=root"))
        verified = subprocess.run(["systemd-analyze", "verify", *names], capture_output=True, text=True)
        if verified.returncode or verified.stderr:
            return verified.stderr
        for name in names:
            if not name.endswith(".service"):
                continue
            rated = subprocess.run(
                ["systemd-analyze", "security", "--offline=yes", name], capture_output=True, text=True).stdout
            exposure = re.search(r"Overall exposure level for \S+: ([\d.]+)", rated)
            if not exposure or float(exposure[1]) >= 3:
                return f"exposure of {os.path.basename(name)}: {exposure[1] if exposure else rated[-500:]}"
    return ""


def settings():
    """Every environment name that a file gives to a program is in the reference."""
    with open(reference, encoding="utf-8") as text:
        known = set(re.findall(r"ROSTRUM_[A-Z0-9_]+", text.read()))
    # Which settings file; below, the pass-through to librdkafka, what only tests read, files that hold secrets.
    known |= {"ROSTRUM_CONFIG"}
    unknown = []
    for path in glob.glob(f"{deploy}/**/*", recursive=True):
        if os.path.isfile(path):
            with open(path, encoding="utf-8") as text:
                for name in set(re.findall(r"ROSTRUM_[A-Z0-9_]+", text.read())):
                    name = name.removesuffix("_FILE")
                    if name not in known and not name.startswith(("ROSTRUM_KAFKA_EXTRA_", "ROSTRUM_TEST_")):
                        unknown.append(f"{path}: {name}")
    return "; ".join(sorted(unknown))


def bill_of_materials():
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    made = subprocess.run([f"{deploy}/sbom"], capture_output=True, text=True)
    if made.returncode:
        return made.stderr
    problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(made.stdout)
    return str(problem)[:2000] if problem else ""


check("compose.yaml is valid", compose())
for path in sorted(glob.glob(f"{deploy}/kubernetes/**/*.yaml", recursive=True)):
    if os.path.basename(path) in ("kustomization.yaml", "rostrum.yaml"):
        continue
    check(f"{os.path.relpath(path, deploy)} is valid", kubernetes(path))
for path in sorted(glob.glob(f"{deploy}/kubernetes/**/kustomization.yaml", recursive=True)):
    # The base is not applied by itself: an overlay makes the ConfigMap that it names.
    check(f"{os.path.relpath(path, deploy)} can be built", kustomization(os.path.dirname(path)))
check("systemd units are sound and hardened", units())
check("every environment name is a setting", settings())
check("the bill of materials is CycloneDX", bill_of_materials())
print(f"{results.count('passed')} passed, {results.count('failed')} failed, {results.count('skipped')} skipped")
