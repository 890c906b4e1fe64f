-- Code that a company pastes into a page once. What it shows is decided here, each time it is asked for.

create table snippets (
  id         integer primary key autoincrement,
  public_id  text    not null unique, -- stands in the code
  name       text    not null,
  settings   text    not null default '{}', -- kind, contents and service levels: desk.Snippet
  created_at integer not null,
  deleted_at integer
) strict;
