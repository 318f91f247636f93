// A second issuer, of another make than Keycloak, on loopback. Its access tokens
// are opaque, unless they are asked for the resource urn:geowarden:e2e: then they
// are JWTs of the type at+jwt (RFC 9068).
//
//   node issuer.mjs PORT
import { generateKeyPairSync } from 'node:crypto';
import Provider from 'oidc-provider';

const port = Number(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;
const resource = 'urn:geowarden:e2e';
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'harvester',
      client_secret: 'demo-harvester-secret',
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    },
  ],
  jwks: {
    keys: [
      { ...rsa.export({ format: 'jwk' }), kid: 'rsa-1', use: 'sig', alg: 'RS256' },
      { ...ec.export({ format: 'jwk' }), kid: 'ec-1', use: 'sig', alg: 'ES256' },
    ],
  },
  scopes: ['openid', 'read'],
  extraTokenClaims: () => ({ company: 'osgeo' }),
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    introspection: { enabled: true },
    registration: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_ctx, asked, client) => ({
        scope: 'read',
        audience: asked,
        accessTokenTTL: 300,
        accessTokenFormat: asked.startsWith(resource) ? 'jwt' : 'opaque',
        jwt: { sign: { alg: asked.endsWith(':es256') ? 'ES256' : 'RS256' } },
      }),
    },
  },
  ttl: { ClientCredentials: 300 },
});
provider.listen(port, '127.0.0.1', () => console.log(`oidc-provider answers at ${issuer}`));
