package desk

import (
	"errors"
	"testing"
)

func TestAMessageAnswersAnother(t *testing.T) {
	s, ctx := open(t), t.Context()
	v, c := s.served()
	asked := s.say(v, "Which one is the finest?").Message
	m, err := s.Reply(ctx, s.bo, c.ID, Draft{Text: "The first", QuotedID: asked.ID})
	s.must(err)
	if m.Quote == nil || m.Quote.Text != "Which one is the finest?" || m.Quote.Seq != asked.Seq {
		t.Errorf("it quotes %+v", m.Quote)
	}
	theirs, err := s.Message(ctx, v, m.ID)
	s.must(err)
	if theirs.Quote == nil || theirs.Quote.ID != asked.ID {
		t.Errorf("the customer sees it quote %+v", theirs.Quote)
	}
	// What is for agents only stays so.
	whisper, err := s.Reply(ctx, s.bo, c.ID, Draft{Text: "he is stingy", Internal: true})
	s.must(err)
	var e *Error
	if _, err := s.Reply(ctx, s.bo, c.ID, Draft{Text: "x", QuotedID: whisper.ID}); !errors.As(err, &e) || e.Fields[0].Key != "fault.quote_whisper" {
		t.Errorf("a whisper was quoted to the customer: %v", err)
	}
	if _, err := s.Reply(ctx, s.bo, c.ID, Draft{Text: "x", QuotedID: whisper.ID, Internal: true}); err != nil {
		t.Errorf("a whisper that answers a whisper: %v", err)
	}
	_, other := s.served()
	if _, err := s.Reply(ctx, s.bo, other.ID, Draft{Text: "x", QuotedID: asked.ID}); !errors.As(err, &e) || e.Fields[0].Key != "fault.quote_gone" {
		t.Errorf("a message of another conversation was quoted: %v", err)
	}
	// What is recalled is quoted no more.
	first, err := s.Reply(ctx, s.bo, c.ID, Draft{Text: "wrong price"})
	s.must(err)
	second, err := s.Reply(ctx, s.bo, c.ID, Draft{Text: "as I said", QuotedID: first.ID})
	s.must(err)
	s.must(s.Recall(ctx, s.bo, first.ID))
	if m, err := s.Message(ctx, v, second.ID); err != nil || m.Quote != nil {
		t.Errorf("a recalled message is still quoted: %+v %v", m.Quote, err)
	}
	if _, err := s.Reply(ctx, s.bo, c.ID, Draft{Text: "x", QuotedID: first.ID}); !errors.As(err, &e) || e.Fields[0].Key != "fault.quote_gone" {
		t.Errorf("a recalled message was quoted: %v", err)
	}
	_, err = s.KeepDraft(ctx, s.bo, c.ID, Draft{Text: "half", QuotedID: asked.ID})
	s.must(err)
	if k, err := s.Drafted(ctx, s.bo, c.ID); err != nil || k.Quote == nil || k.Quote.ID != asked.ID {
		t.Errorf("the draft quotes %+v %v", k.Quote, err)
	}
}

// A quote is a way to read: it shows nothing that whoever quotes could not read where it stands, and the customer nothing of another's.
func TestAQuoteShowsNothingElse(t *testing.T) {
	s, ctx := open(t), t.Context()
	_, own := s.served()
	sales, err := s.SaveTeam(ctx, s.alice, Team{Name: "Sales", Assignment: "collaboration"})
	s.must(err)
	theirs := s.say(s.visitor(), "what only sales may read")
	_, err = s.Assign(ctx, s.alice, theirs.ConversationID, sales.ID, 0)
	s.must(err)
	if _, err := s.Message(ctx, s.bo, theirs.ID); !errors.Is(err, NotFound) {
		t.Fatalf("Bo reads it anyway: %v", err)
	}
	_, err = s.KeepDraft(ctx, s.bo, own.ID, Draft{Text: "half", QuotedID: theirs.ID})
	s.must(err)
	if k, err := s.Drafted(ctx, s.bo, own.ID); err != nil || k.Quote != nil {
		t.Errorf("a draft shows a message of another team's: %+v %v", k.Quote, err)
	}

	// What waits, and is read by those who take it.
	s.must(s.SaveRouting(ctx, s.alice, Routing{Order: Bindings, HideQueued: true}, nil))
	waits := s.say(s.visitor(), "what waits")
	_, err = s.KeepDraft(ctx, s.bo, waits.ConversationID, Draft{Text: "half", QuotedID: waits.ID})
	s.must(err)
	if k, err := s.Drafted(ctx, s.bo, waits.ConversationID); err != nil || k.Quote != nil {
		t.Errorf("a draft shows what waits: %+v %v", k.Quote, err)
	}
	var e *Error
	if m, err := s.Reply(ctx, s.bo, waits.ConversationID, Draft{Text: "x", Internal: true, QuotedID: waits.ID}); !errors.As(err, &e) || e.Fields[0].Key != "fault.quote_gone" {
		t.Errorf("a whisper shows what waits: %+v %v", m, err)
	}

	// What came by a merge from another customer's ticket, and what was taken out of the ticket since.
	ids := s.tickets(2)
	a, b := s.number(ids[0]), s.number(ids[1])
	foreign, err := s.Reply(ctx, s.bo, a.ID, Draft{Text: "for the first customer"})
	s.must(err)
	_, err = s.MergeTicket(ctx, s.bo, ids[0], ids[1])
	s.must(err)
	if _, err := s.Reply(ctx, s.bo, b.ID, Draft{Text: "x", QuotedID: foreign.ID}); !errors.As(err, &e) || e.Fields[0].Key != "fault.quote_foreign" {
		t.Errorf("another customer's was quoted: %v", err)
	}
	whisper, err := s.Reply(ctx, s.bo, b.ID, Draft{Text: "see", Internal: true, QuotedID: foreign.ID})
	s.must(err)
	if whisper.Quote == nil {
		t.Error("a whisper does not quote it")
	}
	_, err = s.SplitTicket(ctx, s.bo, ids[1], "apart", []MessageID{foreign.ID})
	s.must(err)
	if m, err := s.Message(ctx, s.bo, whisper.ID); err != nil || m.Quote != nil {
		t.Errorf("it still quotes what is in another ticket: %+v %v", m.Quote, err)
	}
}
