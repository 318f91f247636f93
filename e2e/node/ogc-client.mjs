// Reads a collection with ogc-client, page by page, and prints the items' ids.
//
//   API=… HEADER='Name: value' node ogc-client.mjs COLLECTION
import { OgcApiEndpoint, setFetchOptions } from '@camptocamp/ogc-client';

const [name, value] = process.env.HEADER.split(': ', 2);
setFetchOptions({ headers: { [name]: value } });
const collection = process.argv[2];
const endpoint = new OgcApiEndpoint(process.env.API);
const known = await endpoint.featureCollections;
if (!known.includes(collection)) throw new Error(`${collection} is not in ${known}`);

const ids = [];
for (;;) {
  const page = await endpoint.getCollectionItems(collection, 10, ids.length);
  if (page.length === 0) break;
  ids.push(...page.map((item) => String(item.id)));
}
const first = await endpoint.getCollectionItem(collection, ids[0]);
if (String(first.id) !== ids[0]) throw new Error(`asked for ${ids[0]}, got ${first.id}`);
console.log(JSON.stringify({ ids }));
