# Searches a catalogue of records with OWSLib, and prints the records' ids.
#
#   API=… HEADER='Name: value' records.py COLLECTION
import json
import os
import sys

import owslib
from owslib.ogcapi.records import Records

name, value = os.environ["HEADER"].split(": ", 1)
api = Records(os.environ["API"], headers={name: value})
assert sys.argv[1] in api.records(), api.records()
ids, page = [], api.collection_items(sys.argv[1], limit=3)
while page["features"]:
    ids += [record["id"] for record in page["features"]]
    page = api.collection_items(sys.argv[1], limit=3, offset=len(ids))
print(json.dumps({"version": owslib.__version__, "ids": ids}))
