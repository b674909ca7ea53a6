-- What each connection's IdP said over SCIM. Every index starts with the connection or an id of one.
CREATE TABLE directory_users (
--sqlite n               INTEGER NOT NULL PRIMARY KEY,
    connection      {uuid} NOT NULL CONSTRAINT directory_users_connection_fkey REFERENCES connections (id),
    id              {uuid} NOT NULL,
    user_name       {text} NOT NULL,
    user_name_key   {text} NOT NULL,
    external_id     {text},
    active          {bool} NOT NULL,
    doc             {text} NOT NULL,
    account         {uuid} CONSTRAINT directory_users_account_fkey REFERENCES accounts (id),
    unprovisioned   {text},
    group_count     {int} NOT NULL,
    created         {int} NOT NULL,
    modified        {int} NOT NULL,
    version         {int} NOT NULL,
    CONSTRAINT directory_users_pkey UNIQUE (connection, id),
    CONSTRAINT directory_users_connection_user_name_key_key UNIQUE (connection, user_name_key)
){strict};
CREATE INDEX directory_users_external_id ON directory_users (connection, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX directory_users_account ON directory_users (account) WHERE account IS NOT NULL;

-- Addresses that differ from the userName, so that matching by email needs no scan.
CREATE TABLE directory_emails (
    connection      {uuid} NOT NULL,
    value_key       {text} NOT NULL,
    directory_user  {uuid} NOT NULL,
    CONSTRAINT directory_emails_pkey PRIMARY KEY (connection, value_key, directory_user)
){norowid};
CREATE INDEX directory_emails_user ON directory_emails (directory_user);

CREATE TABLE directory_groups (
    connection      {uuid} NOT NULL CONSTRAINT directory_groups_connection_fkey REFERENCES connections (id),
    id              {uuid} NOT NULL,
    display_name    {text} NOT NULL,
    display_name_key {text} NOT NULL,
    external_id     {text},
    doc             {text} NOT NULL,
    targets         {text} NOT NULL,
    member_count    {int} NOT NULL,
    moving          {bool} NOT NULL,
    created         {int} NOT NULL,
    modified        {int} NOT NULL,
    version         {int} NOT NULL,
    CONSTRAINT directory_groups_pkey PRIMARY KEY (connection, id),
    CONSTRAINT directory_groups_connection_display_name_key_key UNIQUE (connection, display_name_key)
){strict};
CREATE INDEX directory_groups_external_id ON directory_groups (connection, external_id) WHERE external_id IS NOT NULL;

-- member is a directory user, or a directory group where nested.
CREATE TABLE directory_group_members (
    directory_group {uuid} NOT NULL,
    member          {uuid} NOT NULL,
    nested          {bool} NOT NULL,
    CONSTRAINT directory_group_members_pkey PRIMARY KEY (directory_group, member)
){norowid};
CREATE INDEX directory_group_members_member ON directory_group_members (member, directory_group);

-- A large group that was renamed or deleted, whose members have not all followed yet (GRP-5). Of a deleted group the
-- members are still in directory_group_members. `after_member` is how far it has come.
CREATE TABLE group_moves (
    directory_group {uuid} NOT NULL CONSTRAINT group_moves_pkey PRIMARY KEY,
    connection      {uuid} NOT NULL CONSTRAINT group_moves_connection_fkey REFERENCES connections (id),
    old_targets     {text} NOT NULL,
    after_member    {uuid} NOT NULL,
    source          {text} NOT NULL,
    actor_kind      {text} NOT NULL,
    actor           {uuid},
    request         {uuid},
    created         {int} NOT NULL
){strict};

-- What ended in an organization within the last hour (MIG-3): the newest minute in columns, those before it in `earlier`.
-- One row, because whoever adds to it holds it until the commit: that makes the count exact.
CREATE TABLE ending_windows (
    organization    {uuid} NOT NULL CONSTRAINT ending_windows_pkey PRIMARY KEY,
    minute          {int} NOT NULL,
    population      {int},
    memberships     {int} NOT NULL,
    team_grants     {int} NOT NULL,
    earlier         {text} NOT NULL,
    lifts           {text} NOT NULL
){norowid};

-- Requests that the guard keeps until an owner decides. Until `bars_until`, nothing ends through the resource unasked.
CREATE TABLE held_changes (
    id              {uuid} NOT NULL CONSTRAINT held_changes_pkey PRIMARY KEY,
    connection      {uuid} NOT NULL CONSTRAINT held_changes_connection_fkey REFERENCES connections (id),
    request         {uuid} NOT NULL,
    fingerprint     {bytes} NOT NULL,
    resource        {uuid},
    resource_version {int},
    endings         {text} NOT NULL,
    lifted          {bool} NOT NULL,
    state           {text} NOT NULL,
    note            {text},
    bars_until      {int},
    created         {int} NOT NULL,
    decided         {int}
){strict};
CREATE INDEX held_changes_connection ON held_changes (connection, id);
CREATE INDEX held_changes_barring ON held_changes (connection, resource) WHERE bars_until IS NOT NULL;
CREATE INDEX held_changes_pending ON held_changes (connection, id) WHERE state = 'held';
-- Which change of a resource came first; which request is still to be decided about.
CREATE INDEX held_changes_resource ON held_changes (resource, id) WHERE resource IS NOT NULL;
CREATE INDEX held_changes_request ON held_changes (request);
-- A request that comes again is not kept twice.
CREATE UNIQUE INDEX held_changes_connection_fingerprint_key ON held_changes (connection, fingerprint) WHERE state = 'held';

-- What would come of a change, in batches; 32 bytes of fingerprints for each (MIG-2).
CREATE TABLE plans (
    id              {uuid} NOT NULL CONSTRAINT plans_pkey PRIMARY KEY,
    connection      {uuid},
    inputs          {bytes} NOT NULL,
    fingerprints    {bytes} NOT NULL,
    result          {bytes} NOT NULL,
    progress        {int} NOT NULL,
    created         {int} NOT NULL,
    applied         {int}
){strict};
CREATE INDEX plans_connection ON plans (connection, id);

-- A sorted list as it was when somebody began to walk it by cursor (RFC 9865): its resources in order, packed, a thousand
-- in each slice. Who is renamed meanwhile keeps the place.
CREATE TABLE walks (
    connection      {uuid} NOT NULL CONSTRAINT walks_connection_fkey REFERENCES connections (id),
    id              {uuid} NOT NULL,
    expires         {int} NOT NULL,
    CONSTRAINT walks_pkey PRIMARY KEY (connection, id)
){norowid};
CREATE INDEX walks_expires ON walks (expires);

CREATE TABLE walk_slices (
    walk            {uuid} NOT NULL,
    number          {int} NOT NULL,
    places          {bytes} NOT NULL,
    CONSTRAINT walk_slices_pkey PRIMARY KEY (walk, number)
){strict};
