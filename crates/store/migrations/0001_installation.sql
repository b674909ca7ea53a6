-- The installation itself, its keys, and the numbers by which nodes notice changes.
CREATE TABLE installation (
    id              {int} NOT NULL CONSTRAINT installation_pkey PRIMARY KEY,
    uuid            {uuid} NOT NULL,
    created         {int} NOT NULL,
    key_check       {bytes} NOT NULL
){strict};

-- Data keys, wrapped by the master key that is never in the database.
CREATE TABLE data_keys (
    id              {int} NOT NULL CONSTRAINT data_keys_pkey PRIMARY KEY,
    wrapped         {bytes} NOT NULL,
    created         {int} NOT NULL,
    retired         {int}
){strict};

-- A change to what nodes cache raises its row in the same transaction.
CREATE TABLE versions (
    name            {text} NOT NULL CONSTRAINT versions_pkey PRIMARY KEY,
    value           {int} NOT NULL
){strict};

-- Counted in stripes, so that no counter is a row that every writer waits for.
CREATE TABLE counters (
    scope           {uuid} NOT NULL,
    name            {text} NOT NULL,
    stripe          {int} NOT NULL,
    value           {int} NOT NULL,
    CONSTRAINT counters_pkey PRIMARY KEY (scope, name, stripe)
){norowid};

CREATE TABLE nodes (
    id              {uuid} NOT NULL CONSTRAINT nodes_pkey PRIMARY KEY,
    name            {text} NOT NULL,
    version         {text} NOT NULL,
    started         {int} NOT NULL,
    seen            {int} NOT NULL
){strict};

-- Work for after the commit that made it; leases, so that any node may do it.
CREATE TABLE jobs (
    id              {uuid} NOT NULL CONSTRAINT jobs_pkey PRIMARY KEY,
    queue           {text} NOT NULL,
    run_at          {int} NOT NULL,
    lease_owner     {uuid},
    lease_until     {int},
    attempts        {int} NOT NULL,
    payload         {text} NOT NULL
){strict};
CREATE INDEX jobs_queue_run_at ON jobs (queue, run_at);
