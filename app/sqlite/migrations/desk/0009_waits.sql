-- Who waits for an answer, counted along the index of what is not closed.

drop index conversations_active;
create index conversations_active on conversations(kind, last_at desc, id desc, status, team_id, assignee_id, inbox_id, ticket_status, ticket_priority, customer_id, received_count, answered_count, ticket_topic, ticket_origin, created_at, wanted_agent_id, waiting_since) where status <> 'closed';
