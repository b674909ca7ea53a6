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

-- Endings per minute, for the mass-change guard (MIG-3).
CREATE TABLE ending_buckets (
    organization    {uuid} NOT NULL,
    minute          {int} NOT NULL,
    memberships     {int} NOT NULL,
    team_grants     {int} NOT NULL,
    CONSTRAINT ending_buckets_pkey PRIMARY KEY (organization, minute)
){norowid};

CREATE TABLE held_changes (
    id              {uuid} NOT NULL CONSTRAINT held_changes_pkey PRIMARY KEY,
    connection      {uuid} NOT NULL CONSTRAINT held_changes_connection_fkey REFERENCES connections (id),
    organization    {uuid} NOT NULL,
    request         {uuid} NOT NULL,
    resource        {uuid},
    resource_version {int},
    memberships     {int} NOT NULL,
    team_grants     {int} NOT NULL,
    state           {text} NOT NULL,
    decided_by      {uuid},
    created         {int} NOT NULL,
    decided         {int}
){strict};
CREATE INDEX held_changes_connection ON held_changes (connection, state, id);

CREATE TABLE plans (
    id              {uuid} NOT NULL CONSTRAINT plans_pkey PRIMARY KEY,
    connection      {uuid},
    organization    {uuid},
    inputs          {text} NOT NULL,
    fingerprints    {bytes} NOT NULL,
    result          {bytes} NOT NULL,
    state           {text} NOT NULL,
    created         {int} NOT NULL,
    applied         {int}
){strict};
