// A provider of OpenID Connect below /realms/floe: npm's oidc-provider, with a client for each algorithm of
// signatures. Prints its port.

import crypto from 'node:crypto';
import http from 'node:http';
import path from 'node:path';
import url from 'node:url';

const [place, secret] = process.argv.slice(2);
const library = path.join(place, 'node_modules/oidc-provider/lib/index.js');
const { Provider } = await import(url.pathToFileURL(library));

const mount = '/realms/floe';
const keys = {
  RS256: ['rsa', { modulusLength: 2048 }],
  PS256: ['rsa', { modulusLength: 2048 }],
  ES256: ['ec', { namedCurve: 'P-256' }],
  ES384: ['ec', { namedCurve: 'P-384' }],
  EdDSA: ['ed25519', {}],
};
const jwk = ([alg, [kind, options]]) => ({
  ...crypto.generateKeyPairSync(kind, options).privateKey.export({ format: 'jwk' }),
  alg,
  use: 'sig',
  kid: `key of ${alg}`,
});

let callback;
const server = http.createServer((request, response) => {
  request.originalUrl = request.url;
  if (!request.url.startsWith(mount)) {
    response.writeHead(404).end();
    return;
  }
  request.url = request.url.slice(mount.length);
  callback(request, response);
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  const provider = new Provider(`http://127.0.0.1:${port}${mount}`, {
    jwks: { keys: Object.entries(keys).map(jwk) },
    clients: Object.keys(keys).map((alg) => ({
      client_id: alg,
      client_secret: secret,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    })),
    enabledJWA: { clientAuthSigningAlgValues: ['HS256'] },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => 'urn:floe',
        getResourceServerInfo: (_context, _resource, client) => ({
          scope: 'orders',
          audience: 'floe',
          accessTokenFormat: 'jwt',
          accessTokenTTL: 300,
          jwt: { sign: { alg: client.clientId } },
        }),
      },
    },
  });
  callback = provider.callback();
  console.log(port);
});
