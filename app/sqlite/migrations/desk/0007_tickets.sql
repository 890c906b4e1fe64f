-- What a ticket is about, and views of tickets that agents keep.

create table topics (                   -- a tree: at most 10 levels, 30 on the first, 1000 in all
  id         integer primary key autoincrement,
  parent_id  integer references topics(id),
  name       text    not null,
  position   integer not null,          -- among its siblings
  created_at integer not null,
  deleted_at integer                    -- tickets keep it
) strict;
create index topics_of_parent on topics(parent_id, position) where deleted_at is null;

alter table tickets add column topic_id integer references topics(id);
alter table conversations add column ticket_topic integer;   -- kept by the triggers below, as status and priority are
alter table conversations add column ticket_origin text;
update conversations set ticket_origin = (select origin from tickets where conversation_id = conversations.id) where kind = 'ticket';
drop trigger ticket_made;
drop trigger ticket_moved;
create trigger ticket_made after insert on tickets begin
  update conversations set ticket_status = new.status, ticket_priority = new.priority, ticket_topic = new.topic_id, ticket_origin = new.origin where id = new.conversation_id;
end;
create trigger ticket_moved after update of status, priority, topic_id on tickets begin
  update conversations set ticket_status = new.status, ticket_priority = new.priority, ticket_topic = new.topic_id where id = new.conversation_id;
end;

drop index conversations_active;
drop index conversations_by_status;
drop index conversations_by_kind;
drop index conversations_recent;
create index conversations_recent on conversations(last_at desc, id desc, kind, status, team_id, assignee_id, inbox_id, ticket_status, ticket_priority, customer_id, wanted_agent_id);
create index conversations_active on conversations(kind, last_at desc, id desc, status, team_id, assignee_id, inbox_id, ticket_status, ticket_priority, customer_id, received_count, answered_count, ticket_topic, ticket_origin, created_at, wanted_agent_id) where status <> 'closed';
create index conversations_by_status on conversations(kind, status, last_at desc, id desc, team_id, assignee_id, inbox_id, ticket_status, ticket_priority, customer_id, ticket_topic, ticket_origin, created_at, wanted_agent_id);
create index conversations_by_kind on conversations(kind, last_at desc, id desc, status, team_id, assignee_id, inbox_id, ticket_status, ticket_priority, customer_id, ticket_topic, ticket_origin, created_at, wanted_agent_id);

create table saved_views (              -- of the list of tickets
  id         integer primary key autoincrement,
  agent_id   integer not null references agents(id) on delete cascade, -- who made it
  name       text    not null,
  query      text    not null,          -- as in the address of the list
  shared     integer not null default 0, -- every agent sees it
  created_at integer not null
) strict;
create index saved_views_of_agent on saved_views(agent_id);

-- The other orders of the list. Chats are not in them, so that a chat's messages pay nothing for them.
alter table conversations add column urgency integer generated always as (case ticket_priority when 'urgent' then 3 when 'high' then 2 when 'normal' then 1 else 0 end * 17592186044416 + last_at) virtual;
create index tickets_by_creation on conversations(created_at desc, id desc, status, team_id, assignee_id, inbox_id, ticket_status, ticket_priority, customer_id, ticket_topic, ticket_origin, wanted_agent_id) where kind = 'ticket';
create index tickets_by_urgency on conversations(urgency desc, id desc, status, team_id, assignee_id, inbox_id, ticket_status, ticket_priority, customer_id, ticket_topic, ticket_origin, created_at, wanted_agent_id) where kind = 'ticket';
