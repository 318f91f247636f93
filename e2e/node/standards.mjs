// What stands in for the documents of the standards that pygeoapi's API
// definition refers to: as much of each as it names, and no more.
const query = (name) => ({ name, in: 'query', schema: { type: 'string' } });
const path = (name) => ({ name, in: 'path', required: true, schema: { type: 'string' } });
const named = (make, ...names) => Object.fromEntries(names.map((name) => [name, make(name)]));

const components = {
  parameters: { ...named(query, 'datetime'), ...named(path, 'featureId', 'tileMatrixSetId', 'tileMatrix', 'tileRow', 'tileCol') },
  responses: named((description) => ({ description }), 'Collection', 'Feature', 'Features', 'InvalidParameter', 'LandingPage', 'NotFound', 'ServerError'),
  schemas: named(() => ({ type: 'object' }), 'link'),
};

// document is one of them. Where it is a parameter, a response or a schema by
// itself, it is all three.
export function document(url) {
  const [, name] = /([^/]+)\.\w+$/.exec(url.pathname) ?? [];
  return JSON.stringify({ ...query(name), type: 'object', description: name, components });
}
