package desk

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Rating is how a customer says he was served in one conversation: asked for, given, or both.
type Rating struct {
	ConversationID ConversationID
	Way            string // who began it: visitor, agent or system
	InvitedAt      time.Time
	RatedAt        time.Time // zero: not given yet
	Until          time.Time // when it is too late; zero: no end yet
	Hidden         bool      // given, and not for the eyes of the one who asks
	Score
}

// Score is what the customer says.
type Score struct {
	Stars  int      // 1 to 5; 0: not given yet, or Hidden
	Tags   []string // of that star
	Remark string   // at most 500 characters
	Solved *bool    // nil: not said
}

// Given tells whether the customer has rated.
func (r *Rating) Given() bool { return r != nil && !r.RatedAt.IsZero() }

// Yes tells whether the customer said that his problem is solved.
func (s Score) Yes() bool { return s.Solved != nil && *s.Solved }

// Late tells whether it is too late to rate.
func (r *Rating) Late(now time.Time) bool { return !r.Until.IsZero() && now.After(r.Until) }

const ratingColumns = "r.conversation_id, r.way, r.invited_at, r.stars, r.tags, r.remark, r.solved, r.rated_at"

// scan reads a rating's columns, and what stands behind them.
func (r *Rating) scan(row scanner, more ...any) error {
	var invited, stars, rated sql.NullInt64
	var solved sql.NullBool
	var tags string
	if err := row.Scan(append([]any{&r.ConversationID, &r.Way, &invited, &stars, &tags, &r.Remark, &solved, &rated}, more...)...); err != nil {
		return err
	}
	r.InvitedAt, r.RatedAt, r.Stars = atNull(invited), atNull(rated), int(stars.Int64)
	if solved.Valid {
		r.Solved = &solved.Bool
	}
	return json.Unmarshal([]byte(tags), &r.Tags)
}

// ratingOf reads a conversation's rating as its customer sees it: nil when there is none.
func ratingOf(ctx context.Context, r reader, c *Conversation) (*Rating, error) {
	survey, err := readSurvey(ctx, r)
	if err != nil {
		return nil, err
	}
	var one Rating
	err = one.scan(r.QueryRowContext(ctx, "select "+ratingColumns+" from ratings r where conversation_id = ?", c.ID))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	one.Until = survey.Until(c, &one)
	return &one, err
}

// RatingOf answers the rating of a conversation that the actor may see; nil: none yet, and nobody asked. The customer sees his own,
// admins all, an agent those of the customers he has served; of every other he learns that it was given, and no more.
func (d *Desk) RatingOf(ctx context.Context, by Actor, id ConversationID) (*Rating, error) {
	c, err := d.Conversation(ctx, by, id)
	if err != nil {
		return nil, err
	}
	r, err := ratingOf(ctx, d.read(), c)
	if err != nil || !r.Given() {
		return r, err
	}
	seen, err := d.seesRatings(ctx, by, c.CustomerID)
	if !seen {
		r.Hidden, r.Score = true, Score{}
	}
	return r, err
}

// seesRatings says whether the actor sees how a customer rates.
func (d *Desk) seesRatings(ctx context.Context, by Actor, customer CustomerID) (seen bool, err error) {
	if by.May(SeeRatings) || by.Customer() == customer && customer != 0 {
		return true, nil
	}
	if by.Agent() == 0 {
		return false, nil
	}
	err = d.read().QueryRowContext(ctx, "select exists(select 1 from conversations c join participants p on p.conversation_id = c.id and p.agent_id = ? where c.customer_id = ?)", by.Agent(), customer).Scan(&seen)
	return seen, err
}

// StarsOf answers how many stars a customer gave in which conversation, as far as the actor sees it.
func (d *Desk) StarsOf(ctx context.Context, by Actor, customer CustomerID) (map[ConversationID]int, error) {
	seen, err := d.seesRatings(ctx, by, customer)
	if err != nil || !seen {
		return nil, err
	}
	type one struct {
		id    ConversationID
		stars int
	}
	rows, err := d.read().QueryContext(ctx, "select r.conversation_id, r.stars from conversations c cross join ratings r on r.conversation_id = c.id where c.customer_id = ? and r.stars is not null", customer)
	list, err := collect(rows, err, func(row scanner) (o one, err error) { return o, row.Scan(&o.id, &o.stars) })
	all := map[ConversationID]int{}
	for _, o := range list {
		all[o.id] = o.stars
	}
	return all, err
}

