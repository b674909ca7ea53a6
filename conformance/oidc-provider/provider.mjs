// An OpenID provider on oidc-provider, which is certified by the OpenID Foundation: one client, people by their address.
import { generateKeyPairSync } from 'node:crypto';

import { Provider } from 'oidc-provider';

const [port, redirectUri, method, algorithm, signedOutUri, logoutUri] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;

// A key of each kind.
const keys = [
  generateKeyPairSync('rsa', { modulusLength: 2048 }),
  generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  generateKeyPairSync('ed25519'),
].map(({ privateKey }) => privateKey.export({ format: 'jwk' }));

const client = {
  client_id: 'muster',
  redirect_uris: [redirectUri],
  post_logout_redirect_uris: [signedOutUri],
  backchannel_logout_uri: logoutUri,
  backchannel_logout_session_required: true,
  response_types: ['code'],
  grant_types: ['authorization_code'],
  token_endpoint_auth_method: method,
  id_token_signed_response_alg: algorithm,
};
if (method !== 'none') client.client_secret = 'a secret of forty-three characters or a few more';

const provider = new Provider(issuer, {
  clients: [client],
  jwks: { keys },
  pkce: { required: () => true },
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'groups'] },
  conformIdTokenClaims: false,
  features: { backchannelLogout: { enabled: true }, devInteractions: { enabled: true } },
  // Its own requests go nowhere on this machine unless told: Muster is here, and takes logout tokens.
  fetch: (url, { dispatcher, ...options }) => fetch(url, options),
  enabledJWA: { idTokenSigningAlgValues: ['RS256', 'ES256', 'EdDSA', 'PS256'] },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({
      sub: id,
      email: id,
      email_verified: !id.startsWith('unverified'),
      name: 'Grace Okafor',
      groups: ['moby:pilots'],
    }),
  }),
});
provider.listen(Number(port), '127.0.0.1', () => console.log('ready'));
