"""Validates a profile against its schema and checks what must hold between its numbers."""
import json
import sys

import jsonschema

path, schema = sys.argv[1:3]
profile = json.load(open(path))
with open(schema) as file:
    definition = json.load(file)
jsonschema.Draft202012Validator.check_schema(definition)
jsonschema.Draft202012Validator(definition).validate(profile)

steps = profile["steps"]
assert abs(sum(step["share"] for step in steps) - 1) < 1e-6
assert abs(sum(step["us"]["median"] for step in steps) - profile["steps_us"]) < 1e-6 * profile["steps_us"] + 1e-9
for times in [profile["latency_us"]] + [step["us"] for step in steps]:
    assert times["p10"] <= times["median"] <= times["p90"]
print("valid: %s on %s, %d threads, contractions: %s" % (
    profile["model"], profile["cpu"], profile["threads"], " ".join(step["layer"] for step in steps if step["macs"])))
