-- Domains, connections, and what a connection covers.
CREATE TABLE domains (
    id              {uuid} NOT NULL CONSTRAINT domains_pkey PRIMARY KEY,
    name            {text} NOT NULL,
    organization    {uuid} CONSTRAINT domains_organization_fkey REFERENCES organizations (id),
    company         {uuid} CONSTRAINT domains_company_fkey REFERENCES companies (id),
    state           {text} NOT NULL,
    challenge       {text} NOT NULL,
    proof           {text},
    auto_provision  {uuid},
    missing_since   {int},
    contested_since {int},
    created         {int} NOT NULL,
    version         {int} NOT NULL
){strict};
-- One holder per verified domain; unverified claims block nobody (ORG-4).
CREATE UNIQUE INDEX domains_name_key ON domains (name) WHERE state = 'verified';
CREATE UNIQUE INDEX domains_organization_name_key ON domains (organization, name) WHERE organization IS NOT NULL;
CREATE UNIQUE INDEX domains_company_name_key ON domains (company, name) WHERE company IS NOT NULL;
CREATE INDEX domains_by_name ON domains (name);

-- When a domain's record is looked for; `due` is null while nobody looks by himself.
CREATE TABLE domain_checks (
    domain          {uuid} NOT NULL CONSTRAINT domain_checks_pkey PRIMARY KEY,
    begun           {int} NOT NULL,
    due             {int},
    busy_until      {int},
    checked         {int},
    outcome         {text}
){norowid};
CREATE INDEX domain_checks_due ON domain_checks (due) WHERE due IS NOT NULL;

-- Who joined by a domain (ORG-5), until owners were told.
CREATE TABLE domain_joins (
    organization    {uuid} NOT NULL,
    account         {uuid} NOT NULL,
    domain          {text} NOT NULL,
    at              {int} NOT NULL,
    CONSTRAINT domain_joins_pkey PRIMARY KEY (organization, account)
){norowid};
CREATE INDEX domain_joins_at ON domain_joins (at);

-- Who last proved a domain, also when it is gone; `passed`: since when it is not somebody else's any more (ORG-4).
CREATE TABLE domain_holders (
    name            {text} NOT NULL CONSTRAINT domain_holders_pkey PRIMARY KEY,
    organization    {uuid},
    company         {uuid},
    passed          {int}
){norowid};

CREATE TABLE connections (
    id              {uuid} NOT NULL CONSTRAINT connections_pkey PRIMARY KEY,
    name            {text} NOT NULL CONSTRAINT connections_name_key UNIQUE,
    organization    {uuid} CONSTRAINT connections_organization_fkey REFERENCES organizations (id),
    company         {uuid} CONSTRAINT connections_company_fkey REFERENCES companies (id),
    state           {text} NOT NULL,
    protocol        {text},
    settings        {text} NOT NULL,
    secret          {bytes},
    scim_since      {int},
    created         {int} NOT NULL,
    version         {int} NOT NULL
){strict};
CREATE INDEX connections_organization ON connections (organization);
CREATE INDEX connections_company ON connections (company);

CREATE TABLE connection_organizations (
    connection      {uuid} NOT NULL CONSTRAINT connection_organizations_connection_fkey REFERENCES connections (id),
    organization    {uuid} NOT NULL CONSTRAINT connection_organizations_organization_fkey REFERENCES organizations (id),
    CONSTRAINT connection_organizations_pkey PRIMARY KEY (connection, organization)
){norowid};
CREATE INDEX connection_organizations_organization ON connection_organizations (organization);

CREATE TABLE connection_domains (
    connection      {uuid} NOT NULL CONSTRAINT connection_domains_connection_fkey REFERENCES connections (id),
    domain          {uuid} NOT NULL CONSTRAINT connection_domains_domain_fkey REFERENCES domains (id),
    CONSTRAINT connection_domains_pkey PRIMARY KEY (connection, domain)
){norowid};
CREATE INDEX connection_domains_domain ON connection_domains (domain);

CREATE TABLE mappings (
    connection      {uuid} NOT NULL CONSTRAINT mappings_connection_fkey REFERENCES connections (id),
    id              {uuid} NOT NULL,
    pattern         {text} NOT NULL,
    organization    {uuid} NOT NULL CONSTRAINT mappings_organization_fkey REFERENCES organizations (id),
    team            {text},
    role            {text},
    CONSTRAINT mappings_pkey PRIMARY KEY (connection, id)
){norowid};

-- Our certificates towards an IdP (purpose: 'signing', 'encryption'), the private keys sealed. The IdP's are in `settings`.
CREATE TABLE connection_certificates (
    connection      {uuid} NOT NULL CONSTRAINT connection_certificates_connection_fkey REFERENCES connections (id),
    fingerprint     {bytes} NOT NULL,
    purpose         {text} NOT NULL,
    certificate     {bytes} NOT NULL,
    private_key     {bytes} NOT NULL,
    not_before      {int} NOT NULL,
    not_after       {int} NOT NULL,
    CONSTRAINT connection_certificates_pkey PRIMARY KEY (connection, fingerprint, purpose)
){norowid};

-- Connections whose IdP's metadata is fetched (SSO-8). What it says is in `settings`. `busy_until`: somebody is fetching it.
CREATE TABLE idp_metadata (
    connection      {uuid} NOT NULL CONSTRAINT idp_metadata_pkey PRIMARY KEY
                    CONSTRAINT idp_metadata_connection_fkey REFERENCES connections (id),
    url             {text} NOT NULL,
    due             {int} NOT NULL,
    busy_until      {int},
    tried           {int},
    fetched         {int},
    valid_until     {int},
    failures        {int} NOT NULL,
    failure         {text}
){norowid};
CREATE INDEX idp_metadata_due ON idp_metadata (due);

-- Which ends of certificates the owners were told of (SSO-8): so many days before.
CREATE TABLE certificate_warnings (
    connection      {uuid} NOT NULL CONSTRAINT certificate_warnings_connection_fkey REFERENCES connections (id),
    fingerprint     {bytes} NOT NULL,
    days            {int} NOT NULL,
    warned          {int} NOT NULL,
    CONSTRAINT certificate_warnings_pkey PRIMARY KEY (connection, fingerprint, days)
){norowid};

-- The stable key of a person at an IdP; it outlives a change of email.
CREATE TABLE subjects (
    connection      {uuid} NOT NULL CONSTRAINT subjects_connection_fkey REFERENCES connections (id),
    kind            {text} NOT NULL,
    value           {text} NOT NULL,
    account         {uuid} NOT NULL CONSTRAINT subjects_account_fkey REFERENCES accounts (id),
    created         {int} NOT NULL,
    last_used       {int} NOT NULL,
    CONSTRAINT subjects_pkey PRIMARY KEY (connection, kind, value)
){norowid};
CREATE INDEX subjects_account ON subjects (account);

-- Test sign-ins (SSO-12), the newest few of each connection: `token` is the set-up link by which it was tried, `group_count` how many
-- groups were stated, if that was said. What arrived is on the request log, under the same id.
CREATE TABLE test_sign_ins (
    connection      {uuid} NOT NULL CONSTRAINT test_sign_ins_connection_fkey REFERENCES connections (id),
    id              {uuid} NOT NULL,
    token           {uuid},
    at              {int} NOT NULL,
    passed          {bool} NOT NULL,
    group_count     {int},
    CONSTRAINT test_sign_ins_pkey PRIMARY KEY (connection, id)
){norowid};
