// What pygeoapi's pages ask of public CDNs, answered from the packages of npm
// that these hand out; and what they ask of others, answered by ourselves.
import { existsSync, readFileSync } from 'node:fs';
import { extname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { document } from './standards.mjs';

const folder = fileURLToPath(new URL('node_modules', import.meta.url));

const spelled = {
  'unpkg.com': { path: /^\/(?<name>(?:@[^/@]+\/)?[^/@]+)(?:@(?<version>[^/]+))?\/(?<file>.+)$/ },
  'cdn.jsdelivr.net': { path: /^\/npm\/(?<name>(?:@[^/@]+\/)?[^/@]+)(?:@(?<version>[^/]+))?\/(?<file>.+)$/ },
  'cdnjs.cloudflare.com': { path: /^\/ajax\/libs\/(?<name>[^/]+)\/(?<version>[^/]+)\/(?<file>.+)$/, below: 'dist' },
};

const media = { '.js': 'text/javascript', '.css': 'text/css', '.png': 'image/png', '.svg': 'image/svg+xml' };

// One pixel of the colour of shallow water, which a map stretches to a tile.
const tile = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGN48u4TAAV+AsURRvO1AAAAAElFTkSuQmCC', 'base64');

// answer says by whom a request that leaves the gateway is answered, and with
// what; or nothing where a page may not ask it. A package may stand in for
// another (instead: {redoc: 'redoc-2'}).
export function answer(url, instead) {
  if (['schemas.opengis.net', 'raw.githubusercontent.com'].includes(url.hostname)) return { by: 'us', contentType: 'application/json', body: document(url) };
  if (url.hostname === 'tile.openstreetmap.org') return { by: 'us', contentType: 'image/png', body: tile };
  if (url.hostname === 'fonts.googleapis.com') return { by: 'us', contentType: 'text/css', body: '' };
  if (url.hostname === 'cdn.redoc.ly') return { by: 'us', contentType: 'image/svg+xml', body: '<svg xmlns="http://www.w3.org/2000/svg"/>' };
  const { path, below = '' } = spelled[url.hostname] ?? {};
  const asked = path?.exec(url.pathname)?.groups;
  if (!asked) return undefined;
  // npm does not have it; only a collection with maps uses it.
  if (asked.name === 'leaflet-imageoverlay-ogcapi') return { by: 'us', contentType: 'text/javascript', body: '' };
  const home = join(folder, instead[asked.name] ?? asked.name);
  const file = normalize(join(home, below, asked.file));
  if (!file.startsWith(home + sep) || !existsSync(file)) return undefined;
  // A page that names a version must get that version: with another it would be
  // another page than a user's browser shows.
  if (/^\d/.test(asked.version ?? '') && JSON.parse(readFileSync(join(home, 'package.json'))).version !== asked.version) return undefined;
  return { by: 'npm', contentType: media[extname(file)] ?? 'application/octet-stream', body: readFileSync(file) };
}