// InviteRating asks a conversation's customer how he was served, once: in the chat, or by mail where there is none. An agent asks in
// conversations that he is in; by itself the desk asks nobody whom programs leave alone.
func (d *Desk) InviteRating(ctx context.Context, by Actor, id ConversationID) (*Conversation, error) {
	if err := by.Can(Serve); err != nil {
		return nil, err
	}
	return d.change(ctx, by, id, func(tx *Tx, c *Conversation) error {
		if c.Ticket == nil && !c.Joined && by.Kind == ByAgent && !by.IsAdmin() {
			return Conflict("error.join_first")
		}
		r, err := ratingOf(ctx, tx, c)
		switch {
		case err != nil:
			return err
		case r.Given():
			return Conflict("error.rating_given")
		case r != nil:
			return Conflict("error.rating_asked")
		}
		survey, err := readSurvey(ctx, tx)
		if err != nil {
			return err
		}
		if end := survey.Until(c, nil); c.Ticket == nil && !end.IsZero() && tx.now.After(end) {
			return Conflict("error.rating_late")
		}
		if alone, err := tx.leftAlone(ctx, c.ID, false); err != nil || alone && by.isSystem() {
			return err
		}
		return tx.invite(ctx, c, survey)
	})
}

// invite asks. A chat, and a note left without an address, has the question as a line of its own; mail is written by those who follow
// the log.
func (tx *Tx) invite(ctx context.Context, c *Conversation, survey Survey) error {
	way := "system"
	if tx.by.Kind == ByAgent {
		way = "agent"
	}
	if _, err := tx.Exec("insert into ratings(conversation_id, token_hash, way, invited_by, invited_at) values (?, ?, ?, ?, ?)", c.ID, hashOf(tx.d.rateToken(c)), way, nullID(tx.by.Agent()), ms(tx.now)); err != nil {
		return err
	}
	byMail, err := tx.ratedByMail(ctx, c)
	if err != nil {
		return err
	}
	if !byMail {
		facts := Facts{"way": way}
		if way == "agent" {
			facts["by"] = tx.by.Name
		}
		if err := tx.line(c, RatingRequested, "public", facts); err != nil {
			return err
		}
	}
	return tx.Record(RatingRequested, c.ID, int64(c.CustomerID), Facts{"way": way, "popup": survey.Popup && !byMail, "mail": byMail})
}

func (tx *Tx) ratedByMail(ctx context.Context, c *Conversation) (bool, error) {
	if c.Channel != Webchat || c.Ticket == nil {
		return c.Channel == Email, nil
	}
	in, _, err := tx.postOf(ctx, c)
	return in != nil, err
}

// inviteAtEnd asks when a chat that somebody served has ended, where the company wants it.
func (tx *Tx) inviteAtEnd(ctx context.Context, c *Conversation) error {
	survey, err := readSurvey(ctx, tx)
	if err != nil || !survey.OnClose || c.Ticket != nil {
		return err
	}
	var served, known bool
	if err := tx.QueryRowContext(ctx, "select exists(select 1 from participants where conversation_id = ?1), exists(select 1 from ratings where conversation_id = ?1)", c.ID).Scan(&served, &known); err != nil || !served || known {
		return err
	}
	was := tx.by
	defer func() { tx.by = was }()
	tx.by = System.CausedBy(tx.cause)
	return tx.invite(ctx, c, survey)
}

// Rate stores how a conversation's customer was served, once.
func (d *Desk) Rate(ctx context.Context, by Actor, id ConversationID, s Score) (*Rating, error) {
	if by.Customer() == 0 {
		return nil, Forbidden
	}
	var r *Rating
	err := d.Write(ctx, by, func(tx *Tx) error {
		c, err := tx.conversation(ctx, by, id)
		if err != nil {
			return err
		}
		survey, err := readSurvey(ctx, tx)
		if err != nil {
			return err
		}
		r, err = tx.rate(ctx, c, survey, s)
		return err
	})
	return r, err
}

