-- People who were erased (ACC-2), and how far what others' records say of them is gone. `words` is what they were called,
-- sealed, and only until that is done.
CREATE TABLE erasures (
    id              {uuid} NOT NULL CONSTRAINT erasures_pkey PRIMARY KEY,
    account         {uuid} NOT NULL CONSTRAINT erasures_account_key UNIQUE CONSTRAINT erasures_account_fkey REFERENCES accounts (id),
    actor_kind      {text} NOT NULL,
    actor           {uuid},
    begun           {int} NOT NULL,
    progress        {text} NOT NULL,
    words           {bytes},
    done            {int}
){strict};
CREATE INDEX erasures_open ON erasures (id) WHERE done IS NULL;

-- How much came through each connection, by day in UTC (days since 1970) and kind: sign-in, scim. Nodes add to it every few
-- seconds.
CREATE TABLE traffic (
    connection      {uuid} NOT NULL,
    day             {int} NOT NULL,
    kind            {text} NOT NULL,
    refused         {bool} NOT NULL,
    count           {int} NOT NULL,
    CONSTRAINT traffic_pkey PRIMARY KEY (connection, day, kind, refused)
){norowid};
CREATE INDEX traffic_day ON traffic (day);
