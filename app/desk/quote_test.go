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
