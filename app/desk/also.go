package desk

import "context"

// ShowTo lets a further team see a conversation, whosever it is: the same mail was sent to that team's address too. Team 0 is the one
// that the rules find for the inbox, which may be everyone. To be shown it twice is no fault.
func (tx *Tx) ShowTo(ctx context.Context, id ConversationID, inbox InboxID, team TeamID) error {
	c, err := tx.conversation(ctx, System, id)
	if err != nil {
		return err
	}
	if team == 0 {
		if team, err = tx.teamByRules(ctx, inbox); err != nil {
			return err
		}
	}
	if team == c.TeamID || c.TeamID == 0 {
		return nil // they see it
	}
	facts := Facts{}
	if team != 0 {
		t, err := findTeam(ctx, tx, team)
		if err != nil {
			return notMissing(err)
		}
		facts["team"] = t.Name
	}
	res, err := tx.Exec("insert into conversation_teams(conversation_id, team_id, at) values (?, ?, ?) on conflict do nothing", id, team, ms(tx.now))
	if err != nil {
		return err
	}
	if n, _ := res.RowsAffected(); n == 0 {
		return nil
	}
	was := tx.by
	defer func() { tx.by = was }()
	tx.by = System
	if err := tx.line(c, ConversationShown, "internal", facts); err != nil {
		return err
	}
	return tx.Record(ConversationShown, id, int64(team), nil)
}

// teamByRules is the team whose a new ticket of the inbox would be; 0: everyone's.
func (tx *Tx) teamByRules(ctx context.Context, inbox InboxID) (TeamID, error) {
	in, err := findInbox(ctx, tx, inbox)
	if err != nil || tx.d.Decide == nil {
		return 0, notMissing(err)
	}
	s, err := situation(ctx, tx, &Conversation{InboxID: inbox, Channel: in.Channel}, placing{fresh: true}, tx.now)
	if err != nil {
		return 0, err
	}
	s.onlyTeams()
	return tx.d.Decide(s).TeamID, nil
}

// AlsoSeenBy are the teams that see a conversation besides its own; the one with id 0 and no name is everyone.
func (d *Desk) AlsoSeenBy(ctx context.Context, by Actor, id ConversationID) ([]*Team, error) {
	if _, err := d.Conversation(ctx, by, id); err != nil {
		return nil, err
	}
	rows, err := d.read().QueryContext(ctx, "select s.team_id, coalesce(t.name, '') from conversation_teams s left join teams t on t.id = s.team_id where s.conversation_id = ? order by s.at, s.team_id", id)
	return collect(rows, err, func(row scanner) (*Team, error) {
		var t Team
		return &t, row.Scan(&t.ID, &t.Name)
	})
}
