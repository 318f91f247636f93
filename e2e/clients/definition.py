# Generates requests from the API definition that the gateway serves, with
# Schemathesis, and judges each answer beside that of the back end without the
# gateway. Prints how many of each operation agreed, and what the gateway refused.
#
#   API=… DIRECT=… HEADER='Name: value' definition.py
#
# It is the module with the hooks, too, that Schemathesis loads.
import collections
import json
import os
import re
import sys
import tempfile
import urllib.parse

import requests
import schemathesis

API, DIRECT = os.environ["API"], os.environ["DIRECT"]
NAME, VALUE = os.environ["HEADER"].split(": ", 1)
AGREED, REFUSED = collections.Counter(), collections.Counter()
OPERATIONS = set()
direct = requests.Session()
direct.trust_env = False

# The definition points to other hosts for parts of it, which a test may not
# call. A parameter keeps its name, so that it is sent.
PARAMETERS = {
    "featureId": {"name": "featureId", "in": "path", "required": True, "schema": {"type": "string"}},
    "tileMatrixSetId": {"name": "tileMatrixSetId", "in": "path", "required": True, "schema": {"enum": ["WebMercatorQuad", "WorldCRS84Quad", "none"]}},
    "tileMatrix": {"name": "tileMatrix", "in": "path", "required": True, "schema": {"type": "integer", "minimum": -1, "maximum": 5}},
    "tileRow": {"name": "tileRow", "in": "path", "required": True, "schema": {"type": "integer", "minimum": -1, "maximum": 31}},
    "tileCol": {"name": "tileCol", "in": "path", "required": True, "schema": {"type": "integer", "minimum": -1, "maximum": 31}},
    "datetime": {"name": "datetime", "in": "query", "schema": {"type": "string"}},
    "sortby.yaml": {"name": "sortby", "in": "query", "schema": {"type": "string"}},
    "q.yaml": {"name": "q", "in": "query", "schema": {"type": "string"}},
}


def at_hand(node, place=""):
    """The document without what is on other hosts."""
    if isinstance(node, list):
        return [at_hand(child, place) for child in node]
    if not isinstance(node, dict):
        return node
    reference = node.get("$ref", "")
    if not reference.startswith("http"):
        return {key: at_hand(child, key) for key, child in node.items()}
    if place == "parameters":
        return PARAMETERS[reference.rsplit("/", 1)[1]]
    return {} if place in ("schema", "items", "allOf", "oneOf") else {"description": reference}


@schemathesis.hook
def before_call(context, case, kwargs):
    case.headers[NAME] = VALUE


@schemathesis.check
def opens(context, response, case):
    """A valid credential is never refused as if it were none."""
    assert response.status_code != 401, response.text


@schemathesis.check
def as_the_back_end(context, response, case):
    """The gateway answers as the back end does, or refuses for a documented reason that the request gives it."""
    sent = response.request
    if response.headers.get("content-type", [""])[0].startswith("application/problem+json"):
        refused(response, sent, case)
        return
    headers = {name: value for name, value in sent.headers.items() if name.lower() != NAME.lower()}
    again = direct.request(sent.method, sent.url.replace(API, DIRECT, 1), headers=headers, data=sent.body, allow_redirects=False, timeout=60)
    # What was deleted through the gateway is gone.
    gone = sent.method == "DELETE" and response.status_code < 300 and again.status_code == 404
    assert gone or again.status_code == response.status_code, f"{again.status_code} without the gateway, {response.status_code} {response.text[:500]}"
    AGREED[f"{sent.method} {case.operation.path}"] += 1


def refused(response, sent, case):
    """A refusal of the gateway's own names a reason, and the request gives it that."""
    problem = json.loads(response.text)
    for status, code, detail, given in REASONS:
        found = re.fullmatch(detail, problem["detail"])
        if (status, code) == (response.status_code, problem["code"]) and found:
            assert given(Sent(sent, case), *found.groups()), f"this is not so of {sent.method} {sent.url}: {response.text}"
            REFUSED[f"{sent.method} {case.operation.path}"] += 1
            return
    raise AssertionError(f"no reason to refuse {sent.method} {sent.url}: {response.status_code} {response.text}")


