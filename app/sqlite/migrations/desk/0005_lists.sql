-- Lists of conversations by any filter, however rare what it asks for is. The indexes hold all that a filter asks, so that a walk
-- along them touches no row; a ticket's status and priority stand in its conversation for that.

alter table conversations add column ticket_status text;   -- kept by the triggers below
alter table conversations add column ticket_priority text;
update conversations set (ticket_status, ticket_priority) = (select status, priority from tickets where conversation_id = conversations.id) where kind = 'ticket';
create trigger ticket_made after insert on tickets begin
  update conversations set ticket_status = new.status, ticket_priority = new.priority where id = new.conversation_id;
end;
create trigger ticket_moved after update of status, priority on tickets begin
  update conversations set ticket_status = new.status, ticket_priority = new.priority where id = new.conversation_id;
end;

drop index conversations_active;
drop index conversations_by_status;
drop index conversations_of_assignee;
drop index conversations_of_team;
create index conversations_active on conversations(kind, last_at desc, id desc, status, team_id, assignee_id, inbox_id, ticket_status, ticket_priority, customer_id, received_count, answered_count) where status <> 'closed';
create index conversations_by_status on conversations(kind, status, last_at desc, id desc, team_id, assignee_id, inbox_id, ticket_status, ticket_priority, customer_id);
create index conversations_by_kind on conversations(kind, last_at desc, id desc, status, team_id, assignee_id, inbox_id, ticket_status, ticket_priority, customer_id);
create index conversations_recent on conversations(last_at desc, id desc, kind, status, team_id, assignee_id, inbox_id, ticket_status, ticket_priority, customer_id);
create index deliveries_by_state on deliveries(state);

-- What customers and tickets are found by: every pair of neighbouring characters (pairs.go), so that any part of a name, an
-- address or a subject is found, in Chinese too.
create virtual table customer_search using fts5(pairs, content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 2');
create virtual table ticket_search using fts5(pairs, content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 2');
insert into customer_search(rowid, pairs) select id, pairs(name || ' ' || email || ' ' || phone) from customers where name <> '' or email <> '' or phone <> '';
insert into ticket_search(rowid, pairs) select id, pairs(subject) from tickets;
create trigger customer_made after insert on customers when new.name <> '' or new.email <> '' or new.phone <> '' begin
  insert into customer_search(rowid, pairs) values (new.id, pairs(new.name || ' ' || new.email || ' ' || new.phone));
end;
create trigger customer_changed after update of name, email, phone on customers when new.name <> old.name or new.email <> old.email or new.phone <> old.phone begin
  delete from customer_search where rowid = old.id;
  insert into customer_search(rowid, pairs) values (new.id, pairs(new.name || ' ' || new.email || ' ' || new.phone));
end;
create trigger customer_erased after delete on customers begin
  delete from customer_search where rowid = old.id;
end;
create trigger subject_made after insert on tickets begin
  insert into ticket_search(rowid, pairs) values (new.id, pairs(new.subject));
end;
create trigger subject_changed after update of subject on tickets when new.subject <> old.subject begin
  delete from ticket_search where rowid = old.id;
  insert into ticket_search(rowid, pairs) values (new.id, pairs(new.subject));
end;
create trigger subject_erased after delete on tickets begin
  delete from ticket_search where rowid = old.id;
end;
