package journey

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"deskbell/app"
	"deskbell/app/apptest/bounded"
	"deskbell/app/desk"
)

// The TypeScript client is made of the desk's own description, checked by the compiler, and talks to the desk under Node.
func TestTheClientTalksToTheDesk(t *testing.T) {
	if _, err := os.Stat("../../node_modules/openapi-typescript"); err != nil {
		t.Skip("the client's tools are not there: npm ci --ignore-scripts")
	}
	h := begin(t, app.Config{})
	out := t.TempDir()
	res, err := http.Get(h.url + "/api/openapi.json")
	must(t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	must(t, err)
	description := filepath.Join(out, "openapi.json")
	must(t, os.WriteFile(description, text, 0o600))
	node(t, "../../sdk/build.mjs", description, out)

	told := make(chan error, 1)
	go func() { told <- answer(t, h) }()
	node(t, "../../sdk/try.mjs", out, h.url, h.widget.PublicID)
	must(t, <-told)
}

func node(t *testing.T, args ...string) {
	t.Helper()
	if said, err := bounded.Command(t, "node", args...).CombinedOutput(); err != nil {
		t.Fatalf("node %v: %v\n%s", args, err, said)
	}
}

// answer says "here" to the first who writes.
func answer(t *testing.T, h *house) error {
	ctx := t.Context()
	var chat desk.ConversationID
	err := h.Desk.Tail(ctx, 0, func(events []desk.Event) error {
		for _, e := range events {
			if e.Name == desk.MessageReceived && chat == 0 {
				chat = e.ConversationID
				return io.EOF
			}
		}
		return nil
	})
	if err != io.EOF {
		return err
	}
	if _, err := h.Desk.Join(ctx, h.bo, chat); err != nil {
		return err
	}
	_, err = h.Desk.Reply(ctx, h.bo, chat, desk.Draft{Text: "here"})
	return err
}
