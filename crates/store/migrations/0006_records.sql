-- What happened: the ledger, the request log, and what is to be told to others.
CREATE TABLE ledger (
    id              {uuid} NOT NULL CONSTRAINT ledger_pkey PRIMARY KEY,
    at              {int} NOT NULL,
    source          {text} NOT NULL,
    connection      {uuid},
    actor_kind      {text} NOT NULL,
    actor           {uuid},
    request         {uuid},
    changes         {bytes} NOT NULL
){norowid};

-- A subject's history is one range read; organizations are subjects too.
CREATE TABLE ledger_subjects (
    subject         {uuid} NOT NULL,
    ledger          {uuid} NOT NULL,
    CONSTRAINT ledger_subjects_pkey PRIMARY KEY (subject, ledger)
){norowid};

-- What expired ledger rows came to, per subject; `of` is nil where the id alone names it. Members of a group are rows of
-- their own, so that folding costs what changed and not the group.
CREATE TABLE ledger_baselines (
    id              {uuid} NOT NULL,
    kind            {text} NOT NULL,
    of              {uuid} NOT NULL,
    version         {int} NOT NULL,
    at              {int} NOT NULL,
    fields          {bytes} NOT NULL,
    CONSTRAINT ledger_baselines_pkey PRIMARY KEY (id, kind, of)
){norowid};

CREATE TABLE ledger_baseline_members (
    id              {uuid} NOT NULL,
    member          {text} NOT NULL,
    CONSTRAINT ledger_baseline_members_pkey PRIMARY KEY (id, member)
){norowid};

-- SCIM requests and sign-ins alike; the body is compressed and sealed.
CREATE TABLE requests (
    id              {uuid} NOT NULL CONSTRAINT requests_pkey PRIMARY KEY,
    connection      {uuid},
    at              {int} NOT NULL,
    micros          {int} NOT NULL,
    kind            {text} NOT NULL,
    method          {text} NOT NULL,
    target          {text} NOT NULL,
    status          {int} NOT NULL,
    dialect         {text},
    outcome         {text} NOT NULL,
    token           {uuid},
    resource        {uuid},
    resource_version {int},
    repeats         {uuid},
    part_of         {uuid},
    steps           {text} NOT NULL,
    body            {bytes}
){strict};
CREATE INDEX requests_connection ON requests (connection, id) WHERE connection IS NOT NULL;
-- Sign-ins without an identity provider, by account.
CREATE INDEX requests_local ON requests (resource, id) WHERE connection IS NULL;

-- Successful reads and no-ops, up to a second of them in one compressed row.
CREATE TABLE read_chunks (
    connection      {uuid} NOT NULL,
    id              {uuid} NOT NULL,
    lines           {int} NOT NULL,
    content         {bytes} NOT NULL,
    CONSTRAINT read_chunks_pkey PRIMARY KEY (connection, id)
){norowid};

-- Notices for owners: conflicts, waits, last owners, unmapped groups.
CREATE TABLE reports (
    id              {uuid} NOT NULL CONSTRAINT reports_pkey PRIMARY KEY,
    connection      {uuid},
    organization    {uuid},
    subject         {uuid},
    kind            {text} NOT NULL,
    urgent          {bool} NOT NULL,
    detail          {text} NOT NULL,
    request         {uuid},
    at              {int} NOT NULL,
    resolved        {int}
){strict};
CREATE INDEX reports_connection ON reports (connection, id) WHERE resolved IS NULL;
CREATE INDEX reports_subject ON reports (subject, kind) WHERE resolved IS NULL;

-- The ledger in the order in which it came to be known: one publisher at a time gives `seq` after the commit, so that a reader of
-- what is after a `seq` never misses a late one.
CREATE TABLE events (
    seq             {int} NOT NULL CONSTRAINT events_pkey PRIMARY KEY,
    ledger          {uuid} NOT NULL
){strict};

-- Mail that is to be sent, sealed; gone once it was. Whoever takes one has until `due`.
CREATE TABLE mails (
    id              {uuid} NOT NULL CONSTRAINT mails_pkey PRIMARY KEY,
    account         {uuid},
    content         {bytes} NOT NULL,
    created         {int} NOT NULL,
    attempts        {int} NOT NULL,
    due             {int} NOT NULL
){strict};
CREATE INDEX mails_due ON mails (due);
CREATE INDEX mails_account ON mails (account) WHERE account IS NOT NULL;
