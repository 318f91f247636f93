# Executes a process with OWSLib, and prints what it gave.
#
#   API=… HEADER='Name: value' processes.py PROCESS
import json
import os
import sys

import owslib
from owslib.ogcapi.processes import Processes

name, value = os.environ["HEADER"].split(": ", 1)
api = Processes(os.environ["API"], headers={name: value})
assert sys.argv[1] in [process["id"] for process in api.processes()]
print(json.dumps({"version": owslib.__version__, "result": api.execute(sys.argv[1], inputs={"name": "OWSLib"})}))
