package desk

import (
	"context"
	"strings"
)

// AgentOrders are the ways in which a list of agents can be sorted.
var AgentOrders = []string{"name", "role", "capacity"}

// AgentList asks for agents. Empty fields do not filter.
type AgentList struct {
	Query string // part of the name, the address, the real name, the phone or the employee number
	Sort  string // one of AgentOrders; empty: by name
}

// FindAgents lists the agents that fit, all of them: a company has hundreds at most.
func (d *Desk) FindAgents(ctx context.Context, by Actor, l AgentList) ([]*Agent, error) {
	if err := by.Can(ManageAgents); err != nil {
		return nil, err
	}
	q := &query{}
	q.and("deleted_at is null")
	if text := strings.TrimSpace(l.Query); text != "" {
		q.and(`name || char(10) || email || char(10) || real_name || char(10) || phone || char(10) || employee_number like ? escape '\'`, anywhere(text))
	}
	order := map[string]string{"role": "role, ", "capacity": "capacity desc, "}[l.Sort]
	rows, err := d.read().QueryContext(ctx, "select "+agentColumns+" from agents where "+strings.Join(q.where, " and ")+" order by "+order+"name collate nocase, id", q.args...)
	return collect(rows, err, scanAgent)
}
