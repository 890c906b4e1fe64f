-- What a company writes down of its agents besides the name that customers see, and what tells when they were there.
alter table agents add column real_name text not null default '';
alter table agents add column phone text not null default '';
alter table agents add column employee_number text not null default '';
create index events_attendance on events(id desc, name, subject_id, at) where name in ('agent.logged_in', 'agent.logged_out', 'agent.presence');