func (tx *Tx) rate(ctx context.Context, c *Conversation, survey Survey, s Score) (*Rating, error) {
	r, err := ratingOf(ctx, tx, c)
	if err != nil {
		return nil, err
	}
	if r == nil {
		r = &Rating{ConversationID: c.ID, Way: "visitor", Until: survey.Until(c, nil)}
		if !survey.Button && !survey.OnLeave {
			return nil, Conflict("error.rating_unasked")
		}
	}
	switch {
	case r.Given():
		return nil, Conflict("error.rating_given")
	case r.Late(tx.now):
		return nil, Conflict("error.rating_late")
	}
	if err := s.check(survey); err != nil {
		return nil, err
	}
	r.Score, r.RatedAt = s, tx.now
	if _, err := tx.Exec(`insert into ratings(conversation_id, token_hash, way, stars, tags, remark, solved, rated_at) values (?, ?, ?, ?, ?, ?, ?, ?)
		on conflict do update set stars = excluded.stars, tags = excluded.tags, remark = excluded.remark, solved = excluded.solved, rated_at = excluded.rated_at`,
		c.ID, hashOf(tx.d.rateToken(c)), r.Way, s.Stars, jsonList(s.Tags), s.Remark, s.Solved, ms(tx.now)); err != nil {
		return nil, err
	}
	if err := tx.countFor(ctx, c, survey.LastOnly); err != nil {
		return nil, err
	}
	// The agents learn that it was given; how, only those who may see it.
	if err := tx.line(c, RatingGiven, "internal", nil); err != nil {
		return nil, err
	}
	return r, tx.Record(RatingGiven, c.ID, int64(c.CustomerID), Facts{"stars": s.Stars, "way": r.Way})
}

// countFor notes for whom a rating counts: all who served, or the last of them. It stays so when the company changes its mind.
func (tx *Tx) countFor(ctx context.Context, c *Conversation, lastOnly bool) error {
	who, args := "select conversation_id, agent_id from participants where conversation_id = ?", []any{c.ID}
	if lastOnly {
		who += " order by agent_id = ? desc, left_at is null desc, left_at desc, joined_at desc limit 1"
		args = append(args, c.AssigneeID)
	}
	_, err := tx.ExecContext(ctx, "insert into rating_agents(conversation_id, agent_id) "+who, args...)
	return err
}

func (s *Score) check(survey Survey) error {
	var c check
	s.Remark = strings.TrimSpace(s.Remark)
	s.Tags = lines(s.Tags)
	if utf8.RuneCountInString(s.Remark) > 500 {
		c.fault("remark", "fault.too_long", 500)
	}
	if s.Stars < 1 || s.Stars > 5 {
		c.fault("stars", "fault.stars_missing")
		return c.err()
	}
	of := survey.Stars[s.Stars-1]
	switch {
	case slices.ContainsFunc(s.Tags, func(t string) bool { return !slices.Contains(of.Tags, t) }):
		c.fault("tags", "fault.rating_tag_unknown")
	case len(of.Tags) > 0 && len(s.Tags) == 0:
		c.fault("tags", "fault.rating_tag_missing")
	case of.One && len(s.Tags) > 1:
		c.fault("tags", "fault.rating_tag_one")
	}
	return c.err()
}

// LastChat finds a customer's newest chat in an inbox, open or closed: NotFound when he has none.
func (d *Desk) LastChat(ctx context.Context, by Actor, inbox InboxID) (*Conversation, error) {
	var id ConversationID
	err := d.read().QueryRowContext(ctx, "select id from conversations where customer_id = ? and inbox_id = ? and kind = 'chat' and closed_by <> 'blacklist' order by id desc limit 1", by.Customer(), inbox).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, NotFound
	}
	if err != nil {
		return nil, err
	}
	return d.Conversation(ctx, by, id)
}

// RateYours is where the address of the page on which a customer rates stands in what is stored: an agent who reads the mail that asks
// could rate himself else. The real one is put into the customer's own copy when it goes out.
const RateYours = "/rate/yours"

// RatePath is the path of the page on which a conversation's customer rates. Its token is made of the key and stored as a hash.
func (d *Desk) RatePath(_ context.Context, by Actor, c *Conversation) (string, error) {
	if !by.isSystem() && by.Customer() != c.CustomerID {
		return "", Forbidden
	}
	return "/rate/" + d.rateToken(c), nil
}

// rateToken names the conversation by what no other will ever have, also after a restore.
func (d *Desk) rateToken(c *Conversation) string {
	return d.box.Sign(c.ID.String()+" "+c.Token, "rating")
}

func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// RatingByToken finds the conversation of the link in a mail, and its rating.
func (d *Desk) RatingByToken(ctx context.Context, by Actor, token string) (*Conversation, *Rating, error) {
	if !by.isSystem() {
		return nil, nil, Forbidden
	}
	var id ConversationID
	err := d.read().QueryRowContext(ctx, "select conversation_id from ratings where token_hash = ?", hashOf(token)).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil, &Error{Kind: KindNotFound, Key: "error.rating_link"}
	}
	if err != nil {
		return nil, nil, err
	}
	c, err := d.Conversation(ctx, by, id)
	if err != nil {
		return nil, nil, err
	}
	r, err := ratingOf(ctx, d.read(), c)
	return c, r, err
}
