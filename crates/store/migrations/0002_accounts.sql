-- People, and what they belong to.
CREATE TABLE accounts (
    id              {uuid} NOT NULL CONSTRAINT accounts_pkey PRIMARY KEY,
    email           {text},
    email_key       {text} CONSTRAINT accounts_email_key_key UNIQUE,
    email_domain    {text},
    email_confirmed {bool} NOT NULL,
    email_since     {int} NOT NULL,
    username        {text} NOT NULL CONSTRAINT accounts_username_key UNIQUE,
    full_name       {text} NOT NULL,
    names           {text} NOT NULL,
    session_minutes {text} NOT NULL,
    conflict        {bool} NOT NULL,
    departures      {text} NOT NULL,
    relinks         {text} NOT NULL,
    password_set    {int},
    state           {text} NOT NULL,
    created         {int} NOT NULL,
    version         {int} NOT NULL
){norowid};
-- Those about whose values sources disagree (PRE-3).
CREATE INDEX accounts_conflict ON accounts (id) WHERE conflict;
-- Who has an address of a domain (ORG-6); ids rise, so within a domain it only grows at its end.
CREATE INDEX accounts_email_domain ON accounts (email_domain, id) WHERE email_domain IS NOT NULL;

CREATE TABLE companies (
    id              {uuid} NOT NULL CONSTRAINT companies_pkey PRIMARY KEY,
    name            {text} NOT NULL CONSTRAINT companies_name_key UNIQUE,
    created         {int} NOT NULL,
    version         {int} NOT NULL
){strict};

CREATE TABLE organizations (
    id              {uuid} NOT NULL CONSTRAINT organizations_pkey PRIMARY KEY,
    company         {uuid} CONSTRAINT organizations_company_fkey REFERENCES companies (id),
    name            {text} NOT NULL CONSTRAINT organizations_name_key UNIQUE,
    seats           {int},
    consents        {text} NOT NULL,
    next_team       {int} NOT NULL,
    created         {int} NOT NULL,
    ended           {int},
    version         {int} NOT NULL
){strict};
CREATE INDEX organizations_company ON organizations (company);

-- Names that usernames, organizations and companies once had; nobody else gets them (ACC-3).
CREATE TABLE former_names (
    kind            {text} NOT NULL,
    name            {text} NOT NULL,
    id              {uuid} NOT NULL,
    ended           {int} NOT NULL,
    CONSTRAINT former_names_pkey PRIMARY KEY (kind, name)
){norowid};
CREATE INDEX former_names_id ON former_names (kind, id);

CREATE TABLE company_owners (
    company         {uuid} NOT NULL CONSTRAINT company_owners_company_fkey REFERENCES companies (id),
    account         {uuid} NOT NULL CONSTRAINT company_owners_account_fkey REFERENCES accounts (id),
    given           {int} NOT NULL,
    CONSTRAINT company_owners_pkey PRIMARY KEY (company, account)
){norowid};
CREATE INDEX company_owners_account ON company_owners (account);

CREATE TABLE teams (
    id              {uuid} NOT NULL CONSTRAINT teams_pkey PRIMARY KEY,
    organization    {uuid} NOT NULL CONSTRAINT teams_organization_fkey REFERENCES organizations (id),
    name            {text} NOT NULL,
    description     {text} NOT NULL,
    number          {int} NOT NULL,
    created         {int} NOT NULL,
    ended           {int},
    version         {int} NOT NULL,
    CONSTRAINT teams_organization_number_key UNIQUE (organization, number)
){strict};

-- How many there are, by how their names begin.
CREATE INDEX teams_alive ON teams (organization, name) WHERE ended IS NULL;

-- Every name a team has or had: groups keep mapping to it after a rename by hand (GRP-5).
CREATE TABLE team_names (
    organization    {uuid} NOT NULL,
    name            {text} NOT NULL,
    team            {uuid} NOT NULL CONSTRAINT team_names_team_fkey REFERENCES teams (id),
    CONSTRAINT team_names_pkey PRIMARY KEY (organization, name)
){norowid};

