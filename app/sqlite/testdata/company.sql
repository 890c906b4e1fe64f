-- A small company, in the columns of the first schema: what every later one must bring along.
insert into settings(name, value) values ('company', '{"name":"西湖茶社","locale":"zh-CN","time_zone":"Asia/Shanghai"}');
insert into agents(id, email, name, role, created_at) values (1, 'alice@tea.example', 'Alice', 'admin', 1), (2, 'bo@tea.example', 'Bo', 'agent', 1);
insert into teams(id, name, assignment, created_at) values (1, 'Sales', 'grab', 1);
insert into team_members(team_id, agent_id) values (1, 2);
insert into inboxes(id, public_id, channel, name, team_id, settings, created_at) values (1, 'w1', 'webchat', 'Shop', 1, '{}', 1), (2, 'm1', 'email', 'Support', null, '{"address":"support@tea.example"}', 1);
insert into customers(id, public_id, name, email, created_at, seen_at) values (1, 'v_1', 'Mei', 'mei@customer.example', 1, 2), (2, 'v_2', '', '', 1, 2);
insert into identities(customer_id, channel, external_id, created_at) values (1, 'email', 'mei@customer.example', 1), (2, 'webchat', 'hash', 1);
insert into conversations(id, inbox_id, customer_id, kind, status, team_id, assignee_id, token, last_seq, last_message_id, last_at, last_text, received_count, answered_count, created_at)
  values (1, 1, 2, 'chat', 'open', 1, 2, 't1', 2, 2, 20, '好的', 1, 1, 10), (2, 2, 1, 'ticket', 'waiting', null, null, 't2', 1, 3, 30, 'It is broken', 1, 0, 30);
insert into participants(conversation_id, agent_id, joined_at) values (1, 2, 10);
insert into messages(id, conversation_id, inbox_id, seq, kind, visibility, direction, author_kind, author_id, text, created_at)
  values (1, 1, 1, 1, 'text', 'public', 'in', 'customer', 2, '你好', 10), (2, 1, 1, 2, 'text', 'public', 'out', 'agent', 2, '好的', 20), (3, 2, 2, 1, 'text', 'public', 'in', 'customer', 1, 'It is broken', 30);
insert into tickets(id, conversation_id, subject, status, priority, origin, created_at, updated_at) values (1, 2, 'Cup', 'open', 'high', 'mail', 30, 30);
insert into events(at, name, actor_kind, actor_id, conversation_id, subject_id, data) values (10, 'conversation.created', 'customer', 2, 1, 0, '{}'), (30, 'ticket.created', 'system', 0, 2, 1, '{}');
