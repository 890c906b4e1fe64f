-- How much an account sent within the last hour.
create index deliveries_recent on deliveries(inbox_id, updated_at);
