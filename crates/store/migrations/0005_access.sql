-- What opens something: tokens, sessions, credentials. Secrets only as hashes or sealed.
CREATE TABLE tokens (
    id              {uuid} NOT NULL CONSTRAINT tokens_pkey PRIMARY KEY,
    hash            {bytes} NOT NULL CONSTRAINT tokens_hash_key UNIQUE,
    kind            {text} NOT NULL,
    scope           {uuid} NOT NULL,
    label           {text} NOT NULL,
    scopes          {text} NOT NULL,
    disabled        {int},
    client          {uuid},
    family          {uuid},
    account         {uuid},
    connection      {uuid},
    created_by_kind {text} NOT NULL,
    created_by      {uuid},
    created         {int} NOT NULL,
    expires         {int},
    last_used       {int},
    revoked         {int},
    reason          {text},
    version         {int} NOT NULL
){strict};
CREATE INDEX tokens_scope ON tokens (scope, kind);
CREATE INDEX tokens_account ON tokens (account) WHERE account IS NOT NULL;

CREATE TABLE sessions (
    id              {uuid} NOT NULL CONSTRAINT sessions_pkey PRIMARY KEY,
    hash            {bytes} NOT NULL CONSTRAINT sessions_hash_key UNIQUE,
    account         {uuid} NOT NULL CONSTRAINT sessions_account_fkey REFERENCES accounts (id),
    connection      {uuid},
    kind            {text} NOT NULL,
    client          {uuid},
    device          {text} NOT NULL,
    idp_subject     {bytes},
    idp_index       {bytes},
    idp_session     {text},
    trace           {uuid},
    created         {int} NOT NULL,
    last_used       {int} NOT NULL,
    authenticated   {int} NOT NULL,
    absolute_end    {int} NOT NULL,
    bound           {text} NOT NULL,
    idle_seconds    {int},
    ended           {int},
    reason          {text},
    version         {int} NOT NULL
){strict};
-- Live ones end in the future, and those that ended lately ended not long before.
CREATE INDEX sessions_account ON sessions (account, absolute_end);
CREATE INDEX sessions_connection ON sessions (connection, account) WHERE ended IS NULL;
-- A logout that the IdP begins names the person as the assertion did, or only its own session.
CREATE INDEX sessions_idp_subject ON sessions (connection, idp_subject) WHERE ended IS NULL AND idp_subject IS NOT NULL;
CREATE INDEX sessions_idp_index ON sessions (connection, idp_index) WHERE ended IS NULL AND idp_index IS NOT NULL;

-- kind: password, totp, recovery, passkey. `secret` is a password's hash, the hashes of the recovery codes that are left, or
-- sealed. `handle` is the hash of a passkey's credential id, `step` the last time step whose code was accepted.
CREATE TABLE credentials (
    account         {uuid} NOT NULL,
    kind            {text} NOT NULL,
    id              {uuid} NOT NULL,
    handle          {bytes} CONSTRAINT credentials_handle_key UNIQUE,
    secret          {bytes} NOT NULL,
    label           {text} NOT NULL,
    created         {int} NOT NULL,
    last_used       {int},
    step            {int},
    version         {int} NOT NULL,
    CONSTRAINT credentials_pkey PRIMARY KEY (account, kind, id)
){norowid};

-- Browsers in which an account has signed in with its password, by the hash of their cookie (SSO-10).
CREATE TABLE devices (
    account         {uuid} NOT NULL CONSTRAINT devices_account_fkey REFERENCES accounts (id),
    hash            {bytes} NOT NULL,
    created         {int} NOT NULL,
    last_used       {int} NOT NULL,
    CONSTRAINT devices_pkey PRIMARY KEY (account, hash)
){norowid};

-- What a browser has begun here and not ended: the second step of a sign-in, an authenticator app or passkey that is being
-- set up, a passkey that is asked for. Sealed, and taken away by whoever ends it.
CREATE TABLE ceremonies (
    key             {bytes} NOT NULL CONSTRAINT ceremonies_pkey PRIMARY KEY,
    account         {uuid},
    browser         {bytes} NOT NULL,
    content         {bytes} NOT NULL,
    expires         {int} NOT NULL
){strict};
CREATE INDEX ceremonies_expires ON ceremonies (expires);
CREATE INDEX ceremonies_account ON ceremonies (account) WHERE account IS NOT NULL;

CREATE TABLE pending_sign_ins (
    key             {bytes} NOT NULL CONSTRAINT pending_sign_ins_pkey PRIMARY KEY,
    connection      {uuid} NOT NULL,
    browser         {bytes} NOT NULL,
    content         {bytes} NOT NULL,
    created         {int} NOT NULL,
    expires         {int} NOT NULL
){strict};
CREATE INDEX pending_sign_ins_expires ON pending_sign_ins (expires);

-- Assertions and one-time values that were accepted; a second time is refused on every node (SSO-7).
CREATE TABLE used_once (
    scope           {uuid} NOT NULL,
    value           {bytes} NOT NULL,
    expires         {int} NOT NULL,
    CONSTRAINT used_once_pkey PRIMARY KEY (scope, value)
){norowid};
CREATE INDEX used_once_expires ON used_once (expires);

-- Answers of the management API to requests that may be sent again; sealed.
CREATE TABLE idempotency_keys (
    scope           {uuid} NOT NULL,
    key             {text} NOT NULL,
    fingerprint     {bytes} NOT NULL,
    status          {int} NOT NULL,
    answer          {bytes} NOT NULL,
    expires         {int} NOT NULL,
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (scope, key)
){norowid};
CREATE INDEX idempotency_keys_expires ON idempotency_keys (expires);

CREATE TABLE rate_windows (
    key             {bytes} NOT NULL,
    start           {int} NOT NULL,
    count           {int} NOT NULL,
    expires         {int} NOT NULL,
    CONSTRAINT rate_windows_pkey PRIMARY KEY (key, start)
){norowid};
CREATE INDEX rate_windows_expires ON rate_windows (expires);
