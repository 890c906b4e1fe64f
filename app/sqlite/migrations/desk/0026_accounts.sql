-- A second step at log-in (TOTP, RFC 6238), places where agents log in, and when a session last proved its password.
alter table agents add column two_factor integer not null default 0; -- confirmed: the second step is asked for
alter table sessions add column proved_at integer not null default 0;

create table two_factors (
  agent_id     integer primary key references agents(id) on delete cascade,
  secret       blob    not null,           -- encrypted
  confirmed_at integer,                    -- null: begun, and no code was given yet
  last_step    integer not null default 0  -- the newest half minute whose code was used; none is used twice
) strict;

create table recovery_codes (              -- each works once, in place of a code
  agent_id  integer not null references agents(id) on delete cascade,
  code_hash blob    not null,
  primary key (agent_id, code_hash)
) strict, without rowid;

create table login_steps (                 -- the password was right, the code is still to come
  token_hash blob    primary key,
  agent_id   integer not null references agents(id) on delete cascade,
  keep       integer not null,
  tries      integer not null default 0,
  expires_at integer not null
) strict, without rowid;

create table login_places (                -- browser and network in which an agent has logged in
  agent_id integer not null references agents(id) on delete cascade,
  place    blob    not null,               -- a hash of both
  network  blob    not null,               -- a hash of the network alone
  seen_at  integer not null,
  primary key (agent_id, place)
) strict, without rowid;
