# Reads a collection with OWSLib, page by page, and prints the items' ids.
#
#   API=… HEADER='Name: value' features.py COLLECTION
import json
import os
import sys

import owslib
from owslib.ogcapi.features import Features

name, value = os.environ["HEADER"].split(": ", 1)
api = Features(os.environ["API"], headers={name: value})
collection = sys.argv[1]
assert collection in api.feature_collections(), api.feature_collections()
assert api.collection(collection)["id"] == collection
assert api.collection_queryables(collection)["properties"]

ids, page = [], api.collection_items(collection, limit=10)
while page["features"]:
    ids += [str(feature["id"]) for feature in page["features"]]
    page = api.collection_items(collection, limit=10, offset=len(ids))
first = api.collection_item(collection, ids[0])
assert str(first["id"]) == ids[0]
print(json.dumps({"version": owslib.__version__, "ids": ids}))
