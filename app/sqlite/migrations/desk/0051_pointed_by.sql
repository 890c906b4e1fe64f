-- What points to a conversation, a message or a ticket is looked for whenever one goes, by SQLite itself too. Retention takes
-- thousands away, and each looked through whole tables while everybody's writes waited.
create index conversations_linked on conversations(linked_id) where linked_id is not null;
create index tickets_merged on tickets(merged_into) where merged_into is not null;
create index mail_ledger_of_conversation on mail_ledger(conversation_id) where conversation_id is not null;
create index mail_ledger_of_message on mail_ledger(message_id) where message_id is not null;
create index notifications_of_conversation on notifications(conversation_id) where conversation_id is not null;
drop index planned_of_conversation; -- which left out what was withdrawn
create index planned_of_conversation on planned(conversation_id, due_at);
create index pushes_of_conversation on pushes(conversation_id);
create index visitor_pushes_of_conversation on visitor_pushes(conversation_id);
create index transfers_of_conversation on transfers(conversation_id);
create index pins_of_conversation on pins(conversation_id);
create index files_of_conversation on files(conversation_id) where conversation_id is not null;
drop index files_of_fields; -- the one before answers this too

-- Whether somebody was mailed of late, asked for each thing that he has missed.
create index notifications_mailed on notifications(agent_id, mailed_at) where mailed_at is not null;

-- No question takes these: customers are found by their identities, tickets and the queue by what conversations have of them.
drop index customers_email;
drop index tickets_by_status;
drop index conversations_waiting;
