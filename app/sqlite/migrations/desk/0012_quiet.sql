-- A chat is closed by itself a while after the customer's last message, or after it was opened or opened again.
alter table conversations add column quiet_since integer not null default 0;
update conversations set quiet_since = coalesce((select max(m.created_at) from messages m where m.conversation_id = conversations.id and m.direction = 'in' and m.visibility = 'public' and m.kind <> 'event'), created_at)
  where kind = 'chat' and status <> 'closed';
alter table agents add column greeting text not null default ''; -- to the customer whom he serves first
