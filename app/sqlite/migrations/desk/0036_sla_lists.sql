-- Lists of tickets whose promises fall due soon, and of those that are late.

create index sla_clocks_soon on sla_clocks(conversation_id) where warned_at is not null and breached_at is null and met_at is null and running_since is not null;
create index sla_clocks_late on sla_clocks(conversation_id, met_at) where breached_at is not null;
