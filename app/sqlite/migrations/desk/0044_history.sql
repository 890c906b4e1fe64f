-- What a conversation is found by once it is over, beside it, so that an index has all of it: whether we opened it, how often it was
-- handed on, the customer's stars, and the ids of who took part in it and of its tags, each list with a comma before, between and after.
alter table conversations add column called_back integer not null default 0;
alter table conversations add column transfers integer not null default 0;
alter table conversations add column stars integer not null default 0;
alter table conversations add column served text not null default '';
alter table conversations add column tagged text not null default '';

update conversations set called_back = 1 where id in (select conversation_id from events where name = 'conversation.called_back');
update conversations set transfers = (select count(*) from events e where e.conversation_id = conversations.id and e.name = 'conversation.assigned'
    and coalesce(e.data ->> 'was_agent', 0) <> 0 and coalesce(e.subject_id, 0) <> e.data ->> 'was_agent')
  where id in (select conversation_id from events where name = 'conversation.assigned' and coalesce(data ->> 'was_agent', 0) <> 0);
update conversations set stars = coalesce((select r.stars from ratings r where r.conversation_id = conversations.id), 0) where id in (select conversation_id from ratings);
update conversations set served = ',' || (select group_concat(p.agent_id) from participants p where p.conversation_id = conversations.id) || ',' where id in (select conversation_id from participants);
update conversations set tagged = ',' || (select group_concat(g.tag_id) from conversation_tags g where g.conversation_id = conversations.id) || ',' where id in (select conversation_id from conversation_tags);

create trigger participant_made after insert on participants begin
  update conversations set served = iif(served = '', ',', served) || new.agent_id || ',' where id = new.conversation_id;
end;
create trigger conversation_tag_made after insert on conversation_tags begin
  update conversations set tagged = iif(tagged = '', ',', tagged) || new.tag_id || ',' where id = new.conversation_id;
end;
create trigger conversation_tag_gone after delete on conversation_tags begin
  update conversations set tagged = iif(tagged = ',' || old.tag_id || ',', '', replace(tagged, ',' || old.tag_id || ',', ',')) where id = old.conversation_id;
end;
create trigger rating_made after insert on ratings when new.stars is not null begin
  update conversations set stars = new.stars where id = new.conversation_id;
end;
create trigger rating_changed after update of stars on ratings begin
  update conversations set stars = coalesce(new.stars, 0) where id = new.conversation_id;
end;
create trigger rating_gone after delete on ratings begin
  update conversations set stars = 0 where id = old.conversation_id;
end;

create index conversations_closed on conversations(closed_at desc, id desc, team_id, inbox_id, customer_id, called_back, transfers, stars, served, tagged) where kind = 'chat' and status = 'closed';