class Sent:
    """What a reason to refuse can be in."""

    def __init__(self, sent, case):
        address = urllib.parse.urlsplit(sent.url)
        self.method, self.body = sent.method, sent.body
        self.path = address.path.removeprefix(urllib.parse.urlsplit(API).path)
        self.segments = [urllib.parse.unquote(segment) for segment in self.path.split("/")]
        self.query = urllib.parse.parse_qsl(address.query, keep_blank_values=True)
        self.names = [name for name, _ in self.query]
        self.described = (sent.method, case.operation.path) in OPERATIONS

    def path_has(self, pattern):
        return any(re.search(pattern, segment) for segment in self.segments)


# What the gateway refuses by itself (docs/errors.md), and when: what can be read in
# two ways, methods that it never forwards and, where there is a policy, what
# policies/examples/roles forbids to an editor and analyst. What is not here it may
# not refuse.
CONTROL = r"[\x00-\x1f\x7f-\x9f]"
REASONS = [
    (405, "MethodNotAllowed", r"the method is not one that this gateway forwards", lambda s: s.method in ("TRACE", "QUERY")),
    (400, "InvalidParameterValue", r"a GET request has a body", lambda s: s.method == "GET" and s.body),
    (400, "InvalidParameterValue", r'the parameter "(.+)" is there twice', lambda s, name: s.names.count(name) > 1),
    (400, "InvalidParameterValue", r"the query has a control character", lambda s: any(re.search(CONTROL, name + value) for name, value in s.query)),
    (400, "InvalidParameterValue", r"the path has a control character", lambda s: s.path_has(CONTROL)),
    (400, "InvalidParameterValue", r"the path has a semicolon", lambda s: s.path_has(";")),
    (400, "InvalidParameterValue", r"the path has an escaped slash or a backslash", lambda s: s.path_has(r"[/\\]")),
    (400, "InvalidParameterValue", r"the path has an escaped percent sign", lambda s: s.path_has("%")),
    (400, "InvalidParameterValue", r"the path has a dot segment", lambda s: s.path_has(r"^\.\.?$")),
]
if NAME == "Authorization":
    REASONS += [
        (403, "PermissionsInsufficient", r"the role operator is needed", lambda s: s.path == "/jobs" or s.method == "DELETE" and s.path.startswith("/jobs/")),
        (403, "PermissionsInsufficient", r"nobody may do this", lambda s: s.method in ("POST", "PUT", "PATCH", "DELETE") and not s.described or s.path.startswith("/stac")),
    ]


def main():
    served = requests.get(API + "/openapi?f=json", headers={NAME: VALUE}, timeout=60)
    served.raise_for_status()
    definition = at_hand(served.json())
    assert definition["servers"] == [{"url": API}], definition["servers"]
    OPERATIONS.update((method.upper(), path) for path, item in definition["paths"].items() for method in item)
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(definition, file)
        file.flush()
        from schemathesis.cli import schemathesis as program

        sys.modules["definition"] = sys.modules["__main__"]
        try:
            program.main(
                ["run", file.name, "--url", API, "--checks", "opens,as_the_back_end", "--phases", "examples,coverage,fuzzing", "--warnings", "off",
                 "--max-examples", os.environ.get("EXAMPLES", "20"), "--seed", "1", "--suppress-health-check", "all", "--continue-on-failure", "--no-color"],
                standalone_mode=False,
            )  # fmt: skip
            failed = 0
        except SystemExit as end:
            failed = end.code
    operations = [f"{method} {path}" for method, path in sorted(OPERATIONS)]
    print(json.dumps({"version": schemathesis.__version__, "operations": operations, "agreed": AGREED, "refused": REFUSED}))
    sys.exit(failed)


if __name__ == "__main__":
    main()