CREATE TABLE memberships (
    account         {uuid} NOT NULL CONSTRAINT memberships_account_fkey REFERENCES accounts (id),
    organization    {uuid} NOT NULL CONSTRAINT memberships_organization_fkey REFERENCES organizations (id),
    role            {text} NOT NULL,
    roles           {text} NOT NULL,
    state           {text} NOT NULL,
    why             {text},
    by_connection   {uuid},
    blocked         {bool} NOT NULL,
    guest           {bool} NOT NULL,
    role_kept       {bool} NOT NULL,
    conflict        {bool} NOT NULL,
    joined          {int} NOT NULL,
    ended           {int},
    version         {int} NOT NULL,
    CONSTRAINT memberships_pkey PRIMARY KEY (account, organization)
){norowid};
CREATE INDEX memberships_organization ON memberships (organization, account);
-- Those who may more than members; few.
CREATE INDEX memberships_few ON memberships (organization, role, account) WHERE role <> 'member';
-- Those that wait for a seat or for another owner; few, so that the index costs others nothing.
CREATE INDEX memberships_unsettled ON memberships (organization) WHERE state IN ('waiting', 'kept') OR role_kept;
-- Those whom a directory has deactivated, or who wait for a seat.
CREATE INDEX memberships_suspended ON memberships (organization, account) WHERE state IN ('asleep', 'waiting');
-- Those whom an owner keeps out (ORG-2).
CREATE INDEX memberships_blocked ON memberships (organization, account) WHERE blocked;
-- Those about whose role sources disagree (PRE-3).
CREATE INDEX memberships_conflict ON memberships (account, organization) WHERE conflict;

-- Addresses that a blocked person (ORG-2) has given up: whoever is pushed anew under one of them is kept out as well.
CREATE TABLE blocked_addresses (
    organization    {uuid} NOT NULL CONSTRAINT blocked_addresses_organization_fkey REFERENCES organizations (id),
    email_key       {text} NOT NULL,
    account         {uuid} NOT NULL CONSTRAINT blocked_addresses_account_fkey REFERENCES accounts (id),
    given_up        {int} NOT NULL,
    CONSTRAINT blocked_addresses_pkey PRIMARY KEY (organization, email_key, account)
){norowid};
CREATE INDEX blocked_addresses_account ON blocked_addresses (account);

-- One row a reason. Ended rows go, the ledger keeps them. While a membership sleeps, so do its grants, unwritten;
-- `asleep` is for the one that a connection put to sleep while another kept the membership awake. origin_kind: 0 person, 1 linked, 2 group, 3 asserted group.
CREATE TABLE grants (
    account         {uuid} NOT NULL,
    organization    {uuid} NOT NULL,
    team            {uuid} NOT NULL,
    source          {text} NOT NULL,
    connection      {uuid} NOT NULL,
    origin_kind     {int} NOT NULL,
    origin          {uuid} NOT NULL,
    id              {uuid} NOT NULL,
    rule            {text} NOT NULL,
    actor_kind      {text} NOT NULL,
    actor           {uuid},
    request         {uuid},
    given           {int} NOT NULL,
    asleep          {bool} NOT NULL,
    version         {int} NOT NULL,
    CONSTRAINT grants_pkey PRIMARY KEY (account, organization, team, source, connection, origin_kind, origin)
){norowid};
CREATE INDEX grants_team ON grants (team, account);

CREATE TABLE invitations (
    id              {uuid} NOT NULL CONSTRAINT invitations_pkey PRIMARY KEY,
    organization    {uuid} NOT NULL CONSTRAINT invitations_organization_fkey REFERENCES organizations (id),
    email           {text} NOT NULL,
    email_key       {text} NOT NULL,
    account         {uuid},
    team            {uuid},
    role            {text} NOT NULL,
    token_hash      {bytes},
    inviter         {uuid},
    confirms        {bool} NOT NULL,
    connection      {uuid},
    directory_user  {uuid},
    sent            {int} NOT NULL,
    expires         {int} NOT NULL,
    ended           {int},
    outcome         {text},
    version         {int} NOT NULL
){strict};
CREATE UNIQUE INDEX invitations_organization_email_key_key ON invitations (organization, email_key) WHERE ended IS NULL;
-- Pages of who is invited, oldest first.
CREATE INDEX invitations_organization ON invitations (organization, id) WHERE ended IS NULL;
-- Whom a directory invited, and nobody has mailed yet.
CREATE INDEX invitations_unlinked ON invitations (id) WHERE token_hash IS NULL AND ended IS NULL;
-- Whoever is erased is invited nowhere any more (ACC-2).
CREATE INDEX invitations_email_key ON invitations (email_key) WHERE ended IS NULL;
CREATE INDEX invitations_directory_user ON invitations (directory_user) WHERE directory_user IS NOT NULL AND ended IS NULL;
CREATE INDEX invitations_expires ON invitations (expires) WHERE ended IS NULL;
CREATE UNIQUE INDEX invitations_token_hash_key ON invitations (token_hash) WHERE token_hash IS NOT NULL;
