-- The products behind Muster: OpenID clients and webhooks.
CREATE TABLE oauth_clients (
    id              {uuid} NOT NULL CONSTRAINT oauth_clients_pkey PRIMARY KEY,
    name            {text} NOT NULL CONSTRAINT oauth_clients_name_key UNIQUE,
    organization    {uuid} CONSTRAINT oauth_clients_organization_fkey REFERENCES organizations (id),
    kind            {text} NOT NULL,
    settings        {text} NOT NULL,
    -- The hash of its secret, and of the one before for as long as that works, too.
    secret          {bytes},
    secret_made     {int},
    former_secret   {bytes},
    former_until    {int},
    disabled        {int},
    created         {int} NOT NULL,
    version         {int} NOT NULL
){strict};
CREATE INDEX oauth_clients_organization ON oauth_clients (organization) WHERE organization IS NOT NULL;

-- Codes that a browser or a device carries, requests that were pushed: by the hash of what names them, gone soon.
-- kind: code, request, device. `user_code` is the hash of what somebody types on another device.
CREATE TABLE oauth_tickets (
    hash            {bytes} NOT NULL CONSTRAINT oauth_tickets_pkey PRIMARY KEY,
    kind            {text} NOT NULL,
    client          {uuid} NOT NULL,
    account         {uuid},
    user_code       {bytes} CONSTRAINT oauth_tickets_user_code_key UNIQUE,
    content         {text} NOT NULL,
    -- What came of it, once it was used: the authorization.
    outcome         {uuid},
    polled          {int},
    used            {int},
    expires         {int} NOT NULL
){strict};
CREATE INDEX oauth_tickets_expires ON oauth_tickets (expires);
CREATE INDEX oauth_tickets_account ON oauth_tickets (account) WHERE account IS NOT NULL;

-- What somebody lets a client do for the length of a session. `told` is when the client learnt that it is over, `tell_at` when
-- it is told next.
CREATE TABLE oauth_authorizations (
    id              {uuid} NOT NULL CONSTRAINT oauth_authorizations_pkey PRIMARY KEY,
    client          {uuid} NOT NULL,
    session         {uuid} NOT NULL,
    -- The session that it began in, by which its client knows it: whoever signs in again in the same browser has another one.
    sid             {uuid} NOT NULL,
    account         {uuid} NOT NULL,
    scopes          {text} NOT NULL,
    created         {int} NOT NULL,
    generation      {int} NOT NULL,
    rotated         {int} NOT NULL,
    salt            {bytes} NOT NULL,
    ended           {int},
    reason          {text},
    tell_at         {int},
    attempts        {int} NOT NULL,
    told            {int},
    failure         {text}
){strict};
CREATE INDEX oauth_authorizations_client ON oauth_authorizations (client, account);
CREATE INDEX oauth_authorizations_sid ON oauth_authorizations (sid, client);
CREATE INDEX oauth_authorizations_session ON oauth_authorizations (session);
CREATE INDEX oauth_authorizations_account ON oauth_authorizations (account, id);
CREATE INDEX oauth_authorizations_tell_at ON oauth_authorizations (tell_at) WHERE tell_at IS NOT NULL;

-- What somebody has agreed to let a third party's client know.
CREATE TABLE consents (
    account         {uuid} NOT NULL,
    client          {uuid} NOT NULL,
    scopes          {text} NOT NULL,
    given           {int} NOT NULL,
    CONSTRAINT consents_pkey PRIMARY KEY (account, client)
){norowid};

-- The keys that ID tokens and access tokens are signed with: shown before they sign, and for as long as anything lives that they
-- signed.
CREATE TABLE signing_keys (
    id              {uuid} NOT NULL CONSTRAINT signing_keys_pkey PRIMARY KEY,
    -- Counted from 1, so that of two nodes that make the next one, one comes too late.
    number          {int} NOT NULL CONSTRAINT signing_keys_number_key UNIQUE,
    algorithm       {text} NOT NULL,
    public_key      {bytes} NOT NULL,
    private_key     {bytes} NOT NULL,
    created         {int} NOT NULL,
    active_from     {int} NOT NULL,
    retired         {int}
){strict};

-- Web servers that are sent what happens. `due` is when somebody looks for what is to be sent next; who does has it until
-- `lease_until`. Whoever adds or settles deliveries holds the row.
CREATE TABLE webhooks (
    id              {uuid} NOT NULL CONSTRAINT webhooks_pkey PRIMARY KEY,
    name            {text} NOT NULL,
    organization    {uuid} CONSTRAINT webhooks_organization_fkey REFERENCES organizations (id),
    url             {text} NOT NULL,
    events          {text} NOT NULL,
    -- Sealed; made right after the webhook, where that is stated in a file.
    secret          {bytes},
    secret_made     {int} NOT NULL,
    former_secret   {bytes},
    former_until    {int},
    disabled        {int},
    given_up        {text},
    created         {int} NOT NULL,
    version         {int} NOT NULL,
    due             {int},
    lease_owner     {uuid},
    lease_until     {int},
    rests_until     {int},
    failing_since   {int},
    failures        {int} NOT NULL,
    failure         {text}
){strict};
CREATE UNIQUE INDEX webhooks_organization_name_key ON webhooks (organization, name) WHERE organization IS NOT NULL;
CREATE UNIQUE INDEX webhooks_name_key ON webhooks (name) WHERE organization IS NULL;
CREATE INDEX webhooks_due ON webhooks (due) WHERE due IS NOT NULL;

-- What a web server is sent, or was: a change of the ledger's row at `seq`, of which `subject` is the account, or whatever else it is
-- about. Of what is pending for one subject only the first has a time at which it is sent; the others wait for it.
CREATE TABLE deliveries (
    webhook         {uuid} NOT NULL,
    seq             {int} NOT NULL,
    number          {int} NOT NULL,
    subject         {uuid} NOT NULL,
    event           {text} NOT NULL,
    state           {text} NOT NULL,
    attempts        {int} NOT NULL,
    next_attempt    {int},
    last_attempt    {int},
    status          {int},
    failure         {text},
    CONSTRAINT deliveries_pkey PRIMARY KEY (webhook, seq, number)
){norowid};
CREATE INDEX deliveries_due ON deliveries (webhook, next_attempt) WHERE next_attempt IS NOT NULL;
CREATE INDEX deliveries_pending ON deliveries (webhook, subject, seq, number) WHERE state = 'pending';
CREATE INDEX deliveries_state ON deliveries (webhook, state, seq, number);
CREATE INDEX deliveries_subject ON deliveries (subject, webhook, seq, number);
