# Searches the STAC API with pystac-client, page by page, and prints the items'
# ids.
#
#   API=… HEADER='Name: value' scenes.py
import json
import os
import warnings

import pystac_client

name, value = os.environ["HEADER"].split(": ", 1)
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    client = pystac_client.Client.open(os.environ["API"] + "/stac-api", headers={name: value})
    pages = list(client.search(limit=2).pages_as_dicts())
print(json.dumps({"version": pystac_client.__version__, "pages": len(pages), "ids": [item["id"] for page in pages for item in page["features"]]}))
