// An OpenID provider that nobody here wrote (npm: oidc-provider), set up for the suite: on loopback,
// over plain HTTP, with one person, and with its own pages to log in and to consent.
import { createServer } from "node:http";

import { load } from "../browser/packages.mjs";

/** Who can log in; any password is taken. */
export const PERSON = "ada";

/** The clients' secret: what form encoding, Basic and percent encoding each write in their own way. */
export const SECRET = 'p+s %2B/:&=?#;"<secret>';

const DEVICE = "urn:ietf:params:oauth:grant-type:device_code";

// RFC 8252, section 7.3: the loopback address with any port; registered without one.
const NATIVE = { application_type: "native", token_endpoint_auth_method: "none" };

function clients(redirectPath) {
  const redirect_uris = [`http://127.0.0.1${redirectPath}`];
  const machine = { client_secret: SECRET, grant_types: ["client_credentials"], redirect_uris: [], response_types: [] };
  return [
    { ...NATIVE, client_id: "code", redirect_uris, grant_types: ["authorization_code", "refresh_token"] },
    { ...NATIVE, client_id: "implicit", redirect_uris, grant_types: ["implicit"], response_types: ["id_token token"] },
    { ...NATIVE, client_id: "device", redirect_uris: [], response_types: [], grant_types: [DEVICE, "refresh_token"] },
    { ...machine, client_id: "body", token_endpoint_auth_method: "client_secret_post" },
    { ...machine, client_id: "basic", token_endpoint_auth_method: "client_secret_basic" },
  ];
}

/** Starts the provider on a free port. */
export async function start({ port = 0, redirectPath = "/callback" } = {}) {
  // It has much to say of a set-up that is not for production, and of pages that nobody styled.
  console.info = console.warn = () => {};
  const { default: Provider } = await load("oidc-provider");
  const server = createServer();
  await new Promise((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${server.address().port}`;

  const state = {
    /** How many seconds an access token lives from now on. */
    lives: 3600,
    /** Token requests by their grant: those that were granted, and those that were refused. */
    granted: new Map(),
    refused: [],
    /** The access token that was issued last. */
    last: undefined,
    /** Everything that was issued, none of which may be shown. */
    secrets: new Set([SECRET]),
  };
  const provider = new Provider(url, {
    clients: clients(redirectPath),
    clientDefaults: { id_token_signed_response_alg: "RS256" },
    cookies: { keys: ["for an hour on one machine"] },
    features: { clientCredentials: { enabled: true }, deviceFlow: { enabled: true }, devInteractions: { enabled: true } },
    findAccount: (_, id) => (id === PERSON ? { accountId: id, claims: () => ({ sub: id }) } : undefined),
    responseTypes: ["code", "id_token token"],
    rotateRefreshToken: true,
    scopes: ["openid", "offline_access", "read", "write"],
    ttl: { AccessToken: () => state.lives, ClientCredentials: () => state.lives },
  });
  provider.on("grant.success", (ctx) => {
    const grant = ctx.oidc.params.grant_type;
    state.granted.set(grant, (state.granted.get(grant) ?? 0) + 1);
    for (const name of ["access_token", "refresh_token", "id_token"]) {
      if (ctx.body[name]) state.secrets.add(ctx.body[name]);
    }
  });
  provider.on("grant.error", (ctx, error) => state.refused.push(error.error));
  const issued = (token) => {
    state.last = token;
    state.secrets.add(token.jti);
  };
  provider.on("access_token.saved", issued).on("client_credentials.saved", issued);
  provider.use(whoami(provider));
  server.on("request", provider.callback());

  return {
    url,
    state,
    /** How many token requests of a grant were granted. */
    count: (grant) => state.granted.get(grant === "device_code" ? DEVICE : grant) ?? 0,
    /** Revokes the access token that was issued last. */
    revoke: () => state.last.destroy(),
    refreshToken: (client) => refreshToken(provider, client, state),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** `GET /whoami`: what a token stands for; 401 for one that is none, has ended or was revoked. */
function whoami(provider) {
  return async (ctx, next) => {
    if (ctx.path !== "/whoami") return next();
    const [, value] = /^Bearer (.+)$/.exec(ctx.get("authorization")) ?? [];
    const token = value && ((await provider.AccessToken.find(value)) ?? (await provider.ClientCredentials.find(value)));
    if (!token?.isValid) {
      ctx.status = 401;
      ctx.set("www-authenticate", 'Bearer realm="whoami", error="invalid_token"');
      ctx.body = { error: "invalid_token" };
      return;
    }
    ctx.body = { client: token.clientId, user: token.accountId ?? null, scope: token.scope ?? null };
  };
}

/** A refresh token as somebody has it who logged in elsewhere, and keeps it as a secret of CI. */
async function refreshToken(provider, id, state) {
  const client = await provider.Client.find(id);
  const grant = new provider.Grant({ accountId: PERSON, clientId: id });
  const scope = "openid offline_access read";
  grant.addOIDCScope(scope);
  const grantId = await grant.save();
  const token = new provider.RefreshToken({ accountId: PERSON, client, grantId, scope, gty: "authorization_code", rotations: 0 });
  const value = await token.save();
  state.secrets.add(value);
  return value;
}

// By hand: `node tests/real/oidc/provider.mjs 4000`, then `crosscheck login` in another terminal.
if (process.argv[1] === import.meta.filename) {
  const { url } = await start({ port: Number(process.argv[2] ?? 0) });
  console.log(`OIDC_URL=${url}`);
}
