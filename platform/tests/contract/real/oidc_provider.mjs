// A provider of OpenID Connect below /realms/floe: npm's oidc-provider, with the client `floe`. Prints its port.

import http from 'node:http';
import path from 'node:path';
import url from 'node:url';

const [place, secret] = process.argv.slice(2);
const library = path.join(place, 'node_modules/oidc-provider/lib/index.js');
const { Provider } = await import(url.pathToFileURL(library));

const mount = '/realms/floe';

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
    clients: [
      {
        client_id: 'floe',
        client_secret: secret,
        token_endpoint_auth_method: 'client_secret_post',
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      },
    ],
    // The path of Keycloak.
    routes: { token: '/protocol/openid-connect/token' },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
    },
  });
  callback = provider.callback();
  console.log(port);
});
