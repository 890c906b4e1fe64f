-- What agents did, for the audit: the newest first, without walking through what customers wrote.
create index events_audit on events(id desc, name, actor_id, at) where actor_kind = 'agent';
