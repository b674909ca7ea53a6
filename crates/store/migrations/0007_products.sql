-- The products behind Muster: OpenID clients and webhooks.
CREATE TABLE oauth_clients (
    id              {uuid} NOT NULL CONSTRAINT oauth_clients_pkey PRIMARY KEY,
    name            {text} NOT NULL CONSTRAINT oauth_clients_name_key UNIQUE,
    kind            {text} NOT NULL,
    secret_hash     {bytes},
    settings        {text} NOT NULL,
    created         {int} NOT NULL,
    version         {int} NOT NULL
){strict};

CREATE TABLE oauth_codes (
    hash            {bytes} NOT NULL CONSTRAINT oauth_codes_pkey PRIMARY KEY,
    client          {uuid} NOT NULL CONSTRAINT oauth_codes_client_fkey REFERENCES oauth_clients (id),
    session         {uuid} NOT NULL,
    content         {bytes} NOT NULL,
    expires         {int} NOT NULL,
    used            {int}
){strict};

CREATE TABLE consents (
    account         {uuid} NOT NULL,
    client          {uuid} NOT NULL,
    scopes          {text} NOT NULL,
    given           {int} NOT NULL,
    CONSTRAINT consents_pkey PRIMARY KEY (account, client)
){norowid};

CREATE TABLE signing_keys (
    id              {text} NOT NULL CONSTRAINT signing_keys_pkey PRIMARY KEY,
    algorithm       {text} NOT NULL,
    public_key      {bytes} NOT NULL,
    private_key     {bytes} NOT NULL,
    created         {int} NOT NULL,
    active_from     {int} NOT NULL,
    retired         {int}
){strict};

CREATE TABLE webhooks (
    id              {uuid} NOT NULL CONSTRAINT webhooks_pkey PRIMARY KEY,
    organization    {uuid},
    url             {text} NOT NULL,
    secret          {bytes} NOT NULL,
    events          {text} NOT NULL,
    state           {text} NOT NULL,
    position        {int} NOT NULL,
    created         {int} NOT NULL,
    version         {int} NOT NULL
){strict};

CREATE TABLE deliveries (
    id              {uuid} NOT NULL CONSTRAINT deliveries_pkey PRIMARY KEY,
    webhook         {uuid} NOT NULL CONSTRAINT deliveries_webhook_fkey REFERENCES webhooks (id),
    event           {uuid} NOT NULL,
    attempts        {int} NOT NULL,
    status          {int},
    next_attempt    {int},
    delivered       {int},
    error           {text}
){strict};
CREATE INDEX deliveries_webhook ON deliveries (webhook, id);
