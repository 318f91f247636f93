# Generates requests from the API definition that the gateway serves, with
# Schemathesis, and judges each answer beside that of the back end without the
# gateway. Prints how many were judged, and how.
#
#   API=… DIRECT=… HEADER='Name: value' definition.py
#
# It is the module with the hooks, too, that Schemathesis loads.
import collections
import json
import os
import sys
import tempfile

import requests
import schemathesis

API, DIRECT = os.environ["API"], os.environ["DIRECT"]
NAME, VALUE = os.environ["HEADER"].split(": ", 1)
TALLY = collections.Counter()
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
    """The gateway answers as the back end does, or says itself why not."""
    own = response.headers.get("content-type", [""])[0].startswith("application/problem+json")
    if own and response.status_code < 500:
        TALLY["refused by the gateway"] += 1
        assert response.status_code in ALLOWED, f"{response.status_code} {response.text}"
        return
    sent = response.request
    headers = {name: value for name, value in sent.headers.items() if name.lower() != NAME.lower()}
    again = direct.request(sent.method, sent.url.replace(API, DIRECT, 1), headers=headers, data=sent.body, allow_redirects=False, timeout=60)
    TALLY["5xx of both" if again.status_code >= 500 else "judged"] += 1
    if sent.method in ("GET", "HEAD", "OPTIONS"):
        assert again.status_code == response.status_code, f"{again.status_code} without the gateway, {response.status_code} {response.text[:500]}"
    elif response.status_code >= 500:  # what writes may not be answered alike twice
        assert again.status_code >= 500, f"{again.status_code} without the gateway, {response.status_code} {response.text[:500]}"


# What a refusal of the gateway's own can be: what can be read in two ways, what
# the policy forbids (where there is one), and what is no route or method.
ALLOWED = {400, 404, 405} | ({403} if NAME == "Authorization" else set())


def main():
    served = requests.get(API + "/openapi?f=json", headers={NAME: VALUE}, timeout=60)
    served.raise_for_status()
    definition = at_hand(served.json())
    assert definition["servers"] == [{"url": API}], definition["servers"]
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
    print(json.dumps({"version": schemathesis.__version__, "tally": TALLY, "operations": sum(len(item) for item in definition["paths"].values())}))
    sys.exit(failed)


if __name__ == "__main__":
    main()
