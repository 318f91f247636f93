# Reads a collection with the newest GDAL, which comes with pyogrio, page by
# page, and prints the items' ids.
#
#   API=… HEADER='Name: value' gdal.py COLLECTION
#
# BY_OPTION hands the header over by an option, and not in a file.
import json
import os
import sys
import tempfile

import pyogrio
from pyogrio.raw import read

with tempfile.NamedTemporaryFile("w") as headers:
    headers.write(os.environ["HEADER"])
    headers.flush()
    by_option = {"GDAL_HTTP_HEADERS": os.environ["HEADER"]}
    pyogrio.set_gdal_config_options(by_option if "BY_OPTION" in os.environ else {"GDAL_HTTP_HEADER_FILE": headers.name})
    meta, _, _, columns = read(f"OAPIF:{os.environ['API']}/", layer=sys.argv[1], read_geometry=False, PAGE_SIZE=10)
ids = columns[list(meta["fields"]).index("id")]
print(json.dumps({"version": ".".join(map(str, pyogrio.__gdal_version__)), "ids": [str(id) for id in ids]}))
